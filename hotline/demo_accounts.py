"""Accounts for the fictitious people of the demonstration, all with one password that everybody knows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import Connection

from access import tables as t
from access.passwords import Passwords
from access.people import Account, Grant
from access.policy import Policy
from access.rows import accounts_in, add
from access.store import AccessStore
from common.ids import new_id
from tickets.units import Membership, Person

#: In docs/access.md too; a real database never gets it.
DEMO_PASSWORD = "demo-hotline-binzhou"  # noqa: S105 - it is meant to be known
_ALWAYS = date(2000, 1, 1)
_BY = "seed-demo"


async def demo_accounts(
    store: AccessStore, policy: Policy, people: Iterable[Person | Membership], at: datetime, *, known_password: bool
) -> int:
    """An account for each person of the demonstration that has none; gives how many there were.

    They stand in the register already. ``known_password`` false leaves them without any: nobody gets in with one.
    """
    persons = {one.id: one for one in people if isinstance(one, Person)}
    held = [one for one in people if isinstance(one, Membership)]
    phc = ""
    if known_password:
        passwords = Passwords(policy.hashing)
        try:
            phc = await passwords.hash(DEMO_PASSWORD)
        finally:
            passwords.close()

    def save(connection: Connection) -> int:
        taken = {one.id for one in accounts_in(connection, None)}
        units = {one.person: one.unit for one in held if one.person in persons and one.person not in taken}
        accounts = [_account(persons[who], unit, phc, at) for who, unit in units.items()]
        grants = [_grant(one, at) for one in held if one.person in units]
        add(connection, t.accounts, *accounts)
        add(connection, t.grants, *grants)
        return len(accounts)

    return await store.run(save)


def _account(person: Person, unit: str, phc: str, at: datetime) -> Account:
    return Account(
        person.id,
        person.id,
        person.name,
        unit,
        _BY,
        at,
        _BY,
        at,
        phone=person.phone,
        password=phc,
        password_at=at if phc else None,
        must_change=not phc,
    )


def _grant(one: Membership, at: datetime) -> Grant:
    return Grant(new_id(), one.person, one.role, one.since or _ALWAYS, _BY, at, "演示人员", one.until)
