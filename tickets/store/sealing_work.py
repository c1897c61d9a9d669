"""The sealing of one transaction of the desk: keys made and found, rows sealed, and what was written before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Insert, Table, Update

from common import clock
from common.store import insert, upserting
from common.vault import DataKey, KeyDestroyedError, VaultError, WrappedKey, is_sealed
from common.vault.store import data_keys, keys_of, row_of
from tickets.errors import SealedTicketError
from tickets.model import Entry, Ticket
from tickets.store.rows import forget, step_row, ticket_of, ticket_row
from tickets.store.sealing import DESTROYED, SEALERS, Sealing, discreet_proof, numbers_of, tells_nothing
from tickets.store.tables import steps, tickets
from tickets.store.tables_register import catalogue, register_version, rulings
from tickets.store.tables_sealing import IN_FILES, IN_WORDS, blind_numbers, sealings
from tickets.store.tables_work import notices, tasks

_save = upserting(tickets)
_steps_of = sa.select(steps.c.ticket_id, steps.c.seq, steps.c.row, steps.c.role, steps.c.told, steps.c.turn).where(
    steps.c.ticket_id == sa.bindparam("ticket")
)
_seal_step = (
    steps.update()
    .where(steps.c.ticket_id == sa.bindparam("b_ticket"), steps.c.seq == sa.bindparam("b_seq"))
    .values(told=sa.bindparam("sealed_told"), turn=sa.null())
)
_quiet = notices.update().where(notices.c.id == sa.bindparam("b_id")).values(proof=sa.bindparam("new_proof"), error="")
_unreasoned = (
    catalogue.update().where(catalogue.c.source.in_(sa.bindparam("sources", expanding=True))).values(legal_basis="裁定")
)
_register_changed = register_version.update().values(version=register_version.c.version + 1)
_forget_numbers = blind_numbers.delete().where(blind_numbers.c.ticket_id == sa.bindparam("b_ticket"))


class SealingWork:
    """What one transaction seals. Nothing here fails once ``require`` has let a use case through."""

    def __init__(self, connection: Connection, sealing: Sealing) -> None:
        self._connection = connection
        self.sealing = sealing
        self._keys: dict[str, DataKey] = {}
        self._fresh: dict[str, WrappedKey] = {}
        #: What each ticket told when it was read, and that sealed: most moves change nothing of it.
        self._same: dict[str, tuple[object, str]] = {}

    def read(self, rows: Sequence[Any]) -> list[Ticket]:
        """The tickets of these rows, and what of them need not be sealed anew."""
        closed = [ticket_of(row) for row in rows]
        found = self.sealing.opened(self._connection, closed)
        for before, ticket in zip(closed, found, strict=True):
            if before.sealed and not ticket.sealed:
                self._same[ticket.id] = (_told(ticket), before.sealed)
        return found

    def require(self, ticket: Ticket, entry: Entry | None = None) -> None:
        """Make sure that a step of this ticket (or a row beside it) can be sealed; a first one makes its key.

        Raises:
            SealedTicketError: its key or content is not to be had; a step that tells nothing may be made all the same.
        """
        if ticket.sealed:
            plain = entry is not None and tells_nothing(entry.row, entry.actor.role.value)
            if ticket.sealed == DESTROYED or not plain:
                raise self._why(ticket)
        elif ticket.confidential:
            self._key(ticket)

    def row(self, table: Table, row: dict[str, Any], ticket: Ticket) -> dict[str, Any]:
        """A row beside a ticket that tells something, sealed where the ticket is confidential.

        Raises:
            SealedTicketError: see ``require``.
        """
        if not ticket.confidential:
            return row
        self.require(ticket)
        return self.sealing.row(table, row, self._keys[ticket.id])

    def task_result(self, ticket: Ticket, unit: str, said: str) -> str:
        """How a unit's task ended, as it may stand in ``tasks.result``.

        Raises:
            SealedTicketError: see ``require``.
        """
        row = {"ticket_id": ticket.id, "unit": unit, "result": said}
        return str(self.row(tasks, row, ticket)["result"]) if said else ""

    def ticket_rows(self, changed: Iterable[Ticket]) -> list[tuple[Ticket, dict[str, Any]]]:
        """These tickets and their rows."""
        return [(ticket, self._ticket_row(ticket)) for ticket in changed]

    def step_rows(self, entries: Iterable[Entry], tickets: Mapping[str, Ticket]) -> list[dict[str, Any]]:
        """The rows of these steps of these tickets as they now are."""
        rows = []
        for entry in entries:
            row, ticket = step_row(entry), tickets[entry.ticket_id]
            rows.append(self.sealing.step_row(row, self._keys[ticket.id]) if self._seals(ticket) else row)
        return rows

    def keep_keys(self) -> None:
        """Write down the keys that were made; before any row that they seal."""
        if self._fresh:
            now = clock.now()
            self._connection.execute(data_keys.insert(), [row_of(one, now) for one in self._fresh.values()])

    def settle(self, before: Mapping[str, Ticket | None], changed: Iterable[Ticket]) -> None:
        """Last of all: what becomes confidential has its past sealed, what is so no more is opened."""
        fresh: dict[int, list[str]] = {}
        numbered = []
        for ticket in changed:
            old = before.get(ticket.id)
            was = old is not None and old.confidential
            if self._seals(ticket):
                if not was:
                    if old is not None:
                        self.seal_past(ticket)
                    fresh.setdefault(IN_FILES | IN_WORDS if old is not None else 0, []).append(ticket.id)
                if old is None or not was or numbers_of(old) != numbers_of(ticket):
                    numbered.append(ticket)
            elif was and not ticket.confidential:
                self._connection.execute(_forget_numbers, [{"b_ticket": ticket.id}])
                self._open_beside(ticket)
        if fresh:
            # What they told in the clear stays in nobody's memory.
            forget()
        for scrub, ids in fresh.items():
            statement, values = looking_after(self._connection, "", scrub=scrub)
            self._connection.execute(statement, [{**values, "ticket_id": one} for one in ids])
        # A ticket that is only now opened has no numbers yet.
        self._note_numbers(numbered, [ticket.id for ticket in numbered if before.get(ticket.id)])

    def seal_past(self, ticket: Ticket) -> int:
        """Seal what was written of a ticket while it was not confidential; gives how many rows.

        Raises:
            SealedTicketError: see ``require``.
        """
        key = self._key(ticket)
        run = self._connection.execute
        changes = []
        for row in map(dict, run(_steps_of, {"ticket": ticket.id}).mappings().all()):
            sealed = self.sealing.step_row(row, key)
            if sealed is not row:
                changes.append({"b_ticket": ticket.id, "b_seq": row["seq"], "sealed_told": sealed["told"]})
        if changes:
            run(_seal_step, changes)
        for table, sealer in SEALERS.items():
            rows = [self.sealing.row(table, row, key) for row in self._beside(table, ticket) if sealer.concerns(row)]
            if rows:
                run(_replacing(table), [_named(table, row) for row in rows])
                changes += rows
        if ruled := [f"裁定 {row['id']}" for row in self._beside(rulings, ticket)]:
            # What a ruling has put into the catalogue stays in force; the words that gave its reasons do not.
            run(_unreasoned, {"sources": ruled})
            run(_register_changed)
        proofs = [
            {"b_id": row["id"], "new_proof": row["proof"] and discreet_proof(row["proof"])}
            for row in self._beside(notices, ticket)
            if SEALERS[notices].tells(row)
        ]
        if proofs:
            run(_quiet, proofs)
        return len(changes)

    def seal_whole(self, ticket: Ticket) -> None:
        """Seal a ticket that was marked before there was sealing: its row, its past, its numbers, at once.

        Raises:
            SealedTicketError: see ``require``.
        """
        self.require(ticket)
        self.keep_keys()
        self._fresh.clear()
        _save(self._connection, [self._ticket_row(ticket)])
        self.seal_past(ticket)
        self._note_numbers([ticket], [ticket.id])

    def _open_beside(self, ticket: Ticket) -> None:
        """Whoever dispatches the like sees returns and rulings again; steps stay sealed and are read with the key."""
        key = self._key(ticket)
        for table, sealer in SEALERS.items():
            found = [row for row in self._beside(table, ticket) if is_sealed(row[sealer.carrier])]
            rows = [self.sealing.opened_row(table, row, key) for row in found]
            if rows:
                self._connection.execute(_replacing(table), [_named(table, row) for row in rows])

    def _beside(self, table: Table, ticket: Ticket) -> list[dict[str, Any]]:
        found = self._connection.execute(table.select().where(table.c.ticket_id == ticket.id))
        return [dict(row) for row in found.mappings()]

    def _note_numbers(self, found: Iterable[Ticket], instead: Iterable[str]) -> None:
        blind = self.sealing.vault.index.blind
        rows = [
            {"blind": one, "ticket_id": ticket.id}
            for ticket in found
            for one in sorted({blind(number) for number in numbers_of(ticket)} - {""})
        ]
        if gone := [{"b_ticket": ticket_id} for ticket_id in instead]:
            self._connection.execute(_forget_numbers, gone)
        if rows:
            self._connection.execute(blind_numbers.insert(), rows)

    def _ticket_row(self, ticket: Ticket) -> dict[str, Any]:
        row = ticket_row(ticket)
        if not self._seals(ticket):
            return row
        told, sealed = self._same.get(ticket.id, (None, ""))
        return self.sealing.ticket_row(row, self._keys[ticket.id], sealed if told == _told(ticket) else "")

    @staticmethod
    def _seals(ticket: Ticket) -> bool:
        return ticket.confidential and not ticket.sealed

    def _key(self, ticket: Ticket) -> DataKey:
        if ticket.id not in self._keys:
            vault = self.sealing.vault
            try:
                found = keys_of(self._connection, vault, [ticket.id]).get(ticket.id)
                if found is None:
                    found, self._fresh[ticket.id] = vault.make(ticket.id)
                elif isinstance(found, VaultError):
                    raise found
            except VaultError as error:
                raise SealedTicketError(ticket.number, error) from error
            self._keys[ticket.id] = found
        return self._keys[ticket.id]

    def _why(self, ticket: Ticket) -> SealedTicketError:
        try:
            self.sealing.open(self._connection, ticket)
        except VaultError as error:
            return SealedTicketError(ticket.number, error)
        return SealedTicketError(ticket.number, KeyDestroyedError(ticket.id))


def _told(ticket: Ticket) -> tuple[object, ...]:
    turn = ticket.turn
    of_turn = (turn.category, turn.inherited) if turn else ("", None)
    return (ticket.details, ticket.caller_number, ticket.query_code, *of_turn)


def looking_after(connection: Connection, ticket_id: str, *, scrub: int = 0) -> tuple[Insert, dict[str, Any]]:
    """The statement by which a ticket is looked after from now on, and its values."""
    row = {"ticket_id": ticket_id, "next_at": clock.now(), "tries": 0, "scrub": scrub}
    return _looking_after(connection.dialect.name), row


@cache
def _replacing(table: Table) -> Update:
    sealer = SEALERS[table]
    keys = [table.c[column.name] == sa.bindparam(f"b_{column.name}") for column in table.primary_key]
    values: dict[str, Any] = {
        name: sa.bindparam(f"new_{name}") for name in dict.fromkeys((*sealer.content, sealer.carrier))
    }
    return table.update().where(*keys).values(values)


def _named(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    sealer = SEALERS[table]
    keys = {f"b_{column.name}": row[column.name] for column in table.primary_key}
    return keys | {f"new_{name}": row[name] for name in dict.fromkeys((*sealer.content, sealer.carrier))}


@cache
def _looking_after(dialect: str) -> Insert:
    fresh = insert(sealings, dialect)
    scrub = sealings.c.scrub.bitwise_or(fresh.excluded.scrub)
    again = {"next_at": fresh.excluded.next_at, "tries": 0, "scrub": scrub}
    return fresh.on_conflict_do_update(index_elements=["ticket_id"], set_=again)
