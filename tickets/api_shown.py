"""Tickets as the interface takes and shows them; who called, as far as the reader may know (R25.2, A16)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import date
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from common.api.ask import Ask
from common.api.fields import Asked, Id, Instant, Line, Next, Paged, Phone, Revealing, Shown, Stamp, Text, Told
from common.reach import Reach
from tickets.api_waiting import WaitShown
from tickets.cards import Card
from tickets.codec import packed
from tickets.details import AcceptanceBasis, Details, Nature, Urgency
from tickets.entry_words import bare_words, words
from tickets.from_above import InheritedLimit, Origin
from tickets.model import Channel, Entry, Kind, Status, Ticket
from tickets.protecting import redacted
from tickets.seeing import Sight, sight
from tickets.turns import Dated
from tickets.unit_tree import UnitTree
from tickets.workflow import Possible
from tickets.workflow_moves import Move
from tickets.workflow_terms import Facts, Role

Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{8}-[0-9]{6,9}$")]
Optional = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class OfTicket(Asked):
    """A ticket's number in an address."""

    number: Number


class TicketsQuery(Paged, Revealing):
    """Which tickets a list shows."""

    kind: Annotated[Kind | None, Field(description="如何进来的。")] = None
    status: Annotated[Status | None, Field(description="办理状态。")] = None
    number: Phone | None = None
    call: Annotated[Id | None, Field(description="应为通话编号，可从通话列表中复制。")] = None
    since: Annotated[Instant | None, Field(description="自此时（含）。")] = None
    until: Annotated[Instant | None, Field(description="至此时（不含）。")] = None
    unit: Annotated[Line | None, Field(description="责任单位的编号。")] = None
    category: Annotated[Line | None, Field(description="诉求类别的代码。")] = None
    open: Annotated[bool | None, Field(description="true 未办结，false 已办结。")] = None
    overdue: Annotated[bool, Field(description="true 只看已超期的。")] = False
    news: Annotated[bool, Field(description="true 只看诉求人有催办、补充或撤诉而责任单位尚未阅看的。")] = False


class Inherited(Told):
    """Who gave a ticket from above, and the limit that came with it (A27)."""

    due: Annotated[Instant | None, Field(description="上级规定的时限；未规定则不写，按一般时限办理。")] = None
    issuer: Annotated[Line, Field(description="交办的上级。")]
    number: Annotated[Line, Field(description="上级的编号。")]
    origin: Annotated[Origin, Field(description="何种交办件。")] = Origin.SUPERVISED


class DetailsTold(Told):
    """What is known of a matter (R14.1)."""

    matter: Annotated[Text | None, Field(description="诉求事项。")] = None
    nature: Annotated[Nature | None, Field(description="诉求性质。")] = None
    category: Annotated[Optional, Field(description="诉求类别的代码。")] = ""
    place: Annotated[Optional, Field(description="事发地：所属单位的编号，或地名。")] = ""
    address: Annotated[Optional, Field(description="详细地址。")] = ""
    caller_name: Annotated[Optional, Field(description="诉求人姓名。")] = ""
    contact: Annotated[Optional, Field(description="联系方式。")] = ""
    basis: Annotated[AcceptanceBasis | None, Field(description="受理依据（第五条）。")] = None
    urgency: Annotated[Urgency, Field(description="紧急程度；emergency 为突发紧急工单（第七条）。")] = Urgency.NORMAL
    hide_identity: Annotated[bool, Field(description="对承办单位隐去诉求人信息。")] = False
    about: Annotated[Optional, Field(description="所反映的单位的编号。")] = ""
    fields: Annotated[dict[Line, Line], Field(default_factory=dict, max_length=50, description="类别要求的其他内容。")]
    inherited: Annotated[Inherited | None, Field(description="上级交办的期限。")] = None

    def details(self) -> Details:
        """As the desk takes them."""
        limit = self.inherited
        return Details(
            matter=self.matter or "",
            nature=self.nature,
            category=self.category,
            place=self.place,
            address=self.address,
            caller_name=self.caller_name,
            contact=self.contact,
            basis=self.basis,
            urgency=self.urgency,
            hide_identity=self.hide_identity,
            about=self.about,
            fields=tuple(sorted(self.fields.items())),
            inherited=InheritedLimit(limit.due, limit.issuer, limit.number, limit.origin) if limit else None,
        )


class TicketTold(Told):
    """A new ticket."""

    number: Annotated[Phone | None, Field(description="诉求人号码；没有则不写。")] = None
    call: Annotated[Id | None, Field(description="所属通话的编号。")] = None
    draft: Annotated[bool, Field(description="true 为草稿，尚待提交审核。")] = False
    confidential: Annotated[bool, Field(description="保密工单：不进入任何列表和检索。")] = False
    details: DetailsTold


class DescriptionTold(Told):
    """What is known of a matter from now on, as a whole."""

    role: Annotated[Role | None, Field(description="以哪个身份办理；不写则由系统从令牌的身份中选定。")] = None
    confidential: Annotated[bool | None, Field(description="保密标记；不写则不变。")] = None
    details: DetailsTold


class TicketShown(Shown):
    """One ticket."""

    number: str
    kind: Kind
    channel: Channel
    status: Status
    status_words: str
    unit: Annotated[str, Field(description="责任单位的编号。")]
    offered_to: Annotated[str, Field(description="待签收的下级单位。")]
    opened_at: Stamp
    since: Annotated[Stamp, Field(description="进入现状态的时间。")]
    due: Annotated[Stamp | None, Field(description="办结期限。")]
    provisional: Annotated[bool, Field(description="期限涉及尚未公布放假安排的日子，公布后可能变动。")]
    card: Annotated[Card | None, Field(description="督办卡。")]
    nature: Nature | None
    category: str
    place: str
    urgency: Urgency
    call_id: str
    automatic: bool
    caller_number: Annotated[str, Field(description="诉求人号码；未写明理由时隐去中间几位。")]
    recording_id: str
    handling_ticket: Annotated[bool, Field(description="已关联到另一件承办的工单。")]
    from_above: Annotated[bool, Field(description="上级交办件：须报告上级并由其销号后才能办结。")]
    news: Annotated[list[Move], Field(description="诉求人的催办、补充、撤诉，责任单位尚未阅看的。")]
    version: Annotated[int, Field(description="版本，即办理过程的步数。")]


class TicketList(Shown):
    """Some tickets, newest first."""

    tickets: list[TicketShown]
    next: Next


class StepShown(Shown):
    """One step of a history."""

    seq: int
    at: Stamp
    who: str
    unit: str
    role: Role
    status: Status
    accountable: Annotated[str, Field(description="此步之后的责任单位。")]
    row: Annotated[
        str, Field(description="办理动作（工作流表的行名）；建单为 open，升级为 raise，补全信息为 describe。")
    ]
    why: str
    facts: Annotated[dict[str, Any], Field(description="随办理动作所填的内容。")]


class PossibleShown(Shown):
    """A move that the reader may make now."""

    move: Move
    words: str
    role: Role
    requires: list[str]
    cites: list[str]


class AboveShown(Shown):
    """Who gave a ticket from above, by when, and how far it is settled with them (A27)."""

    origin: Origin
    issuer: str
    number: str
    due: Stamp | None
    reported: Annotated[bool, Field(description="已报告上级。")]
    signed_off: Annotated[bool, Field(description="上级已销号。")]


class TicketWhole(TicketShown):
    """One ticket with all that is known of it, its history, and what the reader may do now."""

    waiting: Annotated[WaitShown | None, Field(description="诉求人自首次受理起的等待；草稿为 null。")]
    above: Annotated[AboveShown | None, Field(description="上级交办的情况；不是上级交办件时为 null。")]
    matter: Annotated[str, Field(description="诉求事项；诉求人受保护的，单位看到的是 for_unit。")]
    for_unit: Annotated[str, Field(description="给承办单位的文字，不含诉求人信息；诉求人不受保护的为空。")]
    address: str
    caller_name: Annotated[str, Field(description="诉求人姓名；未写明理由时只显示姓。")]
    contact: str
    about: str
    fields: dict[str, str]
    co_handlers: list[str]
    readers: Annotated[list[str], Field(description="保密工单指定的阅看人（账号）；不是保密工单的为空。")]
    history: list[StepShown]
    possible: list[PossibleShown]


class Receipt(Shown):
    """What a change has led to; nobody's data is in it."""

    number: str
    version: int
    status: Status
    status_words: str
    unit: str
    due: Stamp | None
    query_code: Annotated[str, Field(description="查询码：只在建单时给出，告诉诉求人。")] = ""


class DateShown(Shown):
    """A date with its instant."""

    on: date
    at: Stamp
    provisional: bool
    promised: Annotated[date, Field(description="最初告知的日期。")]


class DeadlinesShown(Shown):
    """The dates of the accountable unit's turn, and why they are what they are."""

    received: Stamp
    rules_version: str
    calendar_version: str
    return_by: DateShown | None
    apply_by: DateShown | None
    due: DateShown
    latest: DateShown | None
    reasoning: Annotated[list[str], Field(description="逐日说明。")]


class LinksShown(Shown):
    """The tickets of one matter (A13)."""

    handling: Annotated[str | None, Field(description="承办的工单；本件就是承办件时为 null。")]
    linked: Annotated[list[str], Field(description="关联到本件的工单。")]


def ticket_shown(ticket: Ticket, ask: Ask, tree: UnitTree) -> TicketShown:
    """A ticket in a list."""
    return TicketShown(**_ticket(ticket, ask, tree, sight(ticket, ask)))


def ticket_whole(
    ticket: Ticket,
    ask: Ask,
    tree: UnitTree,
    history: Sequence[Entry],
    possible: Iterable[tuple[Role, Possible]],
    *,
    waiting: WaitShown | None,
) -> TicketWhole:
    """A ticket with everything that is the reader's to see."""
    details, seen = ticket.details, sight(ticket, ask)
    name = details.caller_name if ask.reason else details.caller_name[:1] + "*" * bool(details.caller_name)
    return TicketWhole(
        **_ticket(ticket, ask, tree, seen),
        waiting=waiting,
        above=_above(ticket),
        matter=seen.matter,
        for_unit=details.for_unit,
        address=details.address if seen.contacts else "",
        caller_name=name if seen.contacts else "",
        contact=ask.number(details.contact) if seen.contacts else "",
        about=details.about,
        fields=dict(details.fields) if seen.contacts else {},
        co_handlers=list(ticket.case.tasks),
        readers=list(ticket.readers) if ask.reach is Reach.ALL else [],
        history=[_step(entry, ticket, seen, tree.root) for entry in history],
        possible=[_possible(role, one) for role, one in possible],
    )


def _above(ticket: Ticket) -> AboveShown | None:
    above, case = ticket.details.inherited, ticket.case
    if above is None:
        return None
    return AboveShown(
        origin=above.origin,
        issuer=above.issuer,
        number=above.number,
        due=above.due,
        reported=case.reported,
        signed_off=case.signed_off,
    )


#: What level 1 and callers write with a step that units may read, without what is known of the reporter. The rest of
#: their words (what the caller said at the callback, brought later, or was told) is not for units.
_FOR_UNITS = frozenset({"reason", "basis", "suggestion", "ruling", "exception", "lawful_channel"})


def _step(entry: Entry, ticket: Ticket, seen: Sight, root: str) -> StepShown:
    """A step as the reader may see it: the words of units are their own, those of level 1 may name the reporter."""
    shown = step_shown(entry)
    if seen.original or entry.actor.unit != root:
        return shown
    facts = {
        name: redacted(value, ticket) if name in _FOR_UNITS else value
        for name, value in shown.facts.items()
        if name in _FOR_UNITS or not _is_free_text(name)
    }
    return shown.model_copy(update={"facts": facts, "why": redacted(_why(entry), ticket)})


def _is_free_text(name: str) -> bool:
    return name in _FREE_TEXT


#: Fields of Facts in which anything may be written; what was written for units once may have been found to tell.
_FREE_TEXT = frozenset(
    {
        "for_unit",
        "matter",
        "answer",
        "facts_found",
        "done",
        "result",
        "contact",
        "opinions",
        "remark",
        "ground",
        "reason_code",
    }
    | {"notice_id", "sms_id", "handling_ticket", "statement_id", "channel", "read_by", "attempts"}
)


def _why(entry: Entry) -> str:
    reason = entry.facts.reason
    return "：".join(filter(None, (bare_words(entry), reason)))


def step_shown(entry: Entry) -> StepShown:
    """A step. What was told of the caller is not repeated in it."""
    told = {one.name for one in fields(Facts)}
    facts = {name: value for name, value in packed(entry.facts).items() if name in told}
    return StepShown(
        seq=entry.seq,
        at=entry.at,
        who=entry.actor.who,
        unit=entry.actor.unit,
        role=entry.actor.role,
        status=entry.status,
        accountable=entry.accountable,
        row=entry.row,
        why=words(entry),
        facts=facts,
    )


def receipt(ticket: Ticket, *, fresh: bool = False) -> Receipt:
    """What a change has led to."""
    return Receipt(
        number=ticket.number,
        version=ticket.steps,
        status=ticket.status,
        status_words=ticket.status.words,
        unit=ticket.unit,
        due=ticket.turn.due.at if ticket.turn else None,
        query_code=ticket.query_code if fresh else "",
    )


def date_shown(dated: Dated | None) -> DateShown | None:
    """A date as it stands."""
    return (
        DateShown(on=dated.on, at=dated.at, provisional=dated.provisional, promised=dated.promised) if dated else None
    )


def _possible(role: Role, one: Possible) -> PossibleShown:
    return PossibleShown(
        move=one.move, words=one.move.words, role=role, requires=list(one.requires), cites=list(one.cites)
    )


def _ticket(ticket: Ticket, ask: Ask, tree: UnitTree, seen: Sight) -> dict[str, Any]:
    turn, details = ticket.turn, ticket.details
    return {
        "number": ticket.number,
        "kind": ticket.kind,
        "channel": ticket.channel,
        "status": ticket.status,
        "status_words": ticket.status.words,
        "unit": ticket.unit,
        "offered_to": ticket.case.offered_to,
        "opened_at": ticket.opened_at,
        "since": ticket.since,
        "due": turn.due.at if turn else None,
        "provisional": bool(turn and turn.provisional),
        "card": ticket.card,
        "nature": details.nature,
        "category": details.category,
        # A place that is no unit may be a village of a few houses.
        "place": details.place if seen.original or details.place in tree else "",
        "urgency": details.urgency,
        "call_id": ticket.call_id if seen.contacts else "",
        "automatic": ticket.automatic,
        "caller_number": ask.number(ticket.caller_number) if seen.contacts else "",
        "recording_id": ticket.recording_id if seen.contacts else "",
        "handling_ticket": bool(ticket.handling_ticket),
        "from_above": bool(ticket.case.issuer),
        "news": [Move.of(one) for one in ticket.news],
        "version": ticket.steps,
    }
