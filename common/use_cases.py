"""A store whose changes are use cases: each one transaction of its own, though many may be committed together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from common.store import Ledger

T = TypeVar("T")
#: What is done in one transaction; it may be run again after a rollback.
UseCase = Callable[[Connection], T]


@dataclass(frozen=True, slots=True)
class _Refused:
    """A use case that did not come about, among others that did."""

    error: Exception


class UseCases:
    """Writes go through the ledger, reads straight to the database."""

    def __init__(self, reads: AsyncEngine, ledger: Ledger) -> None:
        self._reads = reads
        self._ledger = ledger

    async def run(self, use_case: UseCase[T]) -> T:
        """Carry out a use case in one transaction; on disk when this returns.

        Raises:
            NotWritten: the database refused.
            Exception: whatever the use case raised; then it has changed nothing.
        """
        answer = await self._ledger.write(_run, use_case)
        if isinstance(answer, _Refused):
            raise answer.error
        return answer  # type: ignore[no-any-return]  # it is what this use case gave

    async def read(self, query: UseCase[T]) -> T:
        """What a query gives, in a transaction that cannot write."""
        async with self._reads.connect() as connection:
            return await connection.run_sync(query)


def _run(connection: Connection, use_cases: Sequence[UseCase[Any]]) -> Sequence[Any]:
    return [_one(connection, use_case) for use_case in use_cases]


def _one(connection: Connection, use_case: UseCase[Any]) -> Any:
    try:
        with connection.begin_nested():
            return use_case(connection)
    except Exception as error:  # noqa: BLE001 - it belongs to this one caller, who gets it
        return _Refused(error)
