"""One-time links by which a caller brings the material that a ticket waits for (R14.2, A26)."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from tickets.store.tables_links import upload_links
from tickets.store.work import Work

#: Where a link leads to, behind the city's public address.
PLACE = "/public/material/"
_BYTES = 16
_open = sa.select(upload_links.c.ticket_id).where(
    upload_links.c.digest == sa.bindparam("digest"),
    upload_links.c.used_at.is_(None),
    upload_links.c.until > sa.bindparam("now"),
)
_use = (
    upload_links.update()
    .where(upload_links.c.digest == sa.bindparam("b_digest"), upload_links.c.used_at.is_(None))
    .values(used_at=sa.bindparam("at"))
    .returning(upload_links.c.ticket_id)
)


def make_link(work: Work, ticket_id: str, at: datetime, until: datetime) -> str:
    """The address of a new link that holds until then; empty where the city has not said where its pages are."""
    if not work.public_url:
        return ""
    token = secrets.token_urlsafe(_BYTES)
    work.insert(upload_links, digest=_digest(token), ticket_id=ticket_id, made_at=at, until=until, used_at=None)
    return f"{work.public_url}{PLACE}{token}"


def ticket_of_link(connection: Connection, token: str, now: datetime) -> str:
    """The ticket that a link leads to; empty for one that was used, has run out, or never was."""
    found = connection.execute(_open, {"digest": _digest(token), "now": now}).scalar()
    return str(found or "")


def use_link(work: Work, token: str, at: datetime) -> bool:
    """Whether the link was still unused; of two who come with it at once, one is right."""
    return work.connection.execute(_use, {"b_digest": _digest(token), "at": at}).first() is not None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
