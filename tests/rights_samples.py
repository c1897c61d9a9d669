"""A valid request for every operation of the interface: an operation without one fails the test of the table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any, Final

from access import tables as access_tables
from access.people import ApiToken, GrantState
from access.rows import add
from access.visit import digest_of
from common import clock
from common.api.caller import Scope
from common.ids import new_id
from common.roles import Role
from hotline.outside.tables import exchanges
from tests import rights_abuse as abused
from tests.rights_city import Person, Place, Sent, World, entry_told
from tickets.model import Ticket
from tickets.store.tables_sealing import destructions
from tickets.store.tables_work import notices

Ask = Callable[[World, Person], Awaitable[Sent]]


class About(Enum):
    """What a request concerns, by which the reach of a right is judged."""

    #: Nothing of any unit's: the right is enough.
    HOUSE = "house"
    #: The street's ticket, or what belongs to it.
    TICKET = "ticket"
    #: What the street itself has: its accounts, its filings, its inspections.
    STREET = "street"
    #: What is for a unit itself and none above it.
    ITSELF = "itself"
    #: What a unit above the community decides on.
    COMMUNITY = "community"


@dataclass(frozen=True)
class Sample:
    """One request. ``outside`` is the status for what is beyond the reach; 403 only where nothing is secret.

    ``ends``: the session ends with it.
    """

    ask: Ask
    about: About = About.HOUSE
    outside: int = 404
    ends: bool = False


_PLAN = {"unit": Place.OWN.value, "entry_class": "guide", "days": 90, "first_by": "2199-01-01"}


def _plain(**sent: object) -> Ask:
    async def ask(_made: World, _person: Person) -> Sent:
        return Sent(**sent)  # type: ignore[arg-type]  # the fields by their names

    return ask


def _of_ticket(**sent: object) -> Ask:
    async def ask(made: World, _person: Person) -> Sent:
        return Sent(**{"ids": {"number": made.passed.number, "id": made.attachment}, **sent})  # type: ignore[arg-type]  # as above

    return ask


def _of_entry(**sent: object) -> Ask:
    async def ask(made: World, _person: Person) -> Sent:
        return Sent(ids={"id": made.entry}, **sent)  # type: ignore[arg-type]  # as above

    return ask


def _inspected(body: object) -> Ask:
    async def ask(made: World, _person: Person) -> Sent:
        return Sent(ids={"id": made.inspection, "number": made.passed.number}, body=body)

    return ask


async def _inspection(made: World, _person: Person) -> Sent:
    return Sent(ids={"id": made.inspection})


async def _proposal(made: World, person: Person, owner: Place = Place.OWN) -> Sent:
    """One that waits for the street's consent: level 1 has written it in the street's name."""
    writer = made.people[Place.LEVEL_ONE, Role.LEADER if person.role is not Role.LEADER else Role.REVIEWER]
    told = entry_told(f"条目{new_id()}", owner=owner.value)
    answer = await made.ask("proposeEntry", writer, Sent(body=told))
    assert answer.status == 201, answer.body.decode()
    return Sent(ids={"id": answer.json["proposal"]})


async def _refusal(made: World, person: Person) -> Sent:
    return Sent(ids=(await _proposal(made, person)).ids, body={"why": "内容有误"})


async def _own_proposal(_made: World, _person: Person) -> Sent:
    return Sent(body=entry_told(f"条目{new_id()}"))


async def _publication(_made: World, person: Person) -> Sent:
    about = f"滨政发{new_id()}"
    return Sent(body={"unit": person.place.value, "title": "通知", "document": about, "published_on": "2026-11-23"})


async def _consultation(made: World, person: Person) -> Sent:
    return Sent(body={"ticket": made.passed.number, "unit": person.place.value, "question": "路灯归谁管"})


async def _unit(_made: World, _person: Person) -> Sent:
    return Sent(ids={"id": f"局{new_id()[:8]}"}, body={"name": "新设局", "kind": "city_department", "parent": "12345"})


async def _notice(made: World, _person: Person) -> Sent:
    now, ticket = clock.now(), made.passed.id
    row: dict[str, Any] = {
        "id": new_id(),
        "ticket_id": ticket,
        "seq": 1,
        "kind": "accepted",
        "audience": "caller",
        "roles": [],
        "recipient": "13854301001",
        "text": "您的诉求已受理。",
        "created_at": now,
        "state": "failed",
        "tries": 9,
        "next_at": now,
        "sent_at": None,
        "proof": None,
        "error": "x",
    }
    await made.write(lambda connection: connection.execute(notices.insert(), row))
    return Sent(ids={"id": row["id"]}, body={"why": "已电话告知"})


async def _notice_again(made: World, person: Person) -> Sent:
    return Sent(ids=(await _notice(made, person)).ids)


async def _exchange(made: World, _person: Person) -> Sent:
    now = clock.now()
    row: dict[str, Any] = {
        "id": new_id(),
        "partner": "police",
        "direction": "out",
        "ref": new_id(),
        "ticket_id": made.strange.id,
        "number": "",
        "status": "",
        "words": "",
        "state": "failed",
        "tries": 9,
        "next_at": now,
        "error": "x",
        "created_at": now,
    }
    await made.write(lambda connection: connection.execute(exchanges.insert(), row))
    return Sent(ids={"id": row["id"]}, body={"why": "已电话转办"})


async def _exchange_again(made: World, person: Person) -> Sent:
    return Sent(ids=(await _exchange(made, person)).ids)


def _of_account(unit: Place = Place.OWN, body: object = None) -> Ask:
    async def ask(made: World, _person: Person) -> Sent:
        return Sent(ids={"id": await made.subject(unit.value)}, body=body)

    return ask


async def _new_account(_made: World, _person: Person) -> Sent:
    return Sent(body={"login": f"n{new_id()}"[:30], "name": "新人员", "unit": Place.OWN.value})


async def _account_told(made: World, _person: Person) -> Sent:
    account = await made.subject(Place.OWN.value)
    return Sent(ids={"id": account}, body={"login": f"n{new_id()}"[:30], "name": "改名", "phone": ""})


async def _waiting_grant(made: World, _person: Person) -> Sent:
    account = await made.subject(Place.LEVEL_ONE.value)
    return Sent(ids={"id": await made.grant(account, Role.LEADER, state=GrantState.PROPOSED)})


async def _guest_grant(made: World, _person: Person) -> Sent:
    account = await made.subject(Place.OWN.value)
    session, _ = await made.session(account)
    grant = await made.grant(account, Role.EXPERT, state=GrantState.HELD, session=session)
    return Sent(ids={"id": grant}, body={"reason": "离开大厅"})


async def _guest(made: World, _person: Person) -> Sent:
    account = await made.subject(Place.OWN.value)
    await made.session(account)
    ends = (clock.now() + timedelta(hours=2)).isoformat()
    return Sent(ids={"id": account}, body={"role": "expert", "reason": "进驻大厅", "ends_at": ends})


async def _joining(_made: World, _person: Person) -> Sent:
    told = {"change": "join", "unit": Place.OWN.value, "reason": "调入", "name": "新人员", "give": ["handler"]}
    return Sent(body={**told, "login": f"j{new_id()}"[:30]})


async def _filing(made: World, person: Person) -> Sent:
    # The security administrator has a say at level 1 alone, where nobody is above.
    unit = Place.LEVEL_ONE if person.role is Role.SECURITY_ADMIN else Place.BELOW
    return Sent(ids={"id": await made.filing(unit.value)}, body={"why": "同意"})


async def _own_session(made: World, person: Person) -> Sent:
    session, _ = await made.session(person.id)
    return Sent(ids={"id": session})


async def _own_token(made: World, person: Person) -> Sent:
    now, name = clock.now(), new_id()
    token = ApiToken(name, name, digest_of(name), person.id, frozenset({Scope.READ}), person.id, now)
    await made.write(lambda connection: add(connection, access_tables.api_tokens, token))
    return Sent(ids={"id": name})


async def _new_token(_made: World, _person: Person) -> Sent:
    return Sent(body={"name": new_id()[:20], "scopes": ["read"]})


async def _sign_in(_made: World, _person: Person) -> Sent:
    return Sent(body={"login": "nobody-of-us", "password": "a wrong guess"})


_DETAILS: Final = {"matter": "路灯不亮", "nature": "help", "category": "路灯", "place": "市西街道"}
_LINE: Final = {"category": "路灯", "lead": "市西街道", "legal_basis": "职责清单", "level": 3}
_DELEGATION: Final = {
    "unit": Place.BELOW.value,
    "right": "return",
    "granted": True,
    "reason": "试行",
    "since": "2026-11-24",
}
_DRAW: Final = {"since": "2026-01-01", "until": "2026-12-31", "count": 1}
_PASSWORDS: Final = {"old": "a wrong guess", "new": "mountain river glasses"}
_REASON: Final = {"reason": "核查"}


async def _wish(made: World, _person: Person) -> Sent:
    """Somebody's wish to have a ticket of its own destroyed."""
    row: dict[str, Any] = {
        "id": new_id(),
        "ticket_id": new_id(),
        "number": made.strange.number,
        "reason": "by_law",
        "asked_by": "test",
        "asked_at": clock.now(),
        "approved_by": "",
        "declined_by": "",
        "report": {},
    }
    await made.write(lambda connection: connection.execute(destructions.insert(), row))
    return Sent(ids={"id": row["id"]})


async def _ask_destruction(made: World, _person: Person) -> Sent:
    return Sent(ids={"number": made.strange.number}, body={"reason": "by_law"})


SAMPLES: Final[dict[str, Sample]] = {
    "healthz": Sample(_plain()),
    "readyz": Sample(_plain()),
    "openapi": Sample(_plain()),
    # The register
    "listUnits": Sample(_plain()),
    "listCategories": Sample(_plain()),
    "listCatalogue": Sample(_plain()),
    "listDelegations": Sample(_plain()),
    "listCalendars": Sample(_plain()),
    "computeDeadlines": Sample(_plain(query={"received": "2026-11-24"})),
    "putUnit": Sample(_unit),
    "putCategory": Sample(_plain(ids={"id": "新类"}, body={"name": "新类别"})),
    "addLine": Sample(_plain(body=_LINE)),
    "importCalendar": Sample(_plain(body={"format": "json", "text": "{}", "source": "国务院办公厅"})),
    "addDelegation": Sample(_plain(body=_DELEGATION), About.COMMUNITY, 403),
    "listRulings": Sample(_plain()),
    "listReturns": Sample(_plain()),
    "listDisputes": Sample(_plain()),
    # The knowledge base
    "lookUpEntries": Sample(_plain(query={"query": "路灯"})),
    "readEntry": Sample(_of_entry()),
    "listAnnouncements": Sample(_plain()),
    "listOverdue": Sample(_plain()),
    "listProposals": Sample(_plain()),
    "proposeEntry": Sample(_own_proposal),
    "consentToProposal": Sample(_proposal, About.ITSELF),
    "refuseProposal": Sample(_refusal, About.ITSELF),
    "withdrawEntry": Sample(_of_entry(body={"why": "重复"})),
    "confirmEntry": Sample(_of_entry()),
    "listPlans": Sample(_plain()),
    "putPlan": Sample(_plain(body=_PLAN)),
    "listEntryTasks": Sample(_plain()),
    "notePublication": Sample(_publication),
    "approveProposal": Sample(_proposal),
    "noteConsultation": Sample(_consultation, About.TICKET),
    # Tickets
    "listTickets": Sample(_plain()),
    "readTicket": Sample(_of_ticket(), About.TICKET),
    "explainDeadlines": Sample(_of_ticket(), About.TICKET),
    "listLinks": Sample(_of_ticket(), About.TICKET),
    "searchTickets": Sample(_plain(query={"query": "路灯"})),
    "listTasks": Sample(_plain()),
    "listAcknowledgements": Sample(_plain()),
    "listEmergencies": Sample(_plain()),
    "listReminders": Sample(_plain()),
    "findSimilar": Sample(_plain(body={"text": "路灯不亮"})),
    "listAttachments": Sample(_of_ticket(), About.TICKET),
    "readAttachment": Sample(_of_ticket(), About.TICKET),
    "listNotices": Sample(_of_ticket(), About.TICKET),
    "listExchanges": Sample(_of_ticket(), About.TICKET),
    "listArchive": Sample(_plain()),
    "listArchived": Sample(_plain(query={"archive_class": "住建", "year": "2026"})),
    "openTicket": Sample(_plain(body={"number": "13854301001", "details": _DETAILS})),
    # Seen long ago: who may is told that somebody was quicker, and nothing changes.
    "describeTicket": Sample(_of_ticket(body={"details": _DETAILS}, seen='"0"'), About.TICKET),
    "moveTicket": Sample(_of_ticket(body={"move": "sign"}, seen='"0"'), About.TICKET),
    "readAdvice": Sample(_of_ticket(), About.TICKET),
    "readForUnits": Sample(_of_ticket(), About.TICKET),
    "confirmForUnits": Sample(_of_ticket(body={"text": "路灯不亮"}, seen='"0"'), About.TICKET),
    "nameReaders": Sample(_of_ticket(body={"readers": [], "reason": "核查"})),
    "listOverdueDuties": Sample(_plain()),
    "addAttachment": Sample(_of_ticket(query={"name": "a.jpg"}, file=b"no picture"), About.TICKET),
    "checkFeedback": Sample(_of_ticket(body={"done": "已修复"}), About.TICKET),
    "readFeedbackAdvice": Sample(_of_ticket(), About.TICKET),
    "exportTickets": Sample(_plain()),
    # Inspection
    "drawSample": Sample(_plain(body=_DRAW)),
    "recordFinding": Sample(_inspected({"result": "ok", "demand": "x"}), About.STREET),
    "judgeCorrection": Sample(_inspected({"verdict": "accepted"}), About.STREET),
    "answerCorrection": Sample(_inspected({"answer": "已整改"}), About.STREET),
    "listInspections": Sample(_plain()),
    "readInspection": Sample(_inspection, About.STREET),
    "listCorrections": Sample(_plain()),
    "summariseInspections": Sample(_plain()),
    # What is aside, partners, calls, figures
    "listFailedNotices": Sample(_plain()),
    "retryNotice": Sample(_notice_again),
    "closeNotice": Sample(_notice),
    "listFailedExchanges": Sample(_plain()),
    "retryExchange": Sample(_exchange_again),
    "closeExchange": Sample(_exchange),
    "handOver": Sample(_of_ticket(body={"partner": "police", "reason": "属公安职责"}), About.TICKET),
    "listCalls": Sample(_plain()),
    "readCall": Sample(_plain(ids={"id": "node-1.1"})),
    "hearRecording": Sample(_plain(ids={"id": "track-1"})),
    "markAbuse": Sample(abused.marking, About.TICKET),
    "listAbuseMarks": Sample(_plain()),
    "readAbuseMark": Sample(abused.own_mark),
    "decideAbuseMark": Sample(abused.decision),
    "referAbuseMark": Sample(abused.referral),
    "proposeRestriction": Sample(abused.proposal),
    "approveRestriction": Sample(abused.approval),
    "liftRestriction": Sample(abused.lifting),
    "listRestrictions": Sample(_plain()),
    "listAlarms": Sample(_plain()),
    "readFigures": Sample(_plain()),
    # Signing in, one's own
    "signIn": Sample(_sign_in),
    "readSession": Sample(_plain()),
    "signOut": Sample(_plain(), ends=True),
    "giveCode": Sample(_plain(body={"code": "000000"})),
    "changePassword": Sample(_plain(body=_PASSWORDS)),
    "beginSecondFactor": Sample(_plain()),
    "confirmSecondFactor": Sample(_plain(body={"code": "000000"})),
    "proveSession": Sample(_plain(body={"password": "a wrong guess"})),
    "listSessions": Sample(_plain()),
    "endSession": Sample(_own_session),
    "endSessions": Sample(_plain(), ends=True),
    "listTokens": Sample(_plain()),
    "makeToken": Sample(_new_token),
    "revokeToken": Sample(_own_token),
    # Accounts, roles, staff
    "listAccounts": Sample(_plain()),
    "readAccount": Sample(_of_account(), About.STREET),
    "makeAccount": Sample(_new_account),
    "describeAccount": Sample(_account_told),
    "resetPassword": Sample(_of_account()),
    "unlockAccount": Sample(_of_account()),
    "blockAccount": Sample(_of_account(body=_REASON)),
    "unblockAccount": Sample(_of_account(body=_REASON)),
    "dropSecondFactor": Sample(_of_account(body=_REASON)),
    "grantRole": Sample(_of_account(body={"role": "handler", "reason": "到任"})),
    "confirmGrant": Sample(_waiting_grant),
    "refuseGrant": Sample(_waiting_grant),
    "grantSessionRole": Sample(_guest),
    "revokeGrant": Sample(_guest_grant),
    "fileStaff": Sample(_joining, About.STREET, 403),
    "confirmFiling": Sample(_filing, About.COMMUNITY, 403),
    "refuseFiling": Sample(_filing, About.COMMUNITY, 403),
    "listFilings": Sample(_plain()),
    # Destroying
    "listDestructions": Sample(_plain()),
    "askDestruction": Sample(_ask_destruction),
    "approveDestruction": Sample(_wish),
    "declineDestruction": Sample(_wish),
}


def tickets_of(made: World) -> Iterator[tuple[Ticket, Place]]:
    """Each ticket with the place of the unit that answers for it."""
    yield made.passed, Place.OWN
    yield made.direct, Place.OWN
    yield made.strange, Place.STRANGER
