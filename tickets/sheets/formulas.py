"""Text that a spreadsheet would carry out instead of showing: made harmless on the way out, refused on the way in.

After OWASP's "CSV Injection": what begins with one of these characters gets an apostrophe before it, which spreadsheets
take as "this is text".
"""

from __future__ import annotations

_CARRIED_OUT = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: No matter, name or address begins like this; a number may begin with a sign.
_NEVER_TEXT = ("=", "@", "＝", "＠")
_GUARD = "'"


def harmless(text: str) -> str:
    """The text as a spreadsheet shows it, whatever it begins with."""
    bare = text.lstrip()
    return _GUARD + text if bare.startswith(_CARRIED_OUT) or text.startswith(_CARRIED_OUT) else text


def unguarded(text: str) -> str:
    """The text without the apostrophe that ``harmless`` has put before it."""
    inner = text.removeprefix(_GUARD)
    return inner if text.startswith(_GUARD) and harmless(inner) == text else text


def is_formula(text: str) -> bool:
    """A spreadsheet would carry it out, and nobody writes so: it is not data."""
    return text.lstrip().startswith(_NEVER_TEXT)
