"""A token in each form: it says when the form was fetched, and can be sent in once. No foreign captcha (R4.1).

Robots that post without fetching, post at once, or post one form many times are refused. People are asked for nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

#: Who writes slowly, or is called away, may still send it.
LONGEST = timedelta(hours=12)
_FORM = re.compile(r"([0-9]{10})\.([0-9a-f]{32})\.([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class FormTokens:
    """Makes and checks tokens. ``least`` is the time that a person needs at least, in seconds."""

    key: str
    least: float

    def issue(self, now: datetime) -> str:
        """A fresh token."""
        said = f"{int(now.timestamp()):010d}.{secrets.token_hex(16)}"
        return f"{said}.{self._sign(said)}"

    def nonce(self, token: str, now: datetime) -> str:
        """The token's own number; empty if it is not ours, too young or too old."""
        found = _FORM.fullmatch(token)
        if not found or not hmac.compare_digest(self._sign(token.rpartition(".")[0]), found[3]):
            return ""
        age = now.timestamp() - int(found[1])
        return found[2] if self.least <= age <= LONGEST.total_seconds() else ""

    def _sign(self, said: str) -> str:
        return hmac.new(self.key.encode(), said.encode(), hashlib.sha256).hexdigest()
