"""The register in the database: read as one, changed record by record, every change counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Insert, Table

from common.store import insert
from tickets.calendar_library import library_years
from tickets.catalogue import CatalogueLine, Category
from tickets.codec import packed, unpacked
from tickets.register import ROOT, Register
from tickets.ruleset import DEFAULT_RULES, RuleSet
from tickets.store import tables_register as t
from tickets.store.columns import columns_of, record_of, row_of
from tickets.store.work import Work
from tickets.units import Delegation, Membership, Person, Unit
from tickets.workdays import CalendarYear, LocalDay

#: What the register consists of, and where each kind stands.
RECORDS: Mapping[type[Any], Table] = {
    Unit: t.units,
    Person: t.people,
    Membership: t.memberships,
    Delegation: t.delegations,
    Category: t.categories,
    CatalogueLine: t.catalogue,
    LocalDay: t.local_days,
}
Entry = Unit | Person | Membership | Delegation | Category | CatalogueLine | LocalDay | RuleSet | CalendarYear
_version = sa.select(t.register_version.c.version)


class RegisterShelf:
    """The register as one process last read it; read anew only when it has changed."""

    def __init__(self) -> None:
        self._register: Register | None = None

    def current(self, connection: Connection) -> Register:
        """The register in force."""
        version = connection.execute(_version).scalar() or 0
        known = self._register
        if known is None or known.version != version:
            known = self._register = read(connection, version)
        return known


def read(connection: Connection, version: int) -> Register:
    """Everything, from the tables; what a city has not set is as it is shipped."""

    def all_of(kind: type[Any]) -> list[Any]:
        table = RECORDS[kind]
        query = sa.select(*columns_of(table, kind)).order_by(*table.primary_key)
        return [record_of(kind, row) for row in connection.execute(query)]

    units = {unit.id: unit for unit in all_of(Unit)}
    sets = connection.execute(sa.select(t.rule_sets).order_by(t.rule_sets.c.valid_from, t.rule_sets.c.added_at))
    years = connection.execute(sa.select(t.calendar_years).order_by(t.calendar_years.c.added_at)).all()
    return Register(
        version=version,
        units=units or {ROOT.id: ROOT},
        people={one.id: one for one in all_of(Person)},
        memberships=all_of(Membership),
        categories={one.code: one for one in all_of(Category)},
        catalogue=all_of(CatalogueLine),
        delegations=all_of(Delegation),
        rule_sets=[rules_of(row.rules) for row in sets] or [DEFAULT_RULES],
        years=[year_of(row) for row in years] or library_years(),
        local_days=all_of(LocalDay),
    )


def rules_of(data: Mapping[str, Any]) -> RuleSet:
    """A rule set as it was stored; a limit that it does not know yet is as it is shipped."""
    rules = {**data, "limits": {**packed(DEFAULT_RULES.limits), **data["limits"]}}
    return unpacked(RuleSet, rules)


def year_of(row: Any) -> CalendarYear:
    """A notice as it was stored."""
    return unpacked(CalendarYear, row._mapping)  # noqa: SLF001 - SQLAlchemy's public name


def put(work: Work, records: Sequence[Entry], at: datetime) -> None:
    """Write records into the register, after it was checked that they fit; in force from the next transaction on.

    Raises:
        ValueError: a unit would hang elsewhere than before, or under none.
    """
    _check(records, work.register)
    dialect = work.connection.dialect.name
    for record in records:
        table, row = _row(record, at)
        work.change(_saving(table, dialect), **row)
    if records:
        work.change(_counting(dialect), id=1, version=1)


def seed(work: Work, at: datetime) -> None:
    """What is shipped, written down where it is not yet, so that old deadlines can be explained by what is stored."""
    connection = work.connection
    known_years = {row.year for row in connection.execute(sa.select(t.calendar_years.c.year))}
    missing: list[Entry] = [year for year in library_years() if year.year not in known_years]
    if not connection.execute(sa.select(t.rule_sets.c.version).limit(1)).first():
        missing.append(DEFAULT_RULES)
    if not connection.execute(sa.select(t.units.c.id).limit(1)).first():
        missing.append(ROOT)
    put(work, missing, at)


def _check(records: Iterable[Entry], register: Register) -> None:
    new = {one.id: one for one in records if isinstance(one, Unit)}
    for unit in new.values():
        known = register.units.get(unit.id)
        if known and known.parent != unit.parent:
            raise ValueError(f"单位「{unit.id}」不能改挂到「{unit.parent}」:请停用原单位,另设新单位")
    if new:
        Register(units={**register.units, **new}).tree  # noqa: B018 - building it is the check


def _row(record: Entry, at: datetime) -> tuple[Table, dict[str, Any]]:
    if isinstance(record, RuleSet):
        rules = packed(record)
        return t.rule_sets, {
            "version": record.version,
            "valid_from": record.valid_from,
            "rules": rules,
            "added_at": at,
        }
    if isinstance(record, CalendarYear):
        return t.calendar_years, {**row_of(t.calendar_years, record), "added_at": at}
    table = RECORDS[type(record)]
    row = row_of(table, record)
    return table, {**row, "added_at": at} if "added_at" in table.columns else row


@cache
def _saving(table: Table, dialect: str) -> Insert:
    plain = insert(table, dialect)
    keys = [column.name for column in table.primary_key]
    fresh = {column.name: plain.excluded[column.name] for column in table.columns if column.name not in keys}
    return plain.on_conflict_do_update(index_elements=keys, set_=fresh)


@cache
def _counting(dialect: str) -> Insert:
    plain = insert(t.register_version, dialect)
    onward = {"version": t.register_version.c.version + 1}
    return plain.on_conflict_do_update(index_elements=["id"], set_=onward)
