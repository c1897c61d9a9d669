"""The rows of exchanged tickets: what is to be sent, and how far each side has told the other (R16)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from common.ids import new_id
from hotline.outside.tables import exchanges
from tickets.store.tables import tickets
from tickets.store.work import Work

_c = exchanges.c
#: Instead of a partner's words about a confidential ticket.
QUIET = "（保密）"
_waiting = _c.state == sa.literal_column("'waiting'")
_of_ref = sa.select(exchanges).where(
    _c.partner == sa.bindparam("partner"), _c.direction == sa.bindparam("direction"), _c.ref == sa.bindparam("ref")
)
_due = (
    sa.select(_c.id)
    .where(_waiting, _c.next_at <= sa.bindparam("now"))
    .order_by(_c.next_at, _c.id)
    .limit(20)
    .with_for_update(skip_locked=True)
)
_claim = (
    exchanges.update()
    .where(_c.id.in_(sa.bindparam("ids", expanding=True)), _waiting, _c.next_at <= sa.bindparam("now"))
    .values(next_at=sa.bindparam("lease"))
    .returning(*exchanges.c)
)
_change = exchanges.update().where(_c.id == sa.bindparam("b_id"))
_settle = _change.values(
    state="idle",
    tries=0,
    error="",
    number=sa.bindparam("told"),
    status=sa.bindparam("stands"),
    words=sa.bindparam("said"),
)
_failed = _change.values(
    state=sa.bindparam("how"), tries=_c.tries + 1, error=sa.bindparam("why"), next_at=sa.bindparam("again")
)
#: A ticket of theirs stands elsewhere than they were last told.
_behind = (
    exchanges.update()
    .where(_c.direction == "in", _c.state == "idle", tickets.c.id == _c.ticket_id, tickets.c.status != _c.status)
    .values(state="waiting", next_at=sa.bindparam("now"))
)
_failed_state = _c.state == "failed"
_aside = sa.select(exchanges).where(_failed_state).order_by(_c.next_at.desc(), _c.id).limit(200)
_revive = (
    _change.where(_failed_state)
    .values(state="waiting", tries=0, error="", next_at=sa.bindparam("now"))
    .returning(_c.id)
)
#: A ticket of theirs whose stand they were told otherwise is told again when it moves on; ours stays closed.
_close = (
    _change.where(_failed_state)
    .values(
        state=sa.case((_c.direction == "in", "idle"), else_="closed"),
        status=sa.case(
            (
                _c.direction == "in",
                sa.select(tickets.c.status).where(tickets.c.id == _c.ticket_id).scalar_subquery(),
            ),
            else_=_c.status,
        ),
        tries=0,
        error=sa.bindparam("why"),
    )
    .returning(_c.id)
)
_quiet = exchanges.update().where(_c.ticket_id == sa.bindparam("b_ticket")).values(words=QUIET, error="")
_of_ticket = sa.select(exchanges).where(_c.ticket_id == sa.bindparam("ticket")).order_by(_c.created_at, _c.id)


@dataclass(frozen=True, slots=True)
class Exchanged:
    """One ticket shared with a partner: see ``tables.exchanges``."""

    id: str
    partner: str
    direction: str
    ref: str
    ticket_id: str
    number: str
    status: str
    words: str
    state: str
    tries: int
    next_at: datetime
    error: str
    created_at: datetime


def find(connection: Connection, partner: str, direction: str, ref: str) -> Exchanged | None:
    """The one of this name."""
    row = connection.execute(_of_ref, {"partner": partner, "direction": direction, "ref": ref}).first()
    return _of(row) if row else None


def of_ticket(connection: Connection, ticket_id: str) -> list[Exchanged]:
    """Whom a ticket is shared with."""
    return [_of(row) for row in connection.execute(_of_ticket, {"ticket": ticket_id})]


def add(work: Work, *, partner: str, direction: str, ref: str, ticket_id: str, now: datetime, **more: str) -> None:
    """A ticket is shared from now on; written at once, so that of two who do it the second fails."""
    row = {
        "id": new_id(),
        "partner": partner,
        "direction": direction,
        "ref": ref,
        "ticket_id": ticket_id,
        "number": "",
        "status": "",
        "words": "",
        "state": "waiting",
        "tries": 0,
        "next_at": now,
        "error": "",
        "created_at": now,
    }
    work.connection.execute(exchanges.insert(), {**row, **more})


def aside(connection: Connection) -> list[Exchanged]:
    """What was put aside, the latest first, 200 at most."""
    return [_of(row) for row in connection.execute(_aside)]


def revive(work: Work, exchange_id: str, now: datetime) -> bool:
    """Whether it had been put aside; now it waits again, and its tries are forgotten."""
    return work.connection.execute(_revive, {"b_id": exchange_id, "now": now}).first() is not None


def close(work: Work, exchange_id: str, why: str) -> bool:
    """Whether it had been put aside; now nothing is sent any more, for this reason."""
    return work.connection.execute(_close, {"b_id": exchange_id, "why": why[:300]}).first() is not None


def claim(work: Work, now: datetime, lease: datetime) -> list[Exchanged]:
    """What is to be sent now; nobody else gets it before ``lease``. Tickets that moved are found here first."""
    work.connection.execute(_behind, {"now": now})
    ids = list(work.connection.execute(_due, {"now": now}).scalars())
    if not ids:
        return []
    return [_of(row) for row in work.connection.execute(_claim, {"ids": ids, "now": now, "lease": lease})]


def kept(work: Work, ticket_id: str, words: str) -> str:
    """What is kept of a partner's words here: of a confidential ticket only by what they are known again (R25.1).

    The words themselves stand in the ticket's history, sealed.
    """
    if words.startswith(QUIET) or not work.ticket(ticket_id).confidential:
        return words
    return f"{QUIET}{work.seals.sealing.vault.index.digest(words)}"


def quiet(connection: Connection, ticket_id: str) -> None:
    """Keep no partner's words about a ticket that has become confidential."""
    connection.execute(_quiet, {"b_ticket": ticket_id})


def settle(work: Work, one: Exchanged, *, number: str, status: str, words: str) -> None:
    """The other side knows, or has told us."""
    work.change(_settle, b_id=one.id, told=number, stands=status, said=kept(work, one.ticket_id, words))


def postpone(work: Work, one: Exchanged, again: datetime, why: str, *, aside: bool) -> None:
    """It did not arrive: again later, or put aside with the reason."""
    work.change(_failed, b_id=one.id, how="failed" if aside else "waiting", why=why[:300], again=again)


def _of(row: Any) -> Exchanged:
    return Exchanged(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
