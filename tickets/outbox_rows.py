"""The rows of the outbox: claimed, postponed, settled. Nothing here overwrites a proof."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from common.clock import civil
from common.vault import is_sealed
from tickets.store.sealing import Sealing
from tickets.store.tables_register import memberships, people, units
from tickets.store.tables_work import notices
from tickets.store.work import Work

_MOBILE = re.compile(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])")
_waiting = notices.c.state == sa.literal_column("'waiting'")
_due = (
    sa.select(notices.c.id)
    .where(_waiting, notices.c.next_at <= sa.bindparam("now"))
    .order_by(notices.c.next_at, notices.c.id)
    .limit(sa.bindparam("most"))
    # Another sender's rows are passed over; SQLite has but one writer anyway.
    .with_for_update(skip_locked=True)
)
_claim = (
    notices.update()
    .where(notices.c.id.in_(sa.bindparam("ids", expanding=True)))
    # Asked again within the statement: who came second finds the row moved behind the lease.
    .where(_waiting, notices.c.next_at <= sa.bindparam("now"))
    .values(next_at=sa.bindparam("lease"))
    .returning(
        notices.c.id,
        notices.c.ticket_id,
        notices.c.kind,
        notices.c.audience,
        notices.c.recipient,
        notices.c.roles,
        notices.c.text,
        notices.c.tries,
    )
)
# Not IN: SQLAlchemy cannot run that for several notices at once.
_unproven = sa.or_(notices.c.state == "waiting", notices.c.state == "failed")
_change = notices.update().where(notices.c.id == sa.bindparam("b_id"), _unproven)
_postpone = _change.values(
    state="waiting", next_at=sa.bindparam("again"), error=sa.bindparam("why"), tries=sa.bindparam("count")
)
_put_aside = _change.values(
    state="failed", next_at=sa.bindparam("again"), error=sa.bindparam("why"), tries=sa.bindparam("count")
)
_settle = _change.values(
    state=sa.bindparam("how"),
    sent_at=sa.bindparam("at"),
    proof=sa.bindparam("proven"),
    tries=notices.c.tries + 1,
    error="",
)
_roles_of = (
    sa.select(people.c.phone, memberships.c.role, memberships.c.since, memberships.c.until)
    .join(memberships, memberships.c.person == people.c.id)
    .where(memberships.c.unit == sa.bindparam("unit"), people.c.active.is_(sa.true()), people.c.phone != "")
    .order_by(people.c.id)
)
_duty = sa.select(units.c.duty_phones).where(units.c.id == sa.bindparam("unit"))
_of_ticket = (
    sa.select(notices).where(notices.c.ticket_id == sa.bindparam("ticket")).order_by(notices.c.created_at, notices.c.id)
)
_revive = (
    notices.update()
    .where(notices.c.id == sa.bindparam("b_id"), notices.c.state == "failed")
    .values(state="waiting", tries=0, error="", next_at=sa.bindparam("again"))
    .returning(notices.c.id)
)
#: The office has told these people otherwise, or nobody needs to be told any more; what was wrong stays readable.
_close = (
    notices.update()
    .where(notices.c.id == sa.bindparam("b_id"), notices.c.state == "failed")
    .values(state="closed", proof=sa.bindparam("why"))
    .returning(notices.c.id)
)
#: SQLite looks into the partial index only where the query says its condition in the very same words.
_failed = notices.c.state == sa.literal_column("'failed'")
_exhausted = sa.select(sa.func.count(), sa.func.min(notices.c.created_at)).where(
    _failed, notices.c.tries >= sa.bindparam("tries")
)
_aside = sa.select(notices).where(_failed).order_by(notices.c.created_at.desc(), notices.c.id.desc())


@dataclass(frozen=True, slots=True)
class Due:
    """A notice that this sender alone has, until its lease ends. ``tries`` are those that failed."""

    id: str
    ticket_id: str
    kind: str
    audience: str
    recipient: str = field(repr=False)
    roles: tuple[str, ...]
    text: str = field(repr=False)
    tries: int
    #: About a confidential ticket: nothing of it may be kept in the clear anywhere.
    discreet: bool = False


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice as the office sees it: see ``tickets.store.tables_work.notices``."""

    id: str
    ticket_id: str
    seq: int
    kind: str
    audience: str
    recipient: str = field(repr=False)
    roles: Sequence[str]
    text: str = field(repr=False)
    created_at: datetime
    state: str
    tries: int
    next_at: datetime
    sent_at: datetime | None
    proof: Mapping[str, str] | None
    error: str


def claim(work: Work, now: datetime, lease: datetime, most: int) -> list[Due]:
    """What is due, oldest first; nobody else gets it before ``lease``."""
    found = list(work.connection.execute(_due, {"now": now, "most": most}).scalars())
    if not found:
        return []
    rows = work.connection.execute(_claim, {"ids": found, "now": now, "lease": lease}).all()
    discreet = {row.id for row in rows if is_sealed(row.text)}
    opened = work.seals.sealing.opened_rows(work.connection, notices, rows)
    taken = {row["id"]: _due_of(row, discreet=row["id"] in discreet) for row in opened}
    return [taken[one] for one in found if one in taken]


def _due_of(told: Mapping[str, Any], *, discreet: bool) -> Due:
    return Due(**{**told, "roles": tuple(told["roles"] or ())}, discreet=discreet)


def postpone(work: Work, notice_id: str, again: datetime, why: str, *, tries: int) -> None:
    """It is tried again then."""
    work.change(_postpone, b_id=notice_id, again=again, why=why, count=tries)


def put_aside(work: Work, notice_id: str, now: datetime, why: str, tries: int) -> None:
    """It is not tried again by itself; the office sees why."""
    work.change(_put_aside, b_id=notice_id, again=now, why=why, count=tries)


def settle_shown(work: Work, notice_id: str, at: datetime, proof: Mapping[str, str], *, state: str = "shown") -> None:
    """It is done with; what it brings with it is not set off by this."""
    work.change(_settle, b_id=notice_id, how=state, at=at, proven=dict(proof))


def recipients(connection: Connection, notice: Due, now: datetime) -> Sequence[str]:
    """The telephone numbers that a notice goes to: the caller's; of a unit those who hold the roles, else its duty."""
    if notice.audience != "unit":
        # Contacts are typed: a name or a remark may stand around the number.
        found = _MOBILE.search(re.sub(r"[\s-]", "", notice.recipient))
        return [found[0]] if found else []
    day = civil(now).date()
    rows = connection.execute(_roles_of, {"unit": notice.recipient})
    held = [
        row.phone
        for row in rows
        if row.role in notice.roles
        and (row.since is None or row.since <= day)
        and (row.until is None or day < row.until)
    ]
    return list(dict.fromkeys(held)) or list(connection.execute(_duty, {"unit": notice.recipient}).scalar() or ())


def told_of(connection: Connection, ticket_id: str, sealing: Sealing) -> list[NoticeRow]:
    """All notices about a ticket, oldest first; of one that cannot be opened all but number and text."""
    rows = connection.execute(_of_ticket, {"ticket": ticket_id}).all()
    return [NoticeRow(**row) for row in sealing.opened_rows(connection, notices, rows)]


def revive(work: Work, notice_id: str, now: datetime) -> bool:
    """Whether it had been put aside; now it waits again, and its tries are forgotten."""
    return work.connection.execute(_revive, {"b_id": notice_id, "again": now}).first() is not None


def close(work: Work, notice_id: str, proof: Mapping[str, str]) -> bool:
    """Whether it had been put aside; now it is done with, for the reason in ``proof``."""
    text = work.connection.execute(sa.select(notices.c.text).where(notices.c.id == notice_id)).scalar()
    # Why a person was done with it is a text of somebody's: of a confidential ticket it is not kept.
    kept = {name: said for name, said in proof.items() if name != "why" or not is_sealed(text)}
    return work.connection.execute(_close, {"b_id": notice_id, "why": kept}).first() is not None


def exhausted(connection: Connection, tries: int) -> tuple[int, datetime | None]:
    """How many are aside after at least so many tries, and since when the oldest of them has been owed."""
    count, oldest = connection.execute(_exhausted, {"tries": tries}).one()
    return count, oldest


def aside(connection: Connection) -> list[NoticeRow]:
    """What was put aside, newest first, for the office; of confidential tickets only that there is something."""
    rows = [dict(row._mapping) for row in connection.execute(_aside.limit(200))]  # noqa: SLF001 - SQLAlchemy's public name
    sealed = {"recipient": "", "text": "（保密工单的告知，请有权人员在该工单中查看）"}
    return [NoticeRow(**{**row, **(sealed if is_sealed(row["text"]) else {})}) for row in rows]
