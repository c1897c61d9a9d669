"""Entity tags: of lists by their text, of things that change by version (RFC 9110, 13.1)."""

from __future__ import annotations

import hashlib
import re

_MATCH = re.compile(r'(?:W/)?"([0-9]{1,9})(?:-[0-9a-f]{16})?"')


def tag_of(text: str, version: int | None) -> str:
    """The tag of one answer. It begins with the version, so that a look at it is enough to act upon that version.

    The rest tells answers of one version apart: with full numbers and with masked ones.
    """
    digest = hashlib.sha256(text.encode()).hexdigest()
    return digest[:32] if version is None else f"{version}-{digest[:16]}"


def version_in(if_match: str) -> int | None:
    """The version that an ``If-Match`` speaks of; None if it is not one tag of ours.

    ``*`` is none: whoever acts upon a case must have seen what they act upon.
    """
    found = _MATCH.fullmatch(if_match.strip())
    return int(found[1]) if found else None
