"""Texts as people may see them: telephone numbers with their middle hidden (R25.2)."""

from __future__ import annotations

import re

_MOBILE = re.compile(r"1[3-9]\d{9}")
#: 010 and 02x are the only area codes of three digits.
_LANDLINE = re.compile(r"(0(?:10|2\d|[3-9]\d{2}))(\d{7,8})")


def masked(number: str) -> str:
    """A telephone number that can be told from others but not dialled.

    ``13812345678`` → ``138****5678``, ``05433123456`` → ``0543****456``; of anything else the last half, four at
    most, stays, behind four stars. Empty stays empty.
    """
    if not number:
        return ""
    if _MOBILE.fullmatch(number):
        return f"{number[:3]}****{number[-4:]}"
    if landline := _LANDLINE.fullmatch(number):
        return f"{landline[1]}****{landline[2][4:]}"
    kept = min(4, len(number) // 2)
    return "****" + number[len(number) - kept :]
