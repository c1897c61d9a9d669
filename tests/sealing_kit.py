"""The whole life of a confidential ticket in a data folder of its own, with a marker in all that tells something."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
import structlog
from sqlalchemy import Connection

from common.api.once import Claim, Kept, claiming
from common.vault import Vault
from hotline.scanning import Unscanned
from hotline.sealing import Places, SealingLoop
from hotline.sms import ShownOnly
from ivr.recordings.closing import close_calls, discard
from tests import files_kit, recordings_kit
from tests.books import call
from tests.city import AGENT, LEADER, REVIEWER, RULER, City, city, handler
from tests.vault_kit import vault_for_tests
from tickets.attachment_rows import attach
from tickets.attachment_scans import Scans
from tickets.attachment_shelf import Shelf
from tickets.details import Details, Nature
from tickets.model import Ticket
from tickets.outbox import Outbox
from tickets.workflow_moves import Move
from tickets.workflow_terms import Facts

CALL = recordings_kit.CALL
ENDED = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


@dataclass
class Marks:
    """Texts that occur nowhere else on this machine."""

    tail: str = field(default_factory=lambda: secrets.token_hex(6))
    phone: str = field(default_factory=lambda: f"139{secrets.randbelow(10**8):08d}")
    contact: str = field(default_factory=lambda: f"137{secrets.randbelow(10**8):08d}")

    def word(self, what: str) -> str:
        """A marker for something that is told."""
        return f"{what}记号{self.tail}"

    def spellings(self) -> Iterator[bytes]:
        """The markers as they might lie about: plain, in UTF-16, in hexadecimal, in base64."""
        for text in (self.tail, self.phone, self.contact):
            plain = text.encode()
            yield plain
            yield text.encode("utf-16-le")
            yield plain.hex().encode()
            yield plain.hex().upper().encode()
            # Wherever it begins within a group of three, all but its ends looks the same.
            for shift in range(3):
                coded = base64.b64encode(b"\0" * shift + plain)
                yield coded[4:-4] if shift else coded[:-4]


@dataclass
class House:
    """A city with a data folder: attachments, recordings, outbox, a log at debug level."""

    at: City
    folder: Path
    marks: Marks
    shelf: Shelf
    loop: SealingLoop
    alarms: list[str]

    @property
    def recordings(self) -> Path:
        """Where closed recordings stand."""
        return self.folder / "recordings"

    async def sealed(self) -> None:
        """The loop has looked until nothing is left to look after."""
        self.at.now = max(self.at.now, ENDED + timedelta(hours=1))
        async with asyncio.timeout(60):
            while await self.loop.once():
                self.at.now += timedelta(minutes=10)

    async def of_call(self, *, confidential: bool) -> Ticket:
        """A call that is over, with its recordings, and an agent's ticket with a file."""
        record = call(
            CALL, number=self.marks.phone, claimed_number=f"<sip:{self.marks.phone}@x>", rang_at=ENDED, ended_at=ENDED
        )
        await self.at.books.calls.save(record)
        await self._recorded()
        details = Details(
            matter=self.marks.word("举报局长受贿"),
            nature=Nature.ACCUSATION if confidential else Nature.HELP,
            category="路灯",
            place="市西街道",
            address=self.marks.word("黄河五路"),
            caller_name=self.marks.word("王某"),
            contact=self.marks.contact,
            fields=(("小区", self.marks.word("小区")),),
        )
        told = {"call_id": CALL, "number": self.marks.phone, "confidential": confidential}
        ticket = await self.at.drafted(details, **told)
        stored = await self.shelf.take(
            f"{self.marks.word('证据')}.png", files_kit.pieces(files_kit.PNG + self.marks.word("照片").encode())
        )
        now = self.at.now
        await self.at.books.tickets.run(lambda work: attach(work, ticket.id, [stored], who="诉求人", at=now))
        await Scans(self.at.books.tickets, self.shelf, Unscanned()).scan_waiting()
        return ticket

    async def handled(self, ticket: Ticket) -> Ticket:
        """Through everything at which something can be told."""
        at, word = self.at, self.marks.word
        why = Facts(reason=word("理由"), basis=word("依据"), suggestion=word("建议"))
        ticket = await at.do(ticket, Move.SUBMIT, AGENT)
        ticket = await at.sent(ticket, "住建局", co_handlers=("城管局",))
        await self._told()
        unit = handler("住建局")
        await at.do(ticket, Move.SIGN, unit)
        await at.do(ticket, Move.FINISH_TASK, handler("城管局"), Facts(result=word("协办结果")))
        await at.do(ticket, Move.REQUEST_RETURN, unit, why)
        await at.do(ticket, Move.REFUSE_RETURN, REVIEWER, Facts(reason=word("不同意")))
        await at.do(ticket, Move.REQUEST_ADJUDICATION, unit, why)
        ruling = Facts(unit="住建局", ruling=word("裁定"), basis=word("裁定依据"))
        await at.do(ticket, Move.RULE, RULER, ruling)
        await at.do(ticket, Move.FORCE_DISPATCH, REVIEWER)
        await at.do(ticket, Move.SIGN, unit)
        await at.later(days=12)
        await self._told()
        told = replace(
            at.answer(), facts_found=word("事实"), done=word("措施"), result=word("结果"), opinions=word("意见")
        )
        with contextlib.suppress(Exception):
            await at.do(ticket, Move.SUBMIT_ANSWER, unit, replace(told, answered_at=None))
        ticket = await at.do(await at.fresh(ticket), Move.SUBMIT_ANSWER, unit, told)
        await self._told()
        structlog.get_logger("test").debug("a ticket went through", ticket=ticket, facts=told, details=ticket.details)
        await self._answered(ticket)
        return ticket

    async def marked(self, ticket: Ticket) -> Ticket:
        """The leader makes it confidential."""
        return await self.at.books.desk.describe(ticket.id, self.at.acting(LEADER), ticket.details, confidential=True)

    def on_disk(self) -> list[str]:
        """The files below the data folder that hold a marker in any spelling, and which one; names count too."""
        spellings = list(self.marks.spellings())
        found = []
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                data = path.read_bytes() + os.fsencode(path.name)
                found += [f"{path.relative_to(self.folder)}: {one!r}" for one in spellings if one in data]
        return found

    async def in_tables(self) -> list[str]:
        """The tables that hold a marker, and the row."""
        return await self.at.books.tickets.read(self._rows_with_marks)

    def _rows_with_marks(self, connection: Connection) -> list[str]:
        spellings = list(self.marks.spellings())
        found = []
        for name in sa.inspect(connection).get_table_names():
            if connection.dialect.name == "sqlite" and "_words" in name:
                continue
            for row in connection.execute(sa.text(f'SELECT * FROM "{name}"')):  # noqa: S608 - the database's names
                cells = [bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode() for cell in row]
                text = b"\n".join(cells) + json.dumps([str(cell) for cell in row]).encode()
                found += [f"{name}: {one!r} in {text[:200]!r}" for one in spellings if one in text]
        return found

    async def _recorded(self) -> None:
        live, archive = self.folder / "live", recordings_kit.archive(self.recordings)
        recordings_kit.live(live, recordings_kit.CITIZEN, recordings_kit.AGENT)
        for name in (recordings_kit.CITIZEN, recordings_kit.AGENT):
            path = live / name.live_name
            path.write_bytes(path.read_bytes() + self.marks.word("人声").encode() * 100)
        tracks = {CALL: [recordings_kit.CITIZEN, recordings_kit.AGENT]}
        [closed] = close_calls(archive, live, tracks, ENDED).closed
        await self.at.books.calls.save_recordings(closed.recordings)
        discard(closed)

    async def _told(self) -> None:
        await Outbox(
            self.at.books.tickets, ShownOnly(self.folder / "outbox", lambda: self.at.now), lambda: self.at.now
        ).deliver()

    async def _answered(self, ticket: Ticket) -> None:
        """Somebody's request was answered with the ticket, and the answer is kept."""
        text = json.dumps({"matter": ticket.details.matter, "number": ticket.number}, ensure_ascii=False)
        claim = Claim("token", f"key-{ticket.id}", "0" * 64, self.at.now)
        with claiming(claim, lambda _: Kept(claim.digest, 201, "", f"/api/v1/tickets/{ticket.number}", text)):
            await self.at.do(ticket, Move.URGE, AGENT, Facts(remark=self.marks.word("催办")))
        kept = await self.at.books.once.kept(claim)
        assert kept is not None
        assert kept.text == text


@contextlib.asynccontextmanager
async def house(database_url: str, folder: Path, vault: Vault | None = None) -> AsyncIterator[House]:
    """A house in ``folder``, which holds the database too where that is SQLite."""
    marks, alarms = Marks(), list[str]()
    shelf = Shelf(folder / "attachments", 1024 * 1024)
    with _logged(folder / "service.log"):
        async with city(database_url, vault=vault or vault_for_tests(folder)) as at:
            places = Places(folder / "recordings", folder / "outbox", shelf)
            loop = SealingLoop(
                at.books.database,
                at.books.tickets,
                at.books.calls,
                places,
                lambda: max(at.now, datetime.now(UTC) + timedelta(seconds=1)),
                alarm=lambda code, text: alarms.append(f"{code} {text}"),
                clear=lambda code: alarms.append(f"{code} over"),
            )
            yield House(at, folder, marks, shelf, loop, alarms)


@contextlib.contextmanager
def _logged(path: Path) -> Iterator[None]:
    """Everything that is logged, at debug level, goes into a file, as in service."""
    before = structlog.get_config()
    with path.open("w", encoding="utf-8") as file:
        structlog.configure(
            processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)],
            wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
            logger_factory=structlog.WriteLoggerFactory(file=file),
            cache_logger_on_first_use=False,
        )
        try:
            yield
        finally:
            structlog.configure(**before)
