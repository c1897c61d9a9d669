"""Pure: what the network claims about a caller → a verdict with its reason code (R6.5).

The Chinese numbering plan is that of ``phonenumbers``, for which this file is the only door; short codes, our own
numbers and international callers are policy and stand here. All that is asked of ``phonenumbers`` is remembered, so
that a call of the ordinary kind costs some microseconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Literal

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationResult

from ivr.model import CallerId, Reason, Verdict
from ivr.sipheaders import number_of
from ivr.withheld import withheld

#: Digits of a number read aloud or written into the books at most; E.164 has 15, our own IoT numbers with 0086 17.
_LONGEST = 20
_LOCAL_LENGTHS = (7, 8)
_E164_LONGEST = 15

#: What may stand between the digits (RFC 3966, visual-separator), and the blank that people write.
_SEPARATORS = str.maketrans("", "", "-.() ")

# Service numbers, which place no calls of their own; who shows one is forged, or allow-listed (R6.5).
_SHORT_CODE = re.compile(
    r"1\d{2,5}|100\d{4}|1010\d{4}|106(?!4\d{9}$)\d{5,17}|16[08]\d{5}"
    r"|95\d{3}(?:\d|\d{3})?|950\d{7,8}|96\d{3,4}|[48]00\d{7}"
)
# The one area code that begins like a short code; its numbers do not: 010 6123 4567 is no 106….
_BEIJING = re.compile(r"10[1-9]\d{7}")
#: National numbers that are dialled without an area code, and that some carriers give its 0 all the same.
_ZERO_SHORT_CODE = re.compile(r"0[48]00\d{7}")
_IOT = re.compile(r"(?:1064|14)\d+")
_IOT_LENGTH = 13
_MOBILE_LENGTH = 11
# Assigned by the ministry (电信网编号计划) as 11-digit numbers too, which libphonenumber has not (146, 148, 149: data
# cards that may speak; 174: satellite).
_FURTHER_MOBILE = ("146", "148", "149", "174")


@dataclass(frozen=True)
class Policy:
    """What a city decides about caller ids. ``hotline.screening.policy`` makes it from the settings.

    ``shadow`` are reason codes, or their first part ("abnormal"), that are recorded but not applied; ``allow_numbers``
    are whole numbers or, with a trailing ``*``, their beginnings, in any usual form (``+86…``, with or without area
    code).
    """

    area_code: str
    own_numbers: tuple[str, ...] = ()
    emergency_numbers: tuple[str, ...] = ("110", "119", "120", "122")
    accept_international: bool = True
    allow_numbers: tuple[str, ...] = ()
    allow_listed_trunks: frozenset[str] = frozenset()
    mode: Literal["apply", "shadow", "off"] = "apply"
    shadow: frozenset[str] = frozenset()

    @cached_property
    def _own(self) -> frozenset[str]:
        whole = {canonical(number, self.area_code) for number in self.own_numbers}
        return frozenset(whole | {self.area_code + number for number in whole if not number.startswith(("0", "+"))})

    @cached_property
    def _allowed(self) -> tuple[frozenset[str], tuple[str, ...]]:
        starts = tuple(re.sub("^00", "+", entry[:-1]) for entry in self.allow_numbers if entry.endswith("*"))
        whole = {canonical(entry, self.area_code) for entry in self.allow_numbers if not entry.endswith("*")}
        return frozenset(whole), starts

    def applies(self, reason: Reason) -> bool:
        """Whether a refusal for this reason is carried out, or only recorded."""
        return self.mode == "apply" and not {str(reason), reason.partition(".")[0]} & self.shadow

    def is_own(self, number: str) -> bool:
        """Whether a canonical number rings here."""
        return number in self._own

    def allows(self, number: str) -> bool:
        """Whether a canonical number is on the allow-list."""
        whole, starts = self._allowed
        if not number or not (whole or starts):
            return False
        forms = [number, number.removeprefix(self.area_code)]
        if not number.startswith("+"):
            forms.append("+86" + number.removeprefix("0"))
        return not whole.isdisjoint(forms) or any(form.startswith(start) for form in forms for start in starts)


def nobody(_number: str) -> bool:
    """Where no number is restricted (A21: unless a city decides otherwise)."""
    return False


def screen(claim: CallerId, policy: Policy, restricted: Callable[[str], bool] = nobody) -> Verdict:
    """Say whether a call is taken (R6.5); never raises, whatever the network claims.

    ``restricted`` says of a number whether it is restricted after abuse of the line (R8.1); the allow-list goes first.
    """
    text = number_of(claim.number.strip(" \t")).strip(" \t")
    digits = _digits(text)
    number = canonical(digits, policy.area_code) if digits else ""
    # The allow-list is looked at first: a linked hotline or 110 may show what it likes.
    if claim.trunk in policy.allow_listed_trunks or policy.allows(number):
        _, readable = _judge(digits, number, policy)
        return Verdict(accepted=True, reason=Reason.ALLOW_LISTED, number=readable)
    reason, readable = _judge(digits, number, policy) if digits else (_not_digits(text), "")
    reason = withheld(claim, text, digits) or reason
    if reason.startswith("accepted.") and restricted(readable):
        reason = Reason.RESTRICTED_NUMBER
    verdict = Verdict(accepted=reason.startswith("accepted."), reason=reason, number=readable)
    return verdict if policy.applies(reason) else lifted(verdict)


def lifted(verdict: Verdict) -> Verdict:
    """The verdict of a call that is taken although the rules refuse it, and recorded as such."""
    return verdict if verdict.accepted else replace(verdict, accepted=True, shadowed=True)


def canonical(digits: str, area_code: str) -> str:
    """One form for each number: ``13812345678``, ``05433123456``, ``+442071838750``; idempotent.

    ``digits`` may begin with ``+``. What has no such form (short codes, numbers of impossible length) stays as it is,
    without its country code.
    """
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if digits.startswith("+86"):
        digits = _national(digits[3:])
    elif digits.startswith("+"):
        return digits
    elif digits.startswith("86") and len(digits) not in _LOCAL_LENGTHS:
        digits = _national(digits[2:])
    if re.fullmatch(r"0(?:1[3-9]\d{9}|14\d{11}|1064\d{9})", digits):  # how carriers send mobiles of other places
        return digits[1:]
    if digits[:1] > "1" and len(digits) in _subscriber_lengths(area_code) and not _SHORT_CODE.fullmatch(digits):
        return area_code + digits
    return digits


def warm_up(area_code: str) -> None:
    """Load the numbering plans that calls will need, at start, so that no caller waits for it (some 50 ms)."""
    for prefix in range(130, 200):
        _is_mobile(f"{prefix}00")
    _subscriber_lengths(area_code)
    for neighbour in (
        "+85223456789",
        "+85366123456",
        "+886223456789",
        "+819012345678",
        "+821012345678",
        "+12025550123",
    ):
        _international(neighbour)


def _national(rest: str) -> str:
    """What stands after the country code, with the 0 of an area code in front where one belongs."""
    if rest.startswith("0") or not rest:
        return rest and "0" + rest.lstrip("0")
    if _BEIJING.fullmatch(rest):
        return "0" + rest
    return rest if rest.startswith("1") or _SHORT_CODE.fullmatch(rest) else "0" + rest


def _digits(text: str) -> str:
    """The digits of a written number, with a leading + if there is one; empty if it is anything else."""
    plain = text.translate(_SEPARATORS)
    body = plain.removeprefix("+")
    return plain if body.isascii() and body.isdigit() else ""


def _not_digits(text: str) -> Reason:
    """Letters of any script, with what user names are made of; everything else is no number and no name either."""
    body = text.translate(_SEPARATORS).replace("_", "")
    named = any(c.isalpha() for c in body) and all(c.isalpha() or "0" <= c <= "9" for c in body)
    return Reason.LETTERS if named else Reason.NOT_A_NUMBER


def _judge(digits: str, number: str, policy: Policy) -> tuple[Reason, str]:
    """What policy and numbering plan say of a number, and the number as far as it can be read."""
    if not number.strip("+") or len(number) > _LONGEST:
        return Reason.LENGTH, ""
    forged = _forged(digits, number, policy)
    if forged:
        return forged, number
    if number.startswith("+"):
        reason, number = _international(number)
        refused = reason is Reason.INTERNATIONAL and not policy.accept_international
        return (Reason.INTERNATIONAL_OFF if refused else reason), number
    area, subscriber = _split(number)
    if any(map(_SHORT_CODE.fullmatch, (number, subscriber))) or _ZERO_SHORT_CODE.fullmatch(number):
        return Reason.SHORT_CODE, number
    if not area:
        return _without_area(number), number
    was_local = len(digits) in _LOCAL_LENGTHS
    return _landline(area, subscriber, accepted=Reason.LOCAL if was_local else Reason.LANDLINE), number


def _forged(digits: str, number: str, policy: Policy) -> Reason | None:
    """Numbers that exist and that no caller can have."""
    bare = number.removeprefix("+")
    without_zero = bare.removeprefix("0")
    if any(policy.is_own(form) for form in (number, bare, without_zero)):
        return Reason.OWN_NUMBER
    if {bare, without_zero, _split(number)[1]} & set(policy.emergency_numbers):
        return Reason.EMERGENCY_NUMBER
    # One digit, or two, is a matter of length.
    repeated = any(len(form) > 2 and len(set(form)) == 1 for form in (bare, digits.removeprefix("+")))  # noqa: PLR2004 - said above
    return Reason.REPEATED_DIGIT if repeated else None


def _split(number: str) -> tuple[str, str]:
    """Area code and the rest of a canonical number; the code is empty where there is none."""
    if not number.startswith("0"):
        return "", ""
    width = 3 if number.startswith(("010", "02")) else 4
    return number[:width], number[width:]


def _landline(area: str, subscriber: str, accepted: Reason) -> Reason:
    """What the plan says of an area code and what follows it."""
    lengths = _subscriber_lengths(area)
    if not subscriber or re.match("01[3-9]", area):
        return Reason.LENGTH  # "01381234567": a mobile with 0 in front that lost a digit
    if not lengths:
        return Reason.AREA_CODE
    if len(subscriber) not in lengths:
        return Reason.LENGTH
    if subscriber[0] in "01":  # 0 leads out of the city; some numbers with 1 are service codes, and few people's
        return accepted if subscriber[0] == "1" and _is_fixed(area + subscriber) else Reason.PREFIX
    return accepted


def _without_area(number: str) -> Reason:
    """What the plan says of a number that begins with no area code and is no local one either."""
    if number.startswith("1"):
        if len(number) == _MOBILE_LENGTH:
            return Reason.MOBILE if _is_mobile(number[:5]) else Reason.PREFIX
        if len(number) == _IOT_LENGTH:
            return Reason.IOT if _IOT.fullmatch(number) else Reason.PREFIX
        return Reason.PREFIX if len(number) in _LOCAL_LENGTHS else Reason.LENGTH
    # Ten or eleven digits that begin with 2–9 have the length of a number and the beginning of none.
    return Reason.PREFIX if len(number) in (10, 11) else Reason.LENGTH


@lru_cache(maxsize=2048)
def _is_mobile(prefix: str) -> bool:
    """Whether five digits begin numbers of a mobile network."""
    example = PhoneNumber(country_code=86, national_number=int(prefix + "000000"))
    kind = phonenumbers.number_type(example)
    return kind == PhoneNumberType.MOBILE or prefix.startswith(_FURTHER_MOBILE)


@lru_cache(maxsize=2048)
def _subscriber_lengths(area_code: str) -> tuple[int, ...]:
    """How many digits follow an area code; none if it is not assigned."""
    return tuple(length for length in _LOCAL_LENGTHS if _is_fixed(area_code + "2" * length))


def _is_fixed(number: str) -> bool:
    kind = phonenumbers.number_type(PhoneNumber(country_code=86, national_number=int(number)))
    return kind in {PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


@lru_cache(maxsize=1024)
def _international(number: str) -> tuple[Reason, str]:
    """What the plan of another country says; the number comes back in E.164 where it is valid."""
    if len(number) - 1 > _E164_LONGEST:
        return Reason.LENGTH, number
    try:
        parsed = phonenumbers.parse(number)
    except NumberParseException as error:
        unknown = error.error_type == NumberParseException.INVALID_COUNTRY_CODE
        return (Reason.PREFIX if unknown else Reason.LENGTH), number
    if phonenumbers.is_possible_number_with_reason(parsed) != ValidationResult.IS_POSSIBLE:
        return Reason.LENGTH, number
    if not phonenumbers.is_valid_number(parsed):
        return Reason.PREFIX, number
    return Reason.INTERNATIONAL, str(phonenumbers.format_number(parsed, PhoneNumberFormat.E164))
