"""The audit is cut at its beginning, and a signed document says where (A23)."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from common.signed import signed
from common.signing import Signer
from hotline.audit import audit, audit_cuts, audit_objects
from hotline.keeping.ages import Age
from hotline.keeping.holds import held, take_turns

_LOT = 2000
#: Fewer than either database takes parameters in one statement.
_AT_ONCE = 5000
_DAY = timedelta(days=1)


def cut_audit(connection: Connection, age: Age, now: datetime, signer: Signer) -> int:
    """Cut off the oldest entries; a signed document says where, so that what is left can still be verified."""
    take_turns(connection)
    upto = cut_at(connection, age, held(connection, now).objects)
    query = sa.select(audit.c.id, audit.c.hash, audit.c.objects).where(audit.c.id <= upto).order_by(audit.c.id)
    rows = connection.execute(query.limit(_LOT)).all()
    if not rows:
        return 0
    last = rows[-1]
    body = {"audit_cut": last.id, "hash": last.hash, "at": now.isoformat(), "rule": age.rule, "entries": len(rows)}
    connection.execute(audit_cuts.insert(), [{"upto": last.id, "document": signed(body, signer).decode()}])
    pairs = [{"its_object": one, "place": row.id} for row in rows for one in dict.fromkeys(row.objects.split())]
    if pairs:
        gone = audit_objects.delete().where(
            audit_objects.c.object == sa.bindparam("its_object"), audit_objects.c.audit_id == sa.bindparam("place")
        )
        connection.execute(gone, pairs)
    connection.execute(audit.delete().where(audit.c.id <= last.id))
    return len(rows)


def cut_at(connection: Connection, age: Age, kept: frozenset[str]) -> int:
    """The last entry that may go. The newest of all stays, since the chain goes on from it."""
    last = connection.execute(sa.select(sa.func.max(audit.c.id))).scalar() or 0
    first = connection.execute(
        sa.select(audit.c.id, audit.c.at).where(audit.c.at >= age.before).order_by(audit.c.at).limit(1)
    ).one_or_none()
    upto = last - 1
    if first:
        # Entries stand in the order in which they were written; their instants may be out of it by a little.
        near = sa.select(sa.func.min(audit.c.id)).where(audit.c.at >= age.before, audit.c.at < first.at + _DAY)
        upto = min(upto, connection.execute(near).scalar_one() - 1)
    wanted = sorted(kept)
    for start in range(0, len(wanted), _AT_ONCE):
        # The chain is cut at its beginning only: what was seen of a held matter keeps all that came after it.
        seen = sa.select(sa.func.min(audit_objects.c.audit_id))
        earliest = connection.execute(seen.where(audit_objects.c.object.in_(wanted[start : start + _AT_ONCE]))).scalar()
        if earliest:
            upto = min(upto, earliest - 1)
    return upto
