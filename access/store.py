"""Where people's records are kept: use cases are run here, in one transaction each."""

from __future__ import annotations

from common.use_cases import UseCases


class AccessStore(UseCases):
    """Accounts, grants, sessions, tokens and filings (``access.tables``)."""
