"""The tables of tickets: the projection of each, and the history that it is made from."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from common.store import Instant, metadata
from tickets.store.columns import Json

tables = metadata()

tickets = Table(
    "tickets",
    tables,
    Column("id", String(32), primary_key=True),
    Column("number", String(20), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("status", String(30), nullable=False),
    #: Nothing more is owed once it is false.
    Column("open", sa.Boolean, nullable=False),
    Column("unit", String(80), nullable=False),
    #: The unit that gave it to the accountable one, empty while level 1 has it.
    Column("upper", String(80), nullable=False),
    #: The unit to which it was passed and that has not signed.
    Column("offered_to", String(80), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("since", Instant, nullable=False),
    Column("due", Instant),
    Column("provisional", sa.Boolean, nullable=False),
    Column("card", String(10), nullable=False),
    #: No foreign key: calls and recordings expire before tickets do (A23).
    Column("call_id", String(80), nullable=False),
    Column("automatic", sa.Boolean, nullable=False),
    Column("caller_number", String(40), nullable=False),
    Column("recording_id", String(160), nullable=False),
    Column("query_code", String(20), nullable=False),
    Column("confidential", sa.Boolean, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("nature", String(20), nullable=False),
    Column("category", String(80), nullable=False),
    Column("place", String(80), nullable=False),
    Column("urgency", String(20), nullable=False),
    Column("handling_ticket", String(32), nullable=False),
    #: The caller has come back, and the accountable unit has not yet seen it (A25).
    Column("has_news", sa.Boolean, nullable=False, server_default=sa.false()),
    #: Everything else of the record. Last, so that lists do not read past what they show.
    Column("state", Json, nullable=False),
    Index(None, "opened_at", "id"),
    Index(None, "caller_number", "opened_at", "id"),
    Index(None, "unit", "opened_at", "id"),
)
#: Exactly one automatic ticket per call, whoever races.
automatic = tickets.c.automatic.is_(sa.true())
Index("uq_tickets_automatic_call", tickets.c.call_id, unique=True, sqlite_where=automatic, postgresql_where=automatic)
further = tickets.c.automatic.is_(sa.false())
Index("ix_tickets_further_call", tickets.c.call_id, sqlite_where=further, postgresql_where=further)
#: Boards and overdue lists look at open tickets only: what is closed costs them nothing, however many there are.
is_open = tickets.c.open.is_(sa.true())
Index(
    "ix_tickets_board",
    tickets.c.unit,
    tickets.c.opened_at,
    tickets.c.id,
    # Looked at in the index, so that of the open tickets of a unit those of other states or not due cost little.
    tickets.c.status,
    tickets.c.due,
    sqlite_where=is_open,
    postgresql_where=is_open,
)
Index(
    "ix_tickets_queue",
    tickets.c.status,
    tickets.c.opened_at,
    tickets.c.id,
    sqlite_where=is_open,
    postgresql_where=is_open,
)
has_news = tickets.c.has_news.is_(sa.true())
Index(
    "ix_tickets_news",
    tickets.c.unit,
    tickets.c.opened_at,
    tickets.c.id,
    sqlite_where=has_news,
    postgresql_where=has_news,
)
#: Overdue, newest first: what is not due yet is passed over within the index.
Index(
    "ix_tickets_due",
    tickets.c.opened_at,
    tickets.c.id,
    tickets.c.due,
    sqlite_where=is_open,
    postgresql_where=is_open,
)
#: Emergencies are few, and looked through at once (R7.2).
Index(
    "ix_tickets_emergencies",
    tickets.c.opened_at,
    tickets.c.id,
    sqlite_where=sa.text("urgency = 'emergency'"),
    postgresql_where=sa.text("urgency = 'emergency'"),
)
#: SQLite looks into a partial index only where a query says the index's condition in the very same words.
has_category = tickets.c.category != sa.literal_column("''")
is_emergency = tickets.c.urgency == sa.literal_column("'emergency'")
is_linked = tickets.c.handling_ticket != sa.literal_column("''")
Index(
    "ix_tickets_matter",
    tickets.c.category,
    tickets.c.opened_at,
    tickets.c.id,
    sqlite_where=sa.text("category <> ''"),
    postgresql_where=sa.text("category <> ''"),
)
Index(
    "ix_tickets_linked",
    tickets.c.handling_ticket,
    sqlite_where=sa.text("handling_ticket <> ''"),
    postgresql_where=sa.text("handling_ticket <> ''"),
)

steps = Table(
    "steps",
    tables,
    Column("ticket_id", String(32), ForeignKey("tickets.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("who", String(80), nullable=False),
    Column("unit", String(80), nullable=False),
    Column("role", String(30), nullable=False),
    #: Which row of the workflow's table was carried out, or open, raise, describe.
    Column("row", String(60), nullable=False),
    Column("told", Json, nullable=False),
    Column("status", String(30), nullable=False),
    Column("accountable", String(80), nullable=False),
    Column("turn", Json),
)

ticket_numbers = Table(
    "ticket_numbers",
    tables,
    Column("day", String(8), primary_key=True),
    Column("last", Integer, nullable=False),
    sqlite_with_rowid=False,
)

attachments = Table(
    "attachments",
    tables,
    Column("id", String(32), primary_key=True),
    Column("ticket_id", String(32), ForeignKey("tickets.id"), nullable=False, index=True),
    Column("sha256", String(64), nullable=False, index=True),
    #: Sealed where the ticket is confidential.
    Column("name", Text, nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("size", Integer, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("who", String(80), nullable=False),
    #: waiting, clean, refused: what the scanner said.
    Column("scan", String(20), nullable=False),
    Column("note", Text, nullable=False),
    #: The file is sealed; ``sha256`` is then that of the sealed file, under which it stands.
    Column("sealed", sa.Boolean, nullable=False, server_default=sa.false()),
)
unscanned = sa.text("scan = 'waiting'")
Index("ix_attachments_unscanned", attachments.c.id, sqlite_where=unscanned, postgresql_where=unscanned)
