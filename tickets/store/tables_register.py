"""The tables of the register: units, people, categories, the dispatch catalogue, rules and days, as versioned data."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, Date, ForeignKey, Integer, String, Table, Text

from common.store import Instant
from tickets.store.columns import Json
from tickets.store.tables import tables

#: One row: each change of the register counts it up, so that every process sees that it must read anew.
register_version = Table(
    "register_version",
    tables,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
)

units = Table(
    "units",
    tables,
    Column("id", String(80), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("kind", String(30), nullable=False),
    #: Empty at the root.
    Column("parent", String(80), nullable=False),
    Column("duty_phones", Json, nullable=False),
    Column("area", String(80), nullable=False),
    Column("active_from", Date),
    Column("active_until", Date),
    #: duty, law: the disputes that it decides (R21.3).
    Column("adjudicates", Json, nullable=False, server_default="[]"),
)

people = Table(
    "people",
    tables,
    Column("id", String(80), primary_key=True),
    Column("name", String(80), nullable=False),
    Column("phone", String(40), nullable=False),
    Column("active", sa.Boolean, nullable=False),
)

memberships = Table(
    "memberships",
    tables,
    Column("person", String(80), ForeignKey("people.id"), primary_key=True),
    Column("unit", String(80), ForeignKey("units.id"), primary_key=True),
    Column("role", String(30), primary_key=True),
    Column("since", Date),
    Column("until", Date),
)

delegations = Table(
    "delegations",
    tables,
    Column("id", String(32), primary_key=True),
    Column("unit", String(80), ForeignKey("units.id"), nullable=False),
    Column("right", String(20), nullable=False),
    Column("granted", sa.Boolean, nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date),
    Column("by", String(80), nullable=False),
    Column("reason", Text, nullable=False),
    #: Of two that begin on one day the later written holds.
    Column("added_at", Instant),
)

categories = Table(
    "categories",
    tables,
    Column("code", String(80), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("parent", String(80), nullable=False),
    Column("required", Json, nullable=False),
    Column("statutory", String(80), nullable=False),
    Column("archive_class", String(80), nullable=False),
    Column("active", sa.Boolean, nullable=False),
)

catalogue = Table(
    "catalogue",
    tables,
    Column("id", String(32), primary_key=True),
    Column("category", String(80), nullable=False),
    Column("lead", String(80), nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("place", String(80), nullable=False),
    Column("co_handlers", Json, nullable=False),
    Column("level", Integer, nullable=False),
    Column("since", Date),
    Column("until", Date),
    Column("source", Text, nullable=False),
    Column("supersedes", String(32), nullable=False),
)

rulings = Table(
    "rulings",
    tables,
    Column("id", String(32), primary_key=True),
    #: No foreign key: a ruling outlives the ticket that it was made for (A23).
    Column("ticket_id", String(32), nullable=False, index=True),
    Column("category", String(80), nullable=False, index=True),
    Column("place", String(80), nullable=False),
    Column("unit", String(80), nullable=False),
    Column("ruling", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("by", String(80), nullable=False),
    Column("on", Date, nullable=False),
    #: duty or law; empty for rulings from before the two were told apart.
    Column("dispute", String(10), nullable=False, server_default=""),
)

rule_sets = Table(
    "rule_sets",
    tables,
    Column("version", String(80), primary_key=True),
    Column("valid_from", Date, nullable=False),
    Column("rules", Json, nullable=False),
    Column("added_at", Instant, nullable=False),
)

calendar_years = Table(
    "calendar_years",
    tables,
    Column("version", String(20), primary_key=True),
    Column("year", Integer, nullable=False),
    Column("holidays", Json, nullable=False),
    Column("workdays", Json, nullable=False),
    Column("status", String(20), nullable=False),
    Column("source", Text, nullable=False),
    Column("added_at", Instant, nullable=False),
)

local_days = Table(
    "local_days",
    tables,
    Column("date", Date, primary_key=True),
    Column("working", sa.Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("added_at", Instant, nullable=False),
)
