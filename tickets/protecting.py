"""The protection of reporters: whose tickets, what units get instead, and which units never have to do with it (A16).

Pure. Who is asking is ``tickets.seeing``'s business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tickets.details import Details, Nature
from tickets.model import Ticket
from tickets.unit_tree import UnitTree

#: What units read while nobody has confirmed what they may.
NOT_YET = "（诉求内容待一级机构确认后提供）"
_MARK = "［{}］"
#: Telephone numbers, also with a country code or written in groups, and numbers of identity cards.
_NUMBERS = re.compile(
    r"(?<![0-9])(?:(?:\+?86[- ]?)?1[3-9][0-9](?:[- ]?[0-9]{4}){2}|0[0-9]{2,3}[- ]?[0-9]{7,8}|[0-9]{17}[0-9Xx]"
    r"|[0-9]{15}|[2-9][0-9]{6,7})(?![0-9])"
)
_SAID_OF_ONESELF = re.compile(
    r"(?:本人|我)(?:名叫|姓名?是?|叫|是)[\u4e00-\u9fff]{1,4}"
    r"|(?:我|咱|俺)们?(?:家|店|单位|公司|车间|班|父亲?|母亲?|爸爸?|妈妈?|丈夫|妻子|老公|老婆|儿子|女儿|孩子)"
    r"|本人|自家|家住|住在"
)
_PLACES = re.compile(
    r"[0-9０-９一二三四五六七八九十百]{1,5}(?:号院|号楼|号|栋|幢|单元|楼|层|室|户)"
    r"(?:[0-9０-９一二三四五六七八九十]{1,5}(?:单元|楼|层|室|户|号)?)*"
)
_PLAIN = re.compile(r"[\s\-－—_,，。.()（）]+")
#: What is shorter than this names nobody by itself.
_LEAST = 2


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the machine would give to units, and what it has taken out; a person reads both before it is confirmed."""

    text: str
    marked: tuple[str, ...]


def protected(details: Details) -> bool:
    """Whether units must not learn who said it: the caller asked for that, or it is a report on somebody."""
    return details.hide_identity or details.nature is Nature.ACCUSATION


def for_units(details: Details) -> str:
    """What a unit reads as the matter."""
    return (details.for_unit or NOT_YET) if protected(details) else details.matter


def shut_out(details: Details, tree: UnitTree) -> frozenset[str]:
    """The unit complained of and those below it: for them the ticket does not exist. Level 1 is never shut out."""
    about = details.about
    if not about or about not in tree or about == tree.root:
        return frozenset()
    return frozenset({about, *(unit for unit in tree.parents if about in tree.above(unit))})


def barred(unit: str, details: Details, tree: UnitTree) -> bool:
    """Whether a ticket may not go to a unit: it is complained of, or what is above either of them is the same.

    Whoever would get the ticket answers to those above it, and these are then the complained unit's own superiors.
    """
    about = details.about
    if not about or about not in tree or about == tree.root or unit not in tree:
        return False
    of_the_matter = {about, *tree.above(about)} - {tree.root}
    return not of_the_matter.isdisjoint({unit, *tree.above(unit)})


def above_and_self(unit: str, tree: UnitTree) -> tuple[str, ...]:
    """Of which complaints a unit knows nothing: those about itself and about the units above it, but for level 1."""
    return tuple(one for one in (unit, *tree.above(unit)) if one != tree.root) if unit in tree else ()


def proposed(ticket: Ticket) -> Proposal:
    """The matter without who said it, as far as a machine can tell: what it leaves, a person still reads."""
    text, marked = ticket.details.matter, []
    for what, known in _known(ticket.details, ticket.caller_number):
        for form in _forms(known):
            if form in text:
                marked.append(form)
                text = text.replace(form, _MARK.format(what))
    for what, pattern in (("号码", _NUMBERS), ("具体位置", _PLACES), ("诉求人", _SAID_OF_ONESELF)):
        marked += pattern.findall(text)
        text = pattern.sub(_MARK.format(what), text)
    return Proposal(text, tuple(dict.fromkeys(marked)))


def redacted(text: str, ticket: Ticket) -> str:
    """What level 1 has written with a step, without what is known of the reporter and without any number."""
    for what, known in _known(ticket.details, ticket.caller_number):
        for form in _forms(known):
            text = text.replace(form, _MARK.format(what))
    return _NUMBERS.sub(_MARK.format("号码"), text)


def tells(text: str, details: Details, number: str) -> tuple[str, ...]:
    """What a text for units still tells of the reporter, in the words of the record; nothing where it is in order."""
    plain = _PLAIN.sub("", text)
    found = [what for what, known in _known(details, number) if _PLAIN.sub("", known) in plain]
    if _NUMBERS.search(text):
        found.append("号码")
    return tuple(dict.fromkeys(found))


def _known(details: Details, number: str) -> list[tuple[str, str]]:
    known = [
        ("姓名", details.caller_name),
        ("号码", details.contact),
        ("号码", number),
        ("地址", details.address),
        *(("个人信息", value) for name, value in details.fields if _OF_PERSONS.search(name)),
    ]
    # The longest first, so that no piece of it stays.
    told = [(what, value.strip()) for what, value in known if len(_PLAIN.sub("", value)) >= _LEAST]
    return sorted(told, key=lambda one: -len(one[1]))


def _forms(known: str) -> tuple[str, ...]:
    """A name or number as it was recorded, and without what stands between its parts."""
    return tuple(dict.fromkeys((known, _PLAIN.sub("", known))))


_OF_PERSONS = re.compile(r"姓名|名字|电话|手机|号码|证件|身份|账号|联系人|业主|户主|住址|楼|单元|房号|门牌")
