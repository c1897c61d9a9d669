"""The register's people are those who have accounts: ``access`` keeps them, the register is told with every change.

There is one truth. ``people`` and ``memberships`` are what the desk, the notices and the timers read of it (R12.2).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection

from access.people import Account, Grant, GrantState
from common import clock
from common.store import insert, upserting
from tickets.store import TicketStore
from tickets.store.tables_register import memberships, people, register_version

_save = upserting(people)


def tell_register(connection: Connection, account: Account, grants: Sequence[Grant]) -> None:
    """What the register knows of a person, as it is now: roles of today and those to come; none of who is blocked.

    Roles for one session only are not told: nobody is sent a notice for them.
    """
    row = {"id": account.id, "name": account.name, "phone": account.phone, "active": account.active}
    _save(connection, [row])
    connection.execute(memberships.delete().where(memberships.c.person == account.id))
    rows = _memberships(account, grants)
    if rows:
        connection.execute(memberships.insert(), rows)
    connection.execute(_counting(connection.dialect.name), {"id": 1, "version": 1})


def above(tickets: TicketStore) -> Callable[[str], Awaitable[tuple[str, ...] | None]]:
    """The units above one, as the register knows them."""

    async def find(unit: str) -> tuple[str, ...] | None:
        tree = (await tickets.register()).tree
        return tree.above(unit) if unit in tree else None

    return find


def within(tickets: TicketStore) -> Callable[[str], Awaitable[frozenset[str]]]:
    """A unit and all below it, as the register knows them."""

    async def find(unit: str) -> frozenset[str]:
        tree = (await tickets.register()).tree
        return frozenset({unit, *(one for one in tree.parents if unit in tree.above(one))})

    return find


def _memberships(account: Account, grants: Sequence[Grant]) -> list[dict[str, Any]]:
    now = clock.now()
    lasting = [
        one
        for one in grants
        if account.active and one.state is GrantState.HELD and not one.session and not one.over(now)
    ]
    # Nobody holds a role twice at once (``access.granting.fits``).
    return [
        {"person": account.id, "unit": account.unit, "role": one.role.value, "since": one.since, "until": one.until}
        for one in lasting
    ]


@cache
def _counting(dialect: str) -> Any:
    onward = {"version": register_version.c.version + 1}
    return insert(register_version, dialect).on_conflict_do_update(index_elements=["id"], set_=onward)
