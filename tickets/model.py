"""What a ticket is: one intake record for all channels, and the history that its state follows from (R3.1)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from tickets.cards import Card
from tickets.deadlines import Pause
from tickets.details import NO_DETAILS, Details, Urgency
from tickets.from_above import Origin
from tickets.turns import Turn
from tickets.workflow_terms import Actor, Case, Facts, Role, Status

__all__ = [
    "WEIGHT",
    "Channel",
    "Described",
    "Entry",
    "ForUnits",
    "Kind",
    "Opened",
    "Opening",
    "Raised",
    "Readers",
    "Status",
    "Ticket",
]


class Kind(StrEnum):
    """How the matter came to us. Of what nature it is (咨询, 投诉 …) a person says later."""

    MATTER = "matter"
    EMERGENCY_TRANSFER = "emergency_transfer"
    MESSAGE = "message"
    CALLBACK = "callback"


#: A call that becomes more than it was raises its ticket: who asked to be called back may yet be answered.
WEIGHT = {Kind.CALLBACK: 1, Kind.MESSAGE: 2, Kind.MATTER: 3, Kind.EMERGENCY_TRANSFER: 4}


class Channel(StrEnum):
    """Where a ticket came in (R4.1). Nobody is received in person (R9.1)."""

    TELEPHONE = "telephone"
    MAILBOX = "mailbox"
    API = "api"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Opened:
    """What is told with the first step: all that the ticket begins with."""

    number: str
    kind: Kind
    channel: Channel
    status: Status
    call_id: str = ""
    automatic: bool = False
    caller_number: str = field(default="", repr=False)
    recording_id: str = ""
    query_code: str = field(default="", repr=False)
    confidential: bool = False
    details: Details = NO_DETAILS


@dataclass(frozen=True, slots=True)
class Raised:
    """What a call's automatic ticket has become when it was asked for once more."""

    kind: Kind
    recording_id: str = ""
    #: Nothing but that the recording was noted.
    noted: bool = False


@dataclass(frozen=True, slots=True)
class Described:
    """What is known of the matter from now on (R14.1)."""

    details: Details
    confidential: bool = False


@dataclass(frozen=True, slots=True)
class Readers:
    """Who may read a confidential ticket from now on, by the ids of their accounts, and why (R25.1)."""

    readers: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class ForUnits:
    """What units get of a matter from now on, without who said it, and which of its files they may see (A16)."""

    text: str = field(repr=False)
    released: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One step of a ticket's history, which is only ever added to: with those before it, enough to rebuild the ticket.

    ``seq`` counts from 1 within the ticket. ``row`` is ``open``, ``raise``, ``describe``, ``readers``, ``for_units`` or
    the name of a row of the workflow's table, and ``told`` what was told with it; ``status`` and ``accountable`` are
    what the ticket had after it; ``turn`` is set where dates began or changed.
    """

    ticket_id: str
    seq: int
    at: datetime
    actor: Actor
    row: str
    told: Facts | Opened | Raised | Described | Readers | ForUnits
    status: Status
    accountable: str
    turn: Turn | None = None

    @property
    def facts(self) -> Facts:
        """What was told with a move of the workflow; nothing where the step was none."""
        return self.told if isinstance(self.told, Facts) else Facts()


@dataclass(frozen=True, slots=True)
class Ticket:
    """A case, as it stands after its latest step. Instants are aware UTC.

    ``number`` is what citizens are told: the civil date and a count of that day, ``20261124-000123``; with
    ``query_code`` they may ask where it stands. ``automatic`` marks the one ticket that each call opens by itself;
    agents open further ones. ``steps`` is the history's length and thereby the ticket's version. ``since`` is when it
    came into its state. ``attempts`` are the callbacks that reached nobody in this round (A7). ``callbacks``
    counts all of this round. ``emergency_at`` is when a person declared an emergency, ``awaited`` which units have not
    acknowledged it and since when, ``reported_at`` the last report on it (R7.2). ``news`` are what the caller has come
    back with since the accountable unit last did something, by the moves' values (A25); ``told_accepted`` says that
    the caller has number and code (A18). ``readers`` are those who may read it while it is confidential (R25.1).
    """

    id: str
    number: str
    kind: Kind
    channel: Channel
    opened_at: datetime
    case: Case
    since: datetime
    call_id: str = ""
    automatic: bool = False
    caller_number: str = field(default="", repr=False)
    recording_id: str = ""
    query_code: str = field(default="", repr=False)
    confidential: bool = False
    steps: int = 1
    details: Details = NO_DETAILS
    turn: Turn | None = None
    pauses: tuple[Pause, ...] = ()
    card: Card | None = None
    attempts: tuple[datetime, ...] = ()
    callbacks: int = 0
    emergency_at: datetime | None = None
    awaited: tuple[tuple[str, datetime], ...] = ()
    reported_at: datetime | None = None
    handling_ticket: str = ""
    news: tuple[str, ...] = ()
    told_accepted: bool = False
    #: The content of a confidential ticket that could not be opened: all that it tells is missing here. Kept as it is.
    sealed: str = field(default="", repr=False)
    readers: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        """Where it stands."""
        return self.case.status

    @property
    def unit(self) -> str:
        """The one unit that is accountable now (R3.2)."""
        return self.case.unit

    @property
    def paused(self) -> bool:
        """The unit's clock stands still."""
        return bool(self.pauses) and self.pauses[-1].until is None


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known when a ticket is asked for; ``number`` is the caller's, normalised."""

    call_id: str
    number: str = field(repr=False)
    kind: Kind
    opened_at: datetime
    recording_id: str = ""
    automatic: bool = True
    who: str = "system"
    unit: str = "12345"
    role: Role = Role.SYSTEM
    channel: Channel = Channel.TELEPHONE
    #: Only what an agent drafts is not yet to be reviewed.
    draft: bool = False
    details: Details = NO_DETAILS
    confidential: bool = False


def opened(
    opening: Opening, *, ticket_id: str, number: str, query_code: str = "", root: str = "12345"
) -> tuple[Ticket, Entry]:
    """A new ticket and the first step of its history; ``root`` is level 1, which has it now."""
    told = Opened(
        number=number,
        kind=opening.kind,
        channel=opening.channel,
        status=Status.DRAFT if opening.draft else Status.AWAITING_REVIEW,
        call_id=opening.call_id,
        automatic=opening.automatic,
        caller_number=opening.number,
        recording_id=opening.recording_id,
        query_code=query_code,
        confidential=opening.confidential,
        details=opening.details,
    )
    entry = Entry(ticket_id, 1, opening.opened_at, _actor(opening), "open", told, told.status, root)
    return begun(entry, told), entry


def begun(entry: Entry, told: Opened) -> Ticket:
    """The ticket after its first step. Level 1 has it, whichever of its teams wrote it down."""
    return Ticket(
        id=entry.ticket_id,
        number=told.number,
        kind=told.kind,
        channel=told.channel,
        opened_at=entry.at,
        case=Case(told.status, entry.accountable, issuer=issuer_of(told.details)),
        since=entry.at,
        call_id=told.call_id,
        automatic=told.automatic,
        caller_number=told.caller_number,
        recording_id=told.recording_id,
        query_code=told.query_code,
        confidential=told.confidential,
        details=told.details,
        emergency_at=entry.at if told.details.urgency is Urgency.EMERGENCY else None,
    )


def issuer_of(details: Details) -> str:
    """Who gave the ticket to the hotline from above; empty where nobody waits for a report (A27)."""
    above = details.inherited
    return above.issuer if above and above.origin is not Origin.TAKEN_OVER else ""


def asked_again(ticket: Ticket, opening: Opening) -> tuple[Ticket, Entry | None]:
    """What a call's automatic ticket becomes when it is asked for once more: raised if the call weighs more now.

    What is lighter or the same changes nothing, except that a recording is noted where none was.
    """
    heavier = WEIGHT[opening.kind] > WEIGHT[ticket.kind]
    recording_id = ticket.recording_id or opening.recording_id
    if not heavier and recording_id == ticket.recording_id:
        return ticket, None
    told = Raised(opening.kind if heavier else ticket.kind, recording_id, noted=not heavier)
    entry = Entry(
        ticket.id, ticket.steps + 1, opening.opened_at, _actor(opening), "raise", told, ticket.status, ticket.unit
    )
    return raised(ticket, told), entry


def raised(ticket: Ticket, told: Raised) -> Ticket:
    """The ticket after such a step."""
    return replace(ticket, kind=told.kind, recording_id=told.recording_id, steps=ticket.steps + 1)


def _actor(opening: Opening) -> Actor:
    return Actor(opening.who, opening.unit, opening.role)
