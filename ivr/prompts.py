"""The announcements by name, and how numbers are read in Chinese, as names of sound files.

A name is what Asterisk looks up in the ``zh`` folder of its sounds; the words stand in ``prompts/prompts.toml``.
"""

from __future__ import annotations

from enum import StrEnum


class Prompt(StrEnum):
    """An announcement that a script or the dialplan plays; the value is the name of its sound file."""

    GREETING = "greeting"
    RECORDED = "recorded"
    ALL_SEATS_BUSY = "all-seats-busy"
    NOBODY_ON_DUTY = "nobody-on-duty"
    WAIT_CHOICES = "wait-choices"
    SEAT_SERVES = "seat-serves"
    MENU = "menu"
    INVALID_KEY = "invalid-key"
    GOODBYE = "goodbye"

    LEAVE_MESSAGE = "leave-message"
    MESSAGE_AGAIN = "message-again"
    MESSAGE_THANKS = "message-thanks"
    YOUR_TICKET_NUMBER = "your-ticket-number"
    CALLBACK_CONFIRM = "callback-confirm"
    CALLBACK_THANKS = "callback-thanks"
    BEEP = "beep"

    EMERGENCY_CONFIRM = "emergency-confirm"
    EMERGENCY_MENU = "emergency-menu"
    EMERGENCY_NUMBERS = "emergency-numbers"
    EMERGENCY_BRIDGE_CALLER = "emergency-bridge-caller"
    EMERGENCY_BRIDGE_END = "emergency-bridge-end"
    EMERGENCY_CONNECTING_110 = "emergency-connecting-110"
    EMERGENCY_CONNECTING_119 = "emergency-connecting-119"
    EMERGENCY_CONNECTING_120 = "emergency-connecting-120"
    EMERGENCY_CONNECTING_122 = "emergency-connecting-122"
    EMERGENCY_FAILED_110 = "emergency-failed-110"
    EMERGENCY_FAILED_119 = "emergency-failed-119"
    EMERGENCY_FAILED_120 = "emergency-failed-120"
    EMERGENCY_FAILED_122 = "emergency-failed-122"

    REFUSED_WITHHELD = "refused-withheld"
    REFUSED_ABNORMAL = "refused-abnormal"
    REFUSED_RESTRICTED = "refused-restricted"


def digits(text: str) -> tuple[str, ...]:
    """A telephone or ticket number, read one figure at a time, as on the telephone: 1 is 幺 (yāo).

    Spaces, hyphens and the plus of an international number are not spoken.

    Raises:
        ValueError: anything else that is not a figure, or no figure at all; the number is not in the message.
    """
    spoken = text.replace(" ", "").replace("-", "").removeprefix("+")
    if not (spoken.isascii() and spoken.isdigit()):
        raise ValueError("only figures, spaces and hyphens can be read out as a number")
    return tuple(f"tel/{figure}" for figure in spoken)


#: Beyond this the sections of four figures have no word here (万亿).
LARGEST = 10**12 - 1

_TWO = "digits/liang"
_SECTIONS = ((10**8, ("digits/yi",)), (10**4, ("digits/wan",)), (1, ()))
_PLACES = (("digits/thousand",), ("digits/hundred",), ("digits/10",), ())


def number(value: int, *, measured: bool = False) -> tuple[str, ...]:
    """A quantity as Chinese is read: 105 一百零五, 110 一百一十, 2,000 两千, 100,000,001 一亿零一.

    Args:
        value: from ``-LARGEST`` to ``LARGEST``.
        measured: a measure word follows, before which a bare two is 两 (两分钟), not 二 (第二).

    Raises:
        ValueError: beyond ``LARGEST``.
    """
    if abs(value) > LARGEST:
        raise ValueError(f"{value} is beyond the largest number that can be read out, {LARGEST}")
    if value < 0:
        return ("digits/minus", *number(-value, measured=measured))
    if value == 2 and measured:  # noqa: PLR2004 - the rule is about the number two
        return (_TWO,)
    words: tuple[str, ...] = ()
    zero, rest = False, value
    for size, name in _SECTIONS:
        section, rest = divmod(rest, size)
        if section:
            words += _section(section, spoken=bool(words), zero=zero, counted=bool(name)) + name
        zero = bool(words) and section == 0
    return words or ("digits/0",)


def _section(value: int, *, spoken: bool, zero: bool, counted: bool) -> tuple[str, ...]:
    """Four figures, 1 to 9,999.

    ``spoken``: larger sections came before; ``zero``: the one just before was empty, so 零 is due; ``counted``: the
    section's own word (万, 亿) follows.
    """
    words: tuple[str, ...] = ()
    for place, figure in zip(_PLACES, f"{value:04}", strict=True):
        if figure == "0":
            zero = spoken or bool(words)
            continue
        said = spoken or bool(words)
        words += ("digits/0",) if zero else ()
        zero = False
        if place == ("digits/10",) and not (figure == "1" and said):
            words += (f"digits/{figure}0",)
        elif figure == "2" and (place == ("digits/thousand",) or (counted and value == 2)):  # noqa: PLR2004 - 两万
            words += (_TWO, *place)
        else:
            words += (f"digits/{figure}", *place)
    return words
