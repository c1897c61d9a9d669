"""What lists of a unit leave out while they read: complaints about itself or about a unit above it (A16)."""

from __future__ import annotations

import json
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import Text

from tickets.store.tables import tickets

_state = sa.type_coerce(tickets.c.state, Text)


def apart_from(about: Iterable[str]) -> list[sa.ColumnElement[bool]]:
    """Conditions that leave out complaints about these units; none, where there are no units.

    Left out in the database, such a ticket shows neither in a count nor in where the next page begins. In JSON a quote
    within a text is escaped, so that nobody's words can look like this field.
    """
    return [
        sa.not_(_state.contains(f'"about":{json.dumps(unit, ensure_ascii=False)}', autoescape=True)) for unit in about
    ]
