"""How what a confidential ticket tells stands in the database: sealed with the ticket's own key (R25.1).

In the clear stay those columns that timers, boards and the workflow need: states, units, dates, numbers of ours. All
that tells of the matter or of people is one sealed text in each row, bound to its table, ticket and step.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass, replace
from typing import Any

import structlog
from sqlalchemy import Connection, Table

from common.vault import DataKey, KeyDestroyedError, KeyMissingError, Vault, VaultError, is_sealed
from common.vault.store import keys_of
from tickets.codec import packed, text_of, unpacked
from tickets.details import Details
from tickets.errors import SealedTicketError
from tickets.model import Entry, Ticket
from tickets.store.rows import entry_of, ticket_of
from tickets.store.tables import attachments
from tickets.store.tables_inspection import corrections, inspected
from tickets.store.tables_register import rulings
from tickets.store.tables_work import notices, returns, tasks
from tickets.turns import Turn
from tickets.workflow_moves import Move
from tickets.workflow_terms import Role

log = structlog.get_logger(__name__)

#: What stands in place of a column's content: ``{"sealed": "sealed:…"}``.
SEALED = "sealed"
#: Where the content of a ticket was, once it is destroyed.
DESTROYED = "sealed:destroyed"
#: How a step's text begins that is sealed, and all of one that is destroyed.
_BEGINS = '{"sealed":"sealed:'
_GONE = '{"destroyed":true}'
#: Columns of a ticket that are within its sealed content.
HIDDEN = ("caller_number", "query_code")
_OF_MATTER = ("nature", "category", "place")
_OF_TURN = ("category", "inherited")
_BY_CLOCK = frozenset({Move.WARN.value, Move.SUPERVISE.value, Move.CALL_BACK_LINKED.value})


@dataclass(frozen=True, slots=True)
class Sealer:
    """How rows of one table are sealed: all ``content`` goes into ``carrier``; ``key`` says which row it is."""

    carrier: str
    content: tuple[str, ...]
    key: tuple[str, ...]
    #: Only rows for this audience tell anything.
    audience: str = ""

    def tells(self, row: Mapping[str, Any]) -> bool:
        """Whether such a row can tell anything of the matter."""
        return not self.audience or bool(row["audience"] == self.audience)

    def concerns(self, row: Mapping[str, Any]) -> bool:
        """Whether such a row is to be sealed, and is not yet."""
        return self.tells(row) and not is_sealed(row[self.carrier]) and any(row[name] for name in self.content)


#: What is kept beside a ticket's own rows. A task is found by its unit: who ends it does not know its step.
SEALERS: Mapping[Table, Sealer] = {
    notices: Sealer("text", ("recipient", "text"), ("id",), audience="caller"),
    returns: Sealer("reason", ("category", "place", "reason", "basis", "suggestion"), ("ticket_id", "seq")),
    rulings: Sealer("ruling", ("category", "place", "ruling", "basis"), ("id",)),
    tasks: Sealer("result", ("result",), ("ticket_id", "unit")),
    attachments: Sealer("name", ("name",), ("id",)),
    inspected: Sealer("remark", ("remark",), ("inspection_id", "ticket_id")),
    corrections: Sealer("demand", ("demand", "answer"), ("inspection_id", "ticket_id", "round")),
}


def is_content(told: object) -> bool:
    """Whether what stands in a step is sealed, or destroyed."""
    return isinstance(told, dict) and (SEALED in told or told == {"destroyed": True})


def _text(told: Any) -> str:
    if told is None:
        return "null"
    return text_of(told) if is_dataclass(told) else json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def place(table: str, column: str, *key: object) -> str:
    """What and where a sealed text is."""
    return "|".join((table, column, *map(str, key)))


def tells_nothing(entry_row: str, role: str) -> bool:
    """A step that tells neither of the matter nor of people stays in the clear: it needs no key when the clock sets it.

    That a call's ticket weighs more; that a limit is over, and what the system does about it; that what was waited for
    is done.
    """
    move = entry_row.partition("/")[0]
    return move == "raise" or (role == Role.SYSTEM.value and move in _BY_CLOCK)


def discreet_proof(proof: Mapping[str, str]) -> dict[str, str]:
    """That a notice was sent, without what the gateway answered, which may repeat number and text."""
    return {name: value for name, value in proof.items() if name.partition(".")[0] != "answer"}


def numbers_of(ticket: Ticket) -> frozenset[str]:
    """The telephone numbers by which a ticket is looked for."""
    return frozenset(number for number in (ticket.caller_number, ticket.details.contact) if number)


class Sealing:
    """Seals and opens what the desk keeps; ``vault`` has the keys."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault

    def ticket_row(self, row: dict[str, Any], key: DataKey, same: str = "") -> dict[str, Any]:
        """The row of a confidential ticket as it may stand in the database; ``same`` is its content sealed before."""
        state: dict[str, Any] = json.loads(row["state"])
        details = state.pop("details", {})
        content: dict[str, Any] = {"details": details, **{name: row[name] for name in HIDDEN}}
        turn = state.get("turn") or {}
        if hidden := {name: turn[name] for name in _OF_TURN if name in turn}:
            content["turn"] = hidden
            state["turn"] = {name: value for name, value in turn.items() if name not in hidden}
        if urgency := details.get("urgency"):
            state["details"] = {"urgency": urgency}
        state[SEALED] = same or self._seal(key, content, place("tickets", "state", row["id"]))
        return {**row, **dict.fromkeys((*HIDDEN, *_OF_MATTER), ""), "state": state}

    def step_row(self, row: dict[str, Any], key: DataKey) -> dict[str, Any]:
        """The row of a confidential ticket's step as it may stand in the database."""
        told = row["told"]
        if is_content(told) or tells_nothing(row["row"], row["role"]):
            return row
        where = place("steps", "told", row["ticket_id"], row["seq"])
        content = f'{{"told":{_text(told)},"turn":{_text(row["turn"])}}}'
        return {**row, "told": {SEALED: self.vault.seal(key, content, where)}, "turn": None}

    def row(self, table: Table, row: dict[str, Any], key: DataKey) -> dict[str, Any]:
        """The row of another table (``SEALERS``) as it may stand in the database; it must concern the sealer."""
        sealer = SEALERS[table]
        content = {name: row[name] for name in sealer.content}
        sealed = self._seal(key, content, _place_of(table, row))
        return {**row, **dict.fromkeys(sealer.content, ""), sealer.carrier: sealed}

    def opened_row(self, table: Table, row: Mapping[str, Any], key: DataKey) -> dict[str, Any]:
        """Such a row as it was.

        Raises:
            VaultError: it is not what was sealed.
        """
        carrier = SEALERS[table].carrier
        if not is_sealed(row[carrier]):
            return dict(row)
        return {**row, **json.loads(key.unseal(row[carrier], _place_of(table, row)))}

    def opened_rows(self, connection: Connection, table: Table, rows: Iterable[Any]) -> list[dict[str, Any]]:
        """Rows as they were; of one that cannot be opened the content is empty, and all else is there."""
        found = [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name
        sealer = SEALERS[table]
        keys = keys_of(connection, self.vault, {row["ticket_id"] for row in found if is_sealed(row[sealer.carrier])})
        opened = []
        for row in found:
            try:
                opened.append(
                    self.opened_row(table, row, _key_in(keys, row["ticket_id"]))
                    if is_sealed(row[sealer.carrier])
                    else row
                )
            except VaultError as error:
                _say(row["ticket_id"], error)
                opened.append({**row, **dict.fromkeys(sealer.content, "")})
        return opened

    def open(self, connection: Connection, ticket: Ticket) -> Ticket:
        """The ticket with all that it tells.

        Raises:
            VaultError: it cannot be opened; says why and what to do.
        """
        return self._open(ticket, keys_of(connection, self.vault, [ticket.id]))

    def tickets(self, connection: Connection, rows: Sequence[Any]) -> list[Ticket]:
        """The tickets of these rows; one that cannot be opened stays as it is (``Ticket.sealed``)."""
        return self.opened(connection, [ticket_of(row) for row in rows])

    def opened(self, connection: Connection, found: Sequence[Ticket]) -> list[Ticket]:
        """These tickets with all that they tell; one that cannot be opened stays as it is (``Ticket.sealed``)."""
        sealed = [ticket.id for ticket in found if ticket.sealed]
        if not sealed:
            return list(found)
        keys = keys_of(connection, self.vault, sealed)
        return [self._opened(ticket, keys) if ticket.sealed else ticket for ticket in found]

    def entries(self, connection: Connection, rows: Iterable[Any]) -> list[Entry]:
        """The steps of these rows.

        Raises:
            SealedTicketError: one of them cannot be opened.
        """
        found = [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name
        keys = keys_of(connection, self.vault, {row["ticket_id"] for row in found if row["told"].startswith(_BEGINS)})
        try:
            return [entry_of(self._step(row, keys)) for row in found]
        except VaultError as error:
            raise SealedTicketError(error.subject, error) from error

    def _step(self, row: dict[str, Any], keys: Mapping[str, DataKey | VaultError]) -> dict[str, Any]:
        told = row["told"]
        if told == _GONE:
            raise KeyDestroyedError(row["ticket_id"])
        if not told.startswith(_BEGINS):
            return row
        key, where = _key_in(keys, row["ticket_id"]), place("steps", "told", row["ticket_id"], row["seq"])
        return {**row, **json.loads(key.unseal(json.loads(told)[SEALED], where))}

    def _opened(self, ticket: Ticket, keys: Mapping[str, DataKey | VaultError]) -> Ticket:
        try:
            return self._open(ticket, keys)
        except VaultError as error:
            _say(ticket.id, error)
            return ticket

    @staticmethod
    def _open(ticket: Ticket, keys: Mapping[str, DataKey | VaultError]) -> Ticket:
        content = _content(ticket.sealed, ticket.id, keys)
        turn = ticket.turn
        if turn and (hidden := content.get("turn")):
            turn = unpacked(Turn, {**packed(turn), **hidden})
        return replace(
            ticket,
            sealed="",
            details=unpacked(Details, content["details"]),
            turn=turn,
            **{name: content[name] for name in HIDDEN},
        )

    def _seal(self, key: DataKey, content: Any, where: str) -> str:
        return self.vault.seal(key, json.dumps(content, ensure_ascii=False, separators=(",", ":")), where)


def _place_of(table: Table, row: Mapping[str, Any]) -> str:
    sealer = SEALERS[table]
    return place(table.name, sealer.carrier, *(row[name] for name in sealer.key), row["ticket_id"])


def _content(sealed: str, ticket_id: str, keys: Mapping[str, DataKey | VaultError]) -> dict[str, Any]:
    key = _key_in(keys, ticket_id)
    content: dict[str, Any] = json.loads(key.unseal(sealed, place("tickets", "state", ticket_id)))
    return content


def _key_in(keys: Mapping[str, DataKey | VaultError], subject: str) -> DataKey:
    found = keys.get(subject)
    if found is None:
        raise KeyMissingError(subject, "数据库中没有它的数据密钥：请从同一时刻的备份核对 data_keys 表")
    if isinstance(found, VaultError):
        raise found
    return found


def _say(ticket_id: str, error: VaultError) -> None:
    log.error("a confidential ticket cannot be opened", ticket=ticket_id, why=type(error).__name__)
