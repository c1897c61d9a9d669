"""A state secret does not belong here: what was taken in is destroyed by two persons, and a tombstone stays (A15).

Here are the books: who asked, who else approved, and what becomes of the rows. Files and recordings are gone through by
``hotline.destruction``, which carries it all out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from common.ids import new_id
from common.vault.store import data_keys
from common.worded import Worded
from tickets.errors import NotReadyError
from tickets.store import TicketStore
from tickets.store.finding import ticket_index
from tickets.store.sealing import DESTROYED
from tickets.store.tables import attachments, steps, tickets
from tickets.store.tables_archive import filings
from tickets.store.tables_import import imports
from tickets.store.tables_inspection import corrections, inspected
from tickets.store.tables_links import upload_links
from tickets.store.tables_register import catalogue, register_version, rulings
from tickets.store.tables_sealing import blind_numbers, destructions, sealings, standing, unfinished
from tickets.store.tables_work import acknowledgements, hot_topics, notices, returns, tasks, timers
from tickets.store.work import Work

_d = destructions.c
#: Everything beside the ticket and its steps, in the order in which it goes.
_BESIDE = (
    notices,
    returns,
    rulings,
    tasks,
    attachments,
    corrections,
    inspected,
    upload_links,
    acknowledgements,
    hot_topics,
    imports,
    filings,
    timers,
    blind_numbers,
    sealings,
)
#: The columns of a ticket that may tell something.
_EMPTIED = (
    "caller_number",
    "recording_id",
    "query_code",
    "nature",
    "category",
    "place",
    "handling_ticket",
    "offered_to",
)


class Reason(Worded):
    """Why content is destroyed: a code, never a text of somebody's, which could tell what it was."""

    STATE_SECRET = "state_secret", "涉及国家秘密"
    BY_LAW = "by_law", "依法应当删除"


@dataclass(frozen=True, slots=True)
class Destruction:
    """One wish to destroy a ticket's content: the tombstone that stays. ``report`` counts what was destroyed."""

    id: str
    ticket_id: str
    number: str
    reason: Reason
    asked_by: str
    asked_at: datetime
    approved_by: str
    approved_at: datetime | None
    declined_by: str
    declined_at: datetime | None
    done_at: datetime | None
    report: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Remains:
    """What is left outside of the rows: to be destroyed next, and by their ids and hashes alone."""

    call_id: str
    files: tuple[str, ...]
    notices: tuple[str, ...]
    counts: Mapping[str, int]


def ask(work: Work, ticket_id: str, reason: Reason, *, who: str, now: datetime) -> str:
    """Somebody asks for the content of a ticket to be destroyed; gives the wish's id. Nothing is destroyed yet.

    Raises:
        NotReadyError: it was asked for already.
        NoSuchTicketError: there is none.
    """
    ticket = work.ticket(ticket_id)
    if work.connection.execute(sa.select(_d.id).where(_d.ticket_id == ticket_id, standing)).first():
        raise NotReadyError(f"工单{ticket.number}的销毁已有人申请，请另一人审批")
    wish = _row(ticket_id, ticket.number, reason, who, now)
    work.connection.execute(destructions.insert(), wish)
    return str(wish["id"])


def approve(work: Work, destruction_id: str, *, who: str, now: datetime) -> Destruction:
    """A second person approves; from then on it is carried out and cannot be taken back.

    Raises:
        NotReadyError: there is no such wish, it was decided, or it is the very person who asked.
    """
    found = _undecided(work, destruction_id)
    if who == found.asked_by:
        raise NotReadyError("销毁须由两人经手：申请人不能审批自己的申请")
    _decide(work, destruction_id, approved_by=who, approved_at=now)
    return _of(work.connection, destruction_id)


def decline(work: Work, destruction_id: str, *, who: str, now: datetime) -> Destruction:
    """It is not approved, or taken back by who asked; that it was asked for stays.

    Raises:
        NotReadyError: there is no such wish, or it was decided.
    """
    _undecided(work, destruction_id)
    _decide(work, destruction_id, declined_by=who, declined_at=now)
    return _of(work.connection, destruction_id)


async def listed(store: TicketStore, *, number: str = "") -> list[Destruction]:
    """The wishes and tombstones, newest first; of one ticket where its number is given."""
    query = sa.select(destructions).order_by(_d.asked_at.desc(), _d.id).limit(1000)
    rows = await store.rows(query.where(_d.number == number) if number else query)
    return [_destruction(row) for row in rows]


async def to_carry_out(store: TicketStore) -> list[Destruction]:
    """What is approved and not done."""
    rows = await store.rows(sa.select(destructions).where(unfinished).order_by(_d.id))
    return [_destruction(row) for row in rows]


def again(connection: Connection, ticket_id: str, now: datetime) -> str:
    """A backup has brought a destroyed ticket back: the wish by which it is destroyed again, at once; its id."""
    number = connection.execute(sa.select(tickets.c.number).where(tickets.c.id == ticket_id)).scalar_one()
    known = connection.execute(sa.select(_d.id).where(_d.ticket_id == ticket_id, standing)).scalar()
    decided = {"approved_by": "restore", "approved_at": now}
    if known:
        fresh = destructions.update().where(_d.id == known, _d.approved_at.is_(None)).values(decided)
        connection.execute(fresh)
        connection.execute(destructions.update().where(_d.id == known).values(done_at=None))
        return str(known)
    wish = _row(ticket_id, number, Reason.BY_LAW, "restore", now) | decided
    connection.execute(destructions.insert(), wish)
    return str(wish["id"])


def is_back(connection: Connection, ticket_id: str) -> bool:
    """Whether a ticket whose key was destroyed is there with what it told."""
    row = connection.execute(sa.select(tickets.c.state).where(tickets.c.id == ticket_id)).one_or_none()
    return row is not None and row.state.get("sealed") != DESTROYED


def destroy_rows(connection: Connection, destruction: Destruction, now: datetime) -> Remains:
    """All that the rows of a ticket tell is gone: overwritten in the ticket and its steps, deleted beside them.

    In a transaction of its own, not among use cases: one that had read the ticket before would write it again. May be
    run again.
    """
    ticket_id = destruction.ticket_id
    row = connection.execute(
        sa.select(tickets.c.call_id, tickets.c.state).where(tickets.c.id == ticket_id).with_for_update()
    ).one()
    known: Mapping[str, Any] = destruction.report.get("remains", {})
    files = connection.execute(sa.select(attachments.c.sha256).where(attachments.c.ticket_id == ticket_id))
    told = connection.execute(sa.select(notices.c.id).where(notices.c.ticket_id == ticket_id))
    remains = Remains(
        row.call_id,
        tuple(dict.fromkeys((*known.get("files", ()), *files.scalars()))),
        tuple(dict.fromkeys((*known.get("notices", ()), *told.scalars()))),
        dict(known.get("counts", {})),
    )
    counts = dict(remains.counts)
    _forget_key(connection, ticket_id, now)
    counts |= {"steps": _empty_steps(connection, ticket_id) or counts.get("steps", 0)}
    _unreason(connection, ticket_id)
    for table in _BESIDE:
        gone = connection.execute(table.delete().where(table.c.ticket_id == ticket_id)).rowcount
        counts[table.name] = counts.get(table.name, 0) + gone
    ticket_index.forget(connection, [ticket_id])
    case = {name: row.state["case"][name] for name in ("status", "unit")}
    emptied = dict.fromkeys(_EMPTIED, "")
    state = {"case": case, "sealed": DESTROYED}
    connection.execute(
        tickets.update()
        .where(tickets.c.id == ticket_id)
        .values(
            **emptied, state=state, confidential=True, open=False, due=None, provisional=False, card="", has_news=False
        )
    )
    done = Remains(remains.call_id, remains.files, remains.notices, counts)
    report = {"remains": {"files": list(done.files), "notices": list(done.notices), "counts": counts}}
    connection.execute(destructions.update().where(_d.id == destruction.id).values(report=report))
    return done


def finish(connection: Connection, destruction_id: str, report: Mapping[str, Any], now: datetime) -> None:
    """It is carried out; the report stays, and what led to files and notices goes."""
    connection.execute(destructions.update().where(_d.id == destruction_id).values(report=dict(report), done_at=now))


def others_of_call(connection: Connection, call_id: str, ticket_id: str) -> list[str]:
    """The numbers of the other tickets of a call: a person must look whether they tell the same."""
    if not call_id:
        return []
    query = sa.select(tickets.c.number).where(tickets.c.call_id == call_id, tickets.c.id != ticket_id)
    return list(connection.execute(query.order_by(tickets.c.number)).scalars())


def is_attached(connection: Connection, sha256: str) -> bool:
    """Whether any ticket still has this file."""
    return (
        connection.execute(sa.select(attachments.c.id).where(attachments.c.sha256 == sha256).limit(1)).first()
        is not None
    )


def _forget_key(connection: Connection, ticket_id: str, now: datetime) -> None:
    gone = {"key_id": "", "wrapped": b"", "destroyed_at": now}
    if not connection.execute(data_keys.update().where(data_keys.c.subject == ticket_id).values(gone)).rowcount:
        # It was never sealed; from now on nothing of this ticket may be.
        connection.execute(data_keys.insert().values(subject=ticket_id, made_at=now, **gone))


def _empty_steps(connection: Connection, ticket_id: str) -> int:
    # Only where there is something: a step that is empty already may not be changed.
    full = sa.select(steps.c.seq, steps.c.told).where(steps.c.ticket_id == ticket_id)
    seqs = [row.seq for row in connection.execute(full) if row.told != {"destroyed": True}]
    if seqs:
        connection.execute(
            steps.update()
            .where(steps.c.ticket_id == ticket_id, steps.c.seq.in_(seqs))
            .values(told={"destroyed": True}, turn=sa.null())
        )
    return len(seqs)


def _unreason(connection: Connection, ticket_id: str) -> None:
    ruled = connection.execute(sa.select(rulings.c.id).where(rulings.c.ticket_id == ticket_id)).scalars()
    if sources := [f"裁定 {one}" for one in ruled]:
        connection.execute(catalogue.update().where(catalogue.c.source.in_(sources)).values(legal_basis="裁定"))
        connection.execute(register_version.update().values(version=register_version.c.version + 1))


def _row(ticket_id: str, number: str, reason: Reason, who: str, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "ticket_id": ticket_id,
        "number": number,
        "reason": reason.value,
        "asked_by": who,
        "asked_at": now,
        "approved_by": "",
        "approved_at": None,
        "declined_by": "",
        "declined_at": None,
        "done_at": None,
        "report": {},
    }


def _undecided(work: Work, destruction_id: str) -> Destruction:
    query = sa.select(destructions).where(_d.id == destruction_id).with_for_update()
    row = work.connection.execute(query).one_or_none()
    if row is None or row.approved_at or row.declined_at:
        raise NotReadyError("没有这项待审批的销毁申请")
    return _destruction(row)


def _decide(work: Work, destruction_id: str, **decided: Any) -> None:
    work.connection.execute(destructions.update().where(_d.id == destruction_id).values(decided))


def _of(connection: Connection, destruction_id: str) -> Destruction:
    return _destruction(connection.execute(sa.select(destructions).where(_d.id == destruction_id)).one())


def _destruction(row: Any) -> Destruction:
    told = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    return Destruction(**{**told, "reason": Reason.of(told["reason"])})
