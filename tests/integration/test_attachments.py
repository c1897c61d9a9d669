"""Attached files: on the shelf by hash, in quarantine until scanned, handed out to be saved (R4.1, R14.2)."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from common.api.caller import Caller, Scope
from hotline.scanning import CommandScanner, Unscanned
from hotline.tokens import Tokens, tokens
from tests import files_kit as files
from tests.city import City, city, heating
from tests.http_kit import TOKEN, Answer
from tests.outside_kit import served
from tickets.attachment_api import AttachmentPages
from tickets.attachment_kinds import AttachmentRefusedError
from tickets.attachment_rows import Attachment, Scan, attach, of_ticket
from tickets.attachment_scans import ScanFailedError, Scans
from tickets.attachment_shelf import Shelf, Stored
from tickets.model import Ticket

MEGABYTE = 1024 * 1024
#: A scanner as a city may have one: harmful is what says so.
SCANNER = (
    "import sys; data = open(sys.argv[1], 'rb').read(); print('EICAR in', sys.argv[1]); sys.exit(b'EICAR' in data)"
)


@pytest.fixture
def kept_files(tmp_path: Path) -> Shelf:
    """A shelf that takes files of up to one megabyte."""
    return Shelf(tmp_path / "attachments", MEGABYTE)


def remaining(kept_files: Shelf) -> list[Path]:
    """All files below the folder."""
    return [path for path in kept_files.path("0" * 64).parents[1].rglob("*") if path.is_file()]


@pytest.mark.covers("R4.1")
async def test_a_file_stands_under_its_hash_once(kept_files: Shelf) -> None:
    """Two people bring one file under two names: it is kept once, for its owner alone."""
    first = await kept_files.take("路灯.png", files.pieces(files.PNG, 7))
    second = await kept_files.take("同一张.png", files.pieces(files.PNG))
    assert first.sha256 == second.sha256 == hashlib.sha256(files.PNG).hexdigest()
    assert (first.name, first.media_type, first.size) == ("路灯.png", "image/png", len(files.PNG))
    [path] = remaining(kept_files)
    assert path == kept_files.path(first.sha256)
    assert path.read_bytes() == files.PNG
    assert path.stat().st_mode & 0o777 == 0o600


async def test_a_large_file_arrives_whole(kept_files: Shelf) -> None:
    """Right at the limit, in many pieces; the hash is that of all of it."""
    data = files.JPEG + bytes(MEGABYTE - len(files.JPEG))
    stored = await kept_files.take("大.jpg", files.pieces(data, 4096))
    assert stored.size == MEGABYTE
    assert hashlib.sha256(kept_files.path(stored.sha256).read_bytes()).hexdigest() == stored.sha256


async def endless() -> AsyncIterator[bytes]:
    """A picture that does not end."""
    yield files.JPEG + bytes(10_000)
    while True:
        yield bytes(65536)


async def broken() -> AsyncIterator[bytes]:
    """A line that breaks."""
    yield files.JPEG
    raise ConnectionResetError


@pytest.mark.covers("R4.1")
async def test_what_is_refused_or_breaks_off_leaves_nothing(kept_files: Shelf) -> None:
    """Too large (stopped there, not at the end), disguised, cut off: not a byte stays."""
    with pytest.raises(AttachmentRefusedError, match="1 MB"):
        await kept_files.take("a.jpg", endless())
    with pytest.raises(AttachmentRefusedError, match="不符"):
        await kept_files.take("a.jpg", files.pieces(files.EXE * 200))
    with pytest.raises(AttachmentRefusedError, match="宏"):
        await kept_files.take("a.docx", files.pieces(files.office("word/document.xml", "word/vbaProject.bin")))
    with pytest.raises(ConnectionResetError):
        await kept_files.take("a.jpg", broken())
    assert remaining(kept_files) == []


@pytest.mark.parametrize("told", ["../" * 20 + "etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "/", ""])
def test_only_a_hash_leads_to_a_file(kept_files: Shelf, told: str) -> None:
    """No other text is made into a path."""
    with pytest.raises(ValueError, match="SHA-256"):
        kept_files.path(told)


async def put(here: City, kept_files: Shelf, ticket: Ticket, *data: bytes) -> list[Stored]:
    """Bring pictures to a ticket."""
    stored = [await kept_files.take("图.png", files.pieces(one)) for one in data]
    await here.books.tickets.run(lambda work: attach(work, ticket.id, stored, who="诉求人", at=here.now))
    return stored


async def attached(here: City, ticket: Ticket) -> list[Attachment]:
    """The ticket's files as the books have them."""
    return await here.books.tickets.read(
        lambda connection: of_ticket(connection, ticket.id, here.books.tickets.sealing)
    )


@pytest.mark.covers("R4.1", "R14.2")
async def test_a_file_is_in_quarantine_until_it_is_scanned(database_url: str, kept_files: Shelf) -> None:
    """The scanner's word decides, and its words are kept; a path of ours is not among them."""
    async with city(database_url) as here:
        ticket = await here.drafted()
        await put(here, kept_files, ticket, files.PNG, files.PNG + b"EICAR")
        assert [one.scan for one in await attached(here, ticket)] == [Scan.WAITING, Scan.WAITING]
        scanner = CommandScanner([sys.executable, "-c", SCANNER], 30)
        scans = Scans(here.books.tickets, kept_files, scanner)
        assert await scans.scan_waiting() == 2
        found = await attached(here, ticket)
        assert sorted(one.scan for one in found) == [Scan.CLEAN, Scan.REFUSED]
        assert {one.note for one in found} == {"EICAR in 文件"}
        assert await scans.scan_waiting() == 0


async def test_without_a_verdict_it_stays_in_quarantine(database_url: str, kept_files: Shelf) -> None:
    """A scanner that is missing, crashes or hangs lets nothing through; a file that has gone is not clean either."""
    async with city(database_url) as here:
        ticket = await here.drafted()
        [stored] = await put(here, kept_files, ticket, files.PNG)
        for command, seconds in (
            (["/nowhere/scanner"], 5.0),
            ([sys.executable, "-c", "import sys; sys.exit(2)"], 30.0),
            ([sys.executable, "-c", "import time; time.sleep(60)"], 0.3),
        ):
            with pytest.raises(ScanFailedError):
                await Scans(here.books.tickets, kept_files, CommandScanner(command, seconds)).scan_waiting()
            assert [one.scan for one in await attached(here, ticket)] == [Scan.WAITING]
        kept_files.path(stored.sha256).unlink()
        await Scans(here.books.tickets, kept_files, Unscanned()).scan_waiting()
        assert [one.scan for one in await attached(here, ticket)] == [Scan.REFUSED]


async def test_scans_run_by_themselves(database_url: str, kept_files: Shelf) -> None:
    """What is attached while the service runs is scanned without anybody asking."""
    async with city(database_url) as here:
        ticket = await here.drafted()
        scans = Scans(here.books.tickets, kept_files, Unscanned())
        running = asyncio.create_task(scans.run())
        await put(here, kept_files, ticket, files.PNG)
        scans.poke()
        async with asyncio.timeout(20):
            while (await attached(here, ticket))[0].scan is Scan.WAITING:  # noqa: ASYNC110 - no event tells of a row
                await asyncio.sleep(0.05)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        [found] = await attached(here, ticket)
        assert (found.scan, found.note) == (Scan.CLEAN, "未配置扫描程序，未经扫描")


@pytest.mark.covers("R25.2")
async def test_a_file_is_handed_out_to_be_saved_and_the_reading_is_written_down(
    database_url: str, kept_files: Shelf
) -> None:
    """Its own name, its own type, never run as a page; not before it is scanned; the audit says who read it."""
    async with city(database_url) as here:
        ticket = await here.drafted()
        await put(here, kept_files, ticket, files.PNG)
        async with served(here.books, AttachmentPages(here.books.tickets, kept_files)) as client:

            async def get(address: str) -> Answer:
                async with client.get(address, headers={"Authorization": f"Bearer {TOKEN}"}) as answer:
                    return Answer(answer.status, answer.headers.copy(), await answer.read())

            listed = await get(f"/api/v1/tickets/{ticket.number}/attachments")
            [row] = listed.json["attachments"]
            address = f"/api/v1/tickets/{ticket.number}/attachments/{row['id']}"
            early = await get(address)
            assert (early.status, early.is_problem) == (409, True)
            await Scans(here.books.tickets, kept_files, Unscanned()).scan_waiting()
            answer = await get(address)
            assert (answer.status, answer.body) == (200, files.PNG)
            assert answer.headers["Content-Type"] == "image/png"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Content-Disposition"] == (
                "attachment; filename=\"attachment.png\"; filename*=UTF-8''%E5%9B%BE.png"
            )
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            other = await here.drafted()
            for wrong in (
                f"/api/v1/tickets/{other.number}/attachments/{row['id']}",
                f"/api/v1/tickets/{ticket.number}/attachments/{'0' * 32}",
            ):
                assert (await get(wrong)).status == 404


@pytest.mark.covers("R25.1")
async def test_files_of_a_confidential_ticket_are_not_there(database_url: str, kept_files: Shelf) -> None:
    """Until there are rights, nobody sees that it has any."""
    async with city(database_url) as here:
        ticket = await here.drafted(heating(), confidential=True)
        await put(here, kept_files, ticket, files.PNG)
        async with (
            served(here.books, AttachmentPages(here.books.tickets, kept_files)) as client,
            client.get(
                f"/api/v1/tickets/{ticket.number}/attachments", headers={"Authorization": f"Bearer {TOKEN}"}
            ) as answer,
        ):
            assert answer.status == 404


@pytest.mark.covers("A16", "R14.8")
async def test_units_see_the_files_of_their_own_tickets_unless_the_caller_is_hidden(
    database_url: str, kept_files: Shelf
) -> None:
    """The unit that handles it sees the picture; another unit nothing; of a hidden caller no unit sees any file."""
    bearers = (("mine", "token-of-mine", "住建局"), ("other", "token-of-other", "城管局"))
    callers = [
        (token, Caller(name, unit, name, ("handler",), frozenset({Scope.READ}))) for name, token, unit in bearers
    ]
    house = tokens(TOKEN, unit="12345", roles=("agent",))
    known = Tokens((*house.callers, *((hashlib.sha256(token.encode()).digest(), one) for token, one in callers)))
    async with city(database_url) as here:
        plain, hidden = await here.signed(), await here.signed(details=heating(hide_identity=True))
        for ticket in (plain, hidden):
            await put(here, kept_files, ticket, files.PNG)
        async with served(here.books, AttachmentPages(here.books.tickets, kept_files), known=known) as client:

            async def seen(ticket: Ticket, token: str) -> int | None:
                address = f"/api/v1/tickets/{ticket.number}/attachments"
                async with client.get(address, headers={"Authorization": f"Bearer {token}"}) as answer:
                    return len((await answer.json())["attachments"]) if answer.status == 200 else None

            assert await seen(plain, "token-of-mine") == 1
            assert await seen(plain, "token-of-other") is None
            assert await seen(hidden, "token-of-mine") == 0
            assert await seen(hidden, TOKEN) == 1


async def test_files_that_no_ticket_has_are_forgotten_after_a_day(database_url: str, kept_files: Shelf) -> None:
    """A refused form's picture goes; a ticket's stays however old, and so does what was brought anew today."""
    async with city(database_url) as here:
        ticket = await here.drafted()
        [mine] = await put(here, kept_files, ticket, files.PNG)
        lost = await kept_files.take("丢.jpg", files.pieces(files.JPEG))
        again = await kept_files.take("又.gif", files.pieces(files.GIF))
        for stored in (mine, lost, again):
            os.utime(kept_files.path(stored.sha256), (0, 0))
        await kept_files.take("又.gif", files.pieces(files.GIF))
        scans = Scans(here.books.tickets, kept_files, Unscanned())
        assert await scans.forget_orphans() == 1
        assert {path.name for path in remaining(kept_files)} == {mine.sha256, again.sha256}


async def test_a_full_disk_takes_no_files(kept_files: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Letters must not cost the recordings their disk; the citizen is told to send without."""
    usage = shutil.disk_usage("/")._replace(free=500 * MEGABYTE)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(AttachmentRefusedError, match="暂时不能接收附件"):
        await kept_files.take("a.png", files.pieces(files.PNG))
