"""Pure: whether a caller id is withheld, and how that is said: by name, header, presentation or nothing (R6.5)."""

from __future__ import annotations

from ivr.model import CallerId, Reason
from ivr.sipheaders import asks_for_privacy

#: A name that asks not to be known, in a display name or in place of a number.
_HIDING = frozenset(
    {"restricted", "private", "private number", "withheld", "withheld number", "blocked", "caller id blocked"}
    | {"匿名", "匿名来电", "私人号码", "隐藏号码", "号码隐藏", "保密号码", "号码保密", "不显示号码"}
)
#: What equipment writes where it has nothing. In a display name it says no more than that there is no name (Asterisk
#: itself reports the name of every nameless caller as "unknown"), so beside a number it is no reason.
_MISSING = frozenset(
    {"unavailable", "not available", "unknown", "asserted", "no caller id"}
    | {"未知", "未知号码", "未知来电", "号码未知", "无号码", "无来电显示"}
)
#: "ANONYMOUS" on the keys of a telephone.
_KEYED_ANONYMOUS = ("266696687", "+266696687", "00266696687")
# Q.931, 4.5.10, as Asterisk reports it in agi_callingpres.
_RESTRICTED = 0x20
_UNAVAILABLE = 0x40


def withheld(claim: CallerId, text: str, digits: str) -> Reason | None:
    """How the caller is hidden, or None; ``text`` is the number as claimed, ``digits`` what could be read of it."""
    number, name = (value.strip(" \t\"'<>").casefold() for value in (text, claim.name))
    found = (
        (number == "anonymous" or number.startswith("anonymous@"), Reason.ANONYMOUS),
        (name == "anonymous" or name.startswith("anonymous "), Reason.ANONYMOUS),
        (asks_for_privacy(claim.privacy), Reason.PRIVACY),
        (number == "unavailable@unknown.invalid", Reason.UNAVAILABLE),
        (claim.presentation & _UNAVAILABLE, Reason.UNAVAILABLE),
        (claim.presentation & _RESTRICTED, Reason.RESTRICTED),
        (name in _HIDING or number in _HIDING or number in _MISSING, Reason.SENTINEL),
        (digits in _KEYED_ANONYMOUS, Reason.SENTINEL),
        (not number and name in _MISSING, Reason.SENTINEL),
        (not number, Reason.EMPTY),
    )
    return next((reason for holds, reason in found if holds), None)
