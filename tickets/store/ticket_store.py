"""Where tickets are kept: use cases are run here, in one transaction each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from common.paging import Cursor, Page
from common.search import Search
from common.store import Ledger
from common.vault import Vault, VaultError
from tickets.errors import SealedTicketError
from tickets.model import Entry, Opening, Ticket
from tickets.register import Register
from tickets.store import registering
from tickets.store.finding import ticket_index
from tickets.store.opening import open_all
from tickets.store.reading import TicketFilter, page_query
from tickets.store.rows import STEP_COLUMNS, TICKET_COLUMNS, ticket_of
from tickets.store.sealing import Sealing
from tickets.store.tables import automatic, further, steps, tickets
from tickets.store.tables_sealing import blind_numbers
from tickets.store.work import Work

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A use case, and the tickets that it will read, so that a batch reads them all in one go."""

    use_case: Callable[[Work], Any]
    touches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Refused:
    """A use case that did not come about, among others that did."""

    error: Exception


class TicketStore:
    """The books of the desk. Writes go through the ledger, reads straight to the database.

    ``vault`` has the keys of what is confidential; ``public_url`` is where citizens reach the public pages: notices
    lead there.
    """

    def __init__(self, reads: AsyncEngine, ledger: Ledger, vault: Vault, *, public_url: str = "") -> None:
        self.sealing = Sealing(vault)
        self._public_url = public_url
        self._reads = reads
        self._ledger = ledger
        self._shelf = registering.RegisterShelf()
        #: Finds tickets by their words; what it finds is not yet judged by who may see it.
        self.search = Search(reads, ticket_index)

    async def run(self, use_case: Callable[[Work], T], *touches: str) -> T:
        """Carry out a use case in one transaction; on disk when this returns. ``touches`` are tickets it will read.

        The use case may be run again after a rollback: it must not do anything but through its ``Work``.

        Raises:
            NotWritten: the database refused.
            Exception: whatever the use case raised; then it has changed nothing.
        """
        answer = await self._ledger.write(self._run, _Asked(use_case, touches))
        if isinstance(answer, _Refused):
            raise answer.error
        return answer  # type: ignore[no-any-return]  # it is what this use case gave

    async def open(self, opening: Opening) -> Ticket:
        """Open a ticket, or find (and raise) the call's automatic one; on disk when this returns.

        Raises:
            NotWritten: the database refused.
        """
        return await self._ledger.write(self._open, opening)

    async def register(self) -> Register:
        """Units, categories, rules and days as they are now."""
        return await self.read(self._shelf.current)

    async def put(self, *records: registering.Entry, at: datetime) -> None:
        """Write records into the register; each change is there for all processes at once.

        Raises:
            ValueError: they do not fit; nothing was written.
            NotWritten: the database refused.
        """
        await self.run(lambda work: registering.put(work, records, at))

    async def seed(self, at: datetime) -> None:
        """Write down what is shipped (root unit, rules, published years), where it is not yet."""
        await self.run(lambda work: registering.seed(work, at))

    async def get(self, ticket_id: str) -> Ticket | None:
        """One ticket by its id.

        One that is confidential and cannot be opened comes as it is: see ``require``.
        """
        return await self._one(tickets.c.id == ticket_id)

    async def by_number(self, number: str) -> Ticket | None:
        """One ticket, or None where there is none of that number.

        One that is confidential and cannot be opened comes as it is: see ``require``.
        """
        return await self._one(tickets.c.number == number)

    async def require(self, ticket: Ticket) -> None:
        """Asked once it is clear that somebody may see a ticket, and not before: others do not learn that there is one.

        Raises:
            SealedTicketError: it is confidential, and cannot be opened; says why and what to do.
        """
        if ticket.sealed:
            try:
                await self.read(lambda connection: self.sealing.open(connection, ticket))
            except VaultError as error:
                raise SealedTicketError(ticket.number, error) from error

    async def of_call(self, call_id: str) -> list[Ticket]:
        """The tickets of one call, the automatic one first."""
        query = sa.select(*TICKET_COLUMNS).where(tickets.c.call_id == call_id)
        found = [*await self._rows(query.where(automatic)), *await self._rows(query.where(further))]
        opened = await self.opened(list(map(ticket_of, found)))
        return sorted(opened, key=lambda ticket: (not ticket.automatic, ticket.id))

    async def confidential_of_number(self, number: str, *, limit: int = 50) -> list[Ticket]:
        """The confidential tickets of a telephone number, newest first: for those alone who may see them (R25.1)."""
        query = sa.select(*TICKET_COLUMNS).join(blind_numbers, blind_numbers.c.ticket_id == tickets.c.id)
        query = query.where(blind_numbers.c.blind == self.sealing.vault.index.blind(number))
        query = query.order_by(tickets.c.opened_at.desc(), tickets.c.id.desc()).limit(limit)
        return await self.opened([ticket_of(row) for row in await self._rows(query)])

    async def opened(self, found: Sequence[Ticket]) -> list[Ticket]:
        """These tickets with all that they tell; one that cannot be opened stays closed (``Ticket.sealed``)."""
        if not any(ticket.sealed for ticket in found):
            return list(found)
        return await self.read(lambda connection: self.sealing.opened(connection, found))

    async def history(self, ticket_id: str) -> list[Entry]:
        """The steps of one ticket, the first one first.

        Raises:
            SealedTicketError: one of them is sealed, and cannot be opened.
        """
        query = sa.select(*STEP_COLUMNS).where(steps.c.ticket_id == ticket_id).order_by(steps.c.seq)
        return await self.read(lambda connection: self.sealing.entries(connection, connection.execute(query).all()))

    async def page(self, shown: TicketFilter, *, limit: int, after: Cursor | None = None) -> Page[Ticket]:
        """Some tickets, newest first, from behind the cursor on. Confidential ones are never in it (R25.1)."""
        found = [ticket_of(row) for row in await self._rows(page_query(shown, limit=limit, after=after))]
        if len(found) <= limit:
            return Page(found)
        last = found[limit - 1]
        return Page(found[:limit], Cursor(last.opened_at, last.id))

    async def read(self, reading: Callable[[Connection], T]) -> T:
        """Whatever a function of this package reads, on a connection that cannot write."""
        async with self._reads.connect() as connection:
            return await connection.run_sync(reading)

    async def rows(self, query: sa.Select[*tuple[Any, ...]], values: dict[str, Any] | None = None) -> Sequence[Any]:
        """What a query of this package finds."""
        async with self._reads.connect() as connection:
            return (await connection.execute(query, values)).all()

    async def _rows(self, query: sa.Select[*tuple[Any, ...]]) -> Sequence[Any]:
        return await self.rows(query)

    async def _one(self, condition: sa.ColumnElement[bool]) -> Ticket | None:
        query = sa.select(*TICKET_COLUMNS).where(condition)
        found = await self.read(lambda connection: self.sealing.tickets(connection, connection.execute(query).all()))
        return found[0] if found else None

    def _open(self, connection: Connection, openings: Sequence[Opening]) -> Sequence[Ticket]:
        work = Work(connection, self._shelf.current(connection), self.sealing, self._public_url)
        answers = open_all(work, openings)
        work.flush()
        return answers

    def _run(self, connection: Connection, asked: Sequence[_Asked]) -> Sequence[Any]:
        work = Work(connection, self._shelf.current(connection), self.sealing, self._public_url)
        work.prefetch(ticket for one in asked for ticket in one.touches)
        answers = [self._carried_out(work, one) for one in asked]
        work.flush()
        return answers

    @staticmethod
    def _carried_out(work: Work, asked: _Asked) -> Any:
        work.begin()
        try:
            answer = asked.use_case(work)
        except SQLAlchemyError:
            raise
        except Exception as error:  # noqa: BLE001 - it belongs to this one caller, who gets it
            return _Refused(error)
        work.keep()
        return answer
