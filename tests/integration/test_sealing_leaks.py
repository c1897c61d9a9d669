"""Marker strings through the life of a confidential ticket: afterwards none of them is on the disk in the clear."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from common.clock import CIVIL
from common.vault.files import unsealed
from common.vault.store import key_of
from hotline.sealing import ALARM
from ivr.model import RecordingState
from ivr.recordings import manifest
from ivr.recordings.reconcile import Difference, compare, on_disk
from ivr.recordings.sealing import sealed_audio
from ivr.recordings.verifying import Flaw, verify
from tests import recordings_kit
from tests.city import CLERK, LEADER
from tests.files_kit import PNG
from tests.http_kit import TOKEN
from tests.outside_kit import served
from tests.postgres import Postgres
from tests.sealing_kit import CALL, ENDED, House, house
from tests.vault_kit import required
from tickets.attachment_api import AttachmentPages
from tickets.attachment_rows import of_ticket, sealed_place
from tickets.desk.archiving import archive_ended
from tickets.errors import SealedTicketError
from tickets.model import Status
from tickets.store.sealing_work import looking_after
from tickets.store.tables import tickets
from tickets.workflow_moves import Move
from tickets.workflow_terms import CallbackResult, Facts

pytestmark = pytest.mark.covers("R25.1", "A15")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data folder; on SQLite the database lies in it too."""
    return tmp_path


async def test_a_confidential_ticket_leaves_nothing_in_the_clear(
    database_url: str, data: Path, request: pytest.FixtureRequest
) -> None:
    """Call, files, notices, returns, rulings, answers, logs at debug level: no marker in any table or file.

    On PostgreSQL not in the server's own files either, its write-ahead log included: it was never written.
    """
    async with house(database_url, data) as here:
        ticket = await here.handled(await here.of_call(confidential=True))
        assert await here.at.books.tickets.get(ticket.id)
        # What came from outside waits in the clear only until the loop has been there: files, voices, who called.
        waiting = [line for line in here.on_disk() if here.marks.phone not in line]
        assert {line.split("/")[0] for line in waiting} == {"attachments", "recordings"}
        await here.sealed()
        assert here.on_disk() == []
        assert await here.in_tables() == []
        assert here.alarms == []
        if database_url.startswith("postgresql"):
            server: Postgres = request.getfixturevalue("postgres")
            server.sql("CHECKPOINT")
            # The call's number was taken in before anybody knew that its ticket would be confidential.
            assert await marks_of(here, server, here.marks.tail, here.marks.contact) == []
    assert here.on_disk() == []


async def marks_of(here: House, server: Postgres, *marks: str) -> list[str]:
    """The files of the server that hold one of these."""
    del here
    found = []
    for path in (server.folder / "data").rglob("*"):
        if path.is_file() and not path.name.startswith("postmaster"):
            data = path.read_bytes()
            found += [f"{path.name}: {mark}" for mark in marks if mark.encode() in data]
    return found


async def test_what_becomes_confidential_later_leaves_nothing_in_the_clear(database_url: str, data: Path) -> None:
    """Handled openly first, then marked: afterwards no marker is in any table, nor in any file of the data folder."""
    async with house(database_url, data) as here:
        ticket = await here.handled(await here.of_call(confidential=False))
        assert len(await here.in_tables()) > 10
        assert len(here.on_disk()) > 3
        await here.marked(ticket)
        await here.sealed()
        assert await here.in_tables() == []
        assert here.on_disk() == []
        assert here.alarms == []
    assert here.on_disk() == []


async def test_who_holds_the_key_has_everything(database_url: str, data: Path) -> None:
    """File, name, voice and caller come back as they were; the manifest still vouches for the voice."""
    async with house(database_url, data) as here:
        ticket = await here.of_call(confidential=True)
        await here.sealed()
        store, calls = here.at.books.tickets, here.at.books.calls
        vault = store.sealing.vault
        key = await store.read(lambda connection: key_of(connection, vault, ticket.id))
        [file] = await store.read(lambda connection: of_ticket(connection, ticket.id, store.sealing))
        assert file.name == f"{here.marks.word('证据')}.png"
        content = b"".join(unsealed(key, here.shelf.path(file.sha256), sealed_place(file.id)))
        assert content.endswith(here.marks.word("照片").encode())
        assert len(content) == file.size
        recordings = await calls.recordings_of(CALL)
        assert {one.state for one in recordings} == {RecordingState.SEALED}
        for one in recordings:
            heard = b"".join(sealed_audio(here.recordings, one, key))
            assert hashlib.sha256(heard).hexdigest() == one.sha256
        known = await calls.sealed_numbers(CALL, key)
        assert known["number"] == here.marks.phone
        masked = await calls.get(CALL)
        assert masked is not None
        assert (masked.number, masked.claimed_number, masked.dialled) == ("", "", "")
        await calls.save(masked)
        assert await calls.sealed_numbers(CALL, key) == known
        archive = recordings_kit.archive(here.recordings)
        folder = here.recordings / recordings[0].path.rpartition("/")[0]
        assert verify(folder, archive.signer.public, keys=lambda _: key) == []
        assert {one.flaw for one in verify(folder, archive.signer.public)} == {Flaw.SEALED}
        day = datetime.strptime(recordings[0].path[:10], "%Y/%m/%d").replace(tzinfo=CIVIL).date()
        found = on_disk(here.recordings, day, archive.signer.public)
        assert found.present == {one.id for one in recordings}
        assert compare(recordings, found) == Difference((), (), ())
        assert [one.state for one in compare([], found).again] == [RecordingState.SEALED] * 2
        first = folder / f"{recordings[0].path.rpartition('/')[2]}.sealed"
        broken = bytearray(first.read_bytes())
        broken[-20] ^= 1
        first.write_bytes(broken)
        assert [one.flaw for one in verify(folder, archive.signer.public, keys=lambda _: key)] == [Flaw.CHANGED]
        assert (folder / manifest.FILE).is_file()


async def test_a_file_of_two_tickets_stays_for_the_one_that_is_not_confidential(data: Path, database_url: str) -> None:
    """The same picture attached to an ordinary ticket is still handed out there."""
    async with house(database_url, data) as here:
        await here.of_call(confidential=False)
        other = await here.of_call(confidential=True)
        await here.sealed()
        store = here.at.books.tickets
        [sealed] = await store.read(lambda connection: of_ticket(connection, other.id, store.sealing))
        assert sealed.sealed
        assert len([path for path in (data / "attachments").rglob("*") if path.is_file()]) == 2


async def test_what_cannot_be_sealed_is_alarmed_and_tried_again(data: Path, database_url: str) -> None:
    """A folder that refuses: an alarm, everything else goes on; when it is mended all is sealed and the alarm over."""
    async with house(database_url, data) as here:
        await here.of_call(confidential=True)
        folder = data / "attachments" / "incoming"
        folder.rmdir()
        folder.write_text("in the way")
        await here.loop.once()
        assert [line.split()[0] for line in here.alarms] == [ALARM]
        folder.unlink()
        here.at.now = ENDED.replace(day=26)
        await here.sealed()
        assert here.alarms[-1] == f"{ALARM} over"
        assert here.on_disk() == []


async def test_what_was_marked_before_there_was_sealing_is_sealed_at_the_first_start(
    database_url: str, data: Path
) -> None:
    """A ticket that an older version left marked and in the clear: one look, and no marker is left, all is readable."""
    async with house(database_url, data) as here:
        ticket = await here.handled(await here.of_call(confidential=False))

        def older(connection: Connection) -> None:
            connection.execute(tickets.update().where(tickets.c.id == ticket.id).values(confidential=True))
            connection.execute(*looking_after(connection, ticket.id, scrub=3))

        await here.at.books.database.write(older)
        await here.sealed()
        assert await here.in_tables() == []
        assert here.on_disk() == []
        found = await here.at.books.tickets.get(ticket.id)
        assert found is not None
        assert found.details == ticket.details
        assert len(await here.at.books.tickets.history(ticket.id)) == found.steps
        [same] = await here.at.books.tickets.confidential_of_number(here.marks.phone)
        assert same == found
        assert await here.loop.once() == 0


async def test_a_sealed_file_is_handed_out_to_who_may_see_its_ticket(database_url: str, data: Path) -> None:
    """Un-marked, the ticket is everybody's of level 1 again: its sealed file comes as it was, under its own name."""
    async with house(database_url, data) as here:
        ticket = await here.of_call(confidential=False)
        await here.marked(ticket)
        await here.sealed()
        store = here.at.books.tickets
        await here.at.books.desk.describe(ticket.id, here.at.acting(LEADER), ticket.details, confidential=False)
        pages = AttachmentPages(store, here.shelf, lambda: None)
        async with served(here.at.books, pages) as client:
            bearer = {"Authorization": f"Bearer {TOKEN}"}
            address = f"/api/v1/tickets/{ticket.number}/attachments"
            async with client.get(address, headers=bearer) as listed:
                [file] = (await listed.json())["attachments"]
            assert file["name"] == f"{here.marks.word('证据')}.png"
            async with client.get(f"{address}/{file['id']}", headers=bearer) as answer:
                assert answer.status == 200
                assert answer.headers["Content-Type"] == "image/png"
                assert await answer.read() == PNG + here.marks.word("照片").encode()
        [row] = await store.read(lambda connection: of_ticket(connection, ticket.id, store.sealing))
        assert row.sealed


async def test_one_ticket_that_cannot_be_opened_stops_nothing(database_url: str, data: Path) -> None:
    """Who may see it is told what is wrong and what to do, strangers nothing; the archive goes on."""
    async with house(database_url, data) as here:
        ticket = await here.handled(await here.of_call(confidential=False))
        ticket = await here.at.do(ticket, Move.CLOSE, CLERK, Facts(callback=CallbackResult.SATISFIED, solved=True))
        other = await here.at.closed()
        await here.at.books.database.write(partial(broken, ticket.id))
        await here.at.later(days=40)
        done = await here.at.books.tickets.run(lambda work: archive_ended(work, here.at.now))
        assert done == 1
        assert (await here.at.fresh(other)).status is Status.ARCHIVED
        pages = AttachmentPages(here.at.books.tickets, here.shelf, lambda: None)
        async with served(here.at.books, pages) as client:
            address = f"/api/v1/tickets/{ticket.number}/attachments"
            async with client.get(address, headers={"Authorization": f"Bearer {TOKEN}"}) as answer:
                # Nobody has a right to see it yet: not even that it is there, or that something is wrong with it.
                assert answer.status == 404
                assert ticket.number not in await answer.text()
        assert (await here.at.books.tickets.by_number(ticket.number)) is not None
        with pytest.raises(SealedTicketError, match=rf"{ticket.number}.*备份"):
            await required(here.at.books.tickets, ticket.number)


def broken(ticket_id: str, connection: Connection) -> None:
    """Confidential, and its content is not what was sealed."""
    state = dict(connection.execute(sa.select(tickets.c.state).where(tickets.c.id == ticket_id)).scalar_one())
    state.pop("details", None)
    state["sealed"] = f"sealed:1a:{ticket_id}:AAAA"
    connection.execute(tickets.update().where(tickets.c.id == ticket_id).values(confidential=True, state=state))
