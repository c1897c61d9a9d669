"""Tickets given out as rows: without who the caller is unless that is allowed, never the confidential ones (R25.2)."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from common.clock import civil
from common.text import masked
from tickets.model import Channel, Ticket
from tickets.register import Register
from tickets.store import TicketFilter, TicketStore

#: The heading of the last column.
WATERMARK = "导出标记"
_AT_ONCE = 500
_MATTER = "诉求事项"
_PLACES = frozenset({"事发地编号", "事发地"})
_CHANNELS = {
    Channel.TELEPHONE: "12345电话",
    Channel.MAILBOX: "市长信箱",
    Channel.API: "接口",
    Channel.IMPORT: "导入",
}
_NUMBERS = re.compile(r"(?<!\d)(?:1\d{10}|0\d{9,11}|\d{17}[\dXx])(?!\d)")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the export; ``contact`` marks what tells who the caller is."""

    heading: str
    of: Callable[[Ticket, Register], str]
    contact: bool = False


def _time(instant: datetime | None) -> str:
    return f"{civil(instant):%Y-%m-%d %H:%M:%S}" if instant else ""


def _due(ticket: Ticket, _: Register) -> str:
    """A day, where the limit is its end."""
    if ticket.turn is None:
        return ""
    at = civil(ticket.turn.due.at)
    return f"{ticket.turn.due.on}" if (at.hour, at.minute) == (0, 0) else _time(at)


def _category(ticket: Ticket, register: Register) -> str:
    path = reversed(register.category_path(ticket.details.category))
    return "/".join(register.categories[code].name for code in path)


def _word(member: object) -> str:
    return getattr(member, "words", "")


COLUMNS = (
    Column("工单编号", lambda t, _: t.number),
    Column("来源", lambda t, _: _CHANNELS.get(t.channel, t.channel.value)),
    Column("受理时间", lambda t, _: _time(t.opened_at)),
    Column("状态", lambda t, _: t.status.words),
    Column("诉求性质", lambda t, _: _word(t.details.nature)),
    Column("类别编号", lambda t, _: t.details.category),
    Column("类别", _category),
    Column("事发地编号", lambda t, _: t.details.place),
    Column("事发地", lambda t, r: r.name(t.details.place)),
    Column("紧急程度", lambda t, _: t.details.urgency.words),
    Column(_MATTER, lambda t, _: t.details.matter),
    Column("承办单位编号", lambda t, _: t.unit),
    Column("承办单位", lambda t, r: r.name(t.unit)),
    Column("派单时间", lambda t, _: _time(t.turn.received) if t.turn else ""),
    Column("办理期限", _due),
    Column("督办牌", lambda t, _: {"yellow": "黄牌", "red": "红牌"}.get(t.card.value if t.card else "", "")),
    Column("进入当前状态时间", lambda t, _: _time(t.since)),
    Column("诉求人", lambda t, _: t.details.caller_name, contact=True),
    Column("联系方式", lambda t, _: t.details.contact, contact=True),
    Column("来电号码", lambda t, _: t.caller_number, contact=True),
    Column("地址", lambda t, _: t.details.address, contact=True),
    Column("专项信息", lambda t, _: "；".join(f"{name}：{value}" for name, value in t.details.fields), contact=True),
)


def headings(*, contacts: bool) -> list[str]:
    """The headings of an export, with who the caller is only where that is allowed; the watermark's last."""
    return [*(one.heading for one in _columns(contacts=contacts)), WATERMARK]


def watermark(who: str, at: datetime) -> str:
    """What stands at the end of every row: whose hands it came from, and when, wherever a part of it turns up."""
    return f"{who} {_time(at)}"


def _columns(*, contacts: bool) -> tuple[Column, ...]:
    return tuple(one for one in COLUMNS if contacts or not one.contact)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows, and the numbers of their tickets for the audit."""

    numbers: tuple[str, ...]
    rows: Sequence[Sequence[str]]


class Seen(Protocol):
    """What may be given out of one ticket."""

    @property
    def matter(self) -> str:
        """What of the matter."""

    @property
    def original(self) -> bool:
        """Whether the record as it was taken, or what a unit gets of it without who said it."""

    @property
    def contacts(self) -> bool:
        """Whether who said it may be told where a reason was given."""


@dataclass(frozen=True, slots=True)
class _Whole:
    matter: str
    original: bool = True
    contacts: bool = True


def everything(ticket: Ticket) -> Seen:
    """For level 1."""
    return _Whole(ticket.details.matter)


async def exported(
    store: TicketStore,
    shown: TicketFilter,
    *,
    contacts: bool,
    mark: str,
    seen: Callable[[Ticket], Seen] = everything,
) -> AsyncGenerator[Batch, None]:
    """The tickets of a filter, newest first, some at a time; confidential ones are never among them (R25.1).

    Whoever passes a batch on has written its numbers into the audit first. Numbers of telephones and identity cards
    that stand in the matter are masked unless ``contacts`` are allowed. ``seen`` says what the one who exports sees
    of a ticket at all, whatever is allowed (A16). ``mark`` is the ``watermark`` of each row.
    """
    register = await store.register()
    chosen = _columns(contacts=contacts)
    after = None
    while True:
        page = await store.page(shown, limit=_AT_ONCE, after=after)
        rows = [
            [*(_said(one, ticket, register, sight, told=contacts and sight.contacts) for one in chosen), mark]
            for ticket, sight in ((ticket, seen(ticket)) for ticket in page.rows)
        ]
        if rows:
            yield Batch(tuple(ticket.number for ticket in page.rows), rows)
        if page.next is None:
            return
        after = page.next


def _said(column: Column, ticket: Ticket, register: Register, seen: Seen, *, told: bool) -> str:
    text = seen.matter if column.heading == _MATTER else column.of(ticket, register)
    if column.heading in _PLACES and not seen.original and ticket.details.place not in register.tree:
        # A place that is no unit may be a village of a few houses (A16).
        return ""
    if told:
        return text
    if column.contact:
        return ""
    return text if column.heading != _MATTER else _NUMBERS.sub(lambda found: masked(found[0]), text)
