"""The sweeper takes what is finished into the archive and the books, and nothing that is not."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pytest

from ivr.model import Recording, RecordingState, Track
from ivr.recordings.disk import DiskWatch, Limits
from ivr.recordings.names import TrackName, call_folder
from ivr.recordings.sweeper import Sweeper
from ivr.recordings.verifying import verify
from tests.recordings_kit import AGENT, CALL, CITIZEN, archive, audio, live

DAY = date(2026, 11, 24)
OTHER = TrackName("hotline-1795498700.40", Track.CITIZEN, "caller", 1795498700500)


@dataclass
class House:
    """A sweeper with books in memory that can be closed, and the alarms that were heard."""

    root: Path
    books: dict[str, Recording] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    alive: set[str] = field(default_factory=set)
    closed_books: bool = False
    saved: asyncio.Event = field(default_factory=asyncio.Event)
    alarmed: defaultdict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))

    @property
    def live(self) -> Path:
        """Where Asterisk writes."""
        return self.root / "live"

    async def save(self, recordings: Sequence[Recording]) -> None:
        """Write rows."""
        if self.closed_books:
            raise RuntimeError("the database is away")
        self.books |= {recording.id: recording for recording in recordings}
        self.saved.set()

    async def rows(self, _: date) -> Sequence[Recording]:
        """All rows, which is more than the day's."""
        return list(self.books.values())

    def alarm(self, code: str, _: str) -> None:
        """Hear an alarm."""
        self.heard.append(code)
        self.alarmed[code].set()

    def live_ids(self) -> Collection[str]:
        """The calls of now."""
        return self.alive

    def sweeper(self, *, every: float = 60.0) -> Sweeper:
        """A sweeper that never waits to try again."""
        return Sweeper(
            archive(self.root),
            self.live,
            live_ids=self.live_ids,
            save=self.save,
            rows=self.rows,
            alarm=self.alarm,
            disk=DiskWatch(Limits(0, 0), self.alarm),
            every=every,
            gap=0,
            again=0,
        )

    def left(self) -> set[str]:
        """What stands in the live folder."""
        return {path.name for path in self.live.iterdir()}


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A house with two finished calls' files."""
    live(tmp_path / "live", CITIZEN, AGENT, OTHER)
    return House(tmp_path)


async def test_calls_that_are_over_are_closed_and_live_ones_left(house: House) -> None:
    """Both tracks of the ended call are in the books; the live call's file is untouched until it ends."""
    sweeper = house.sweeper()
    closed = await sweeper.sweep({OTHER.call_id})
    assert {recording.id for recording in closed} == {CITIZEN.id, AGENT.id} == set(house.books)
    assert house.left() == {OTHER.live_name}
    assert [recording.id for recording in await sweeper.sweep(())] == [OTHER.id]
    assert house.left() == set()
    assert house.heard == []


async def test_a_file_that_is_still_being_written_is_left_with_its_call(house: House) -> None:
    """The hangup was reported, but Asterisk has not flushed the last seconds: nothing of the call is closed yet."""
    sweeper = house.sweeper()
    with (house.live / AGENT.live_name).open("ab") as asterisk:
        assert [recording.id for recording in await sweeper.sweep(())] == [OTHER.id]
        asterisk.write(b"\xd5" * 8000)
    await sweeper.sweep(())
    assert house.books[AGENT.id].seconds == 4.0
    assert house.books[CITIZEN.id].seconds == 3.0
    assert not (house.root / call_folder(CALL) / "manifest-1.json").exists()


async def test_strangers_are_left_alone_counted_and_alarmed_once(house: House) -> None:
    """A file that is not ours, a folder or a link named as ours: none is touched."""
    (house.live / "notes.txt").write_bytes(b"x")
    (house.live / CITIZEN.live_name.replace("1000.", "1001.")).mkdir()
    (house.live / CITIZEN.live_name.replace("1000.", "1002.")).symlink_to(house.live / "notes.txt")
    sweeper = house.sweeper()
    for _ in range(2):
        await sweeper.sweep(())
    assert sweeper.strangers == 3
    assert len(house.left()) == 3
    assert house.heard == ["recordings.strangers"]
    (house.live / "more.txt").write_bytes(b"x")
    await sweeper.sweep(())
    assert house.heard == ["recordings.strangers"] * 2


async def test_while_the_books_are_closed_nothing_is_lost(house: House) -> None:
    """The live files stay and one alarm stands; once the books are back the rows are written and the alarm ends."""
    house.closed_books = True
    sweeper = house.sweeper()
    for _ in range(2):
        assert await sweeper.sweep(()) == []
    assert len(house.left()) == 3
    assert house.heard == ["recordings.unsaved"]
    house.closed_books = False
    assert len(await sweeper.sweep(())) == 3
    assert set(house.books) == {CITIZEN.id, AGENT.id, OTHER.id}
    assert house.left() == set()
    assert house.heard == ["recordings.unsaved", "recordings.unsaved-ok"]


async def test_a_call_that_cannot_be_closed_is_alarmed_once_and_the_others_are_closed(house: House) -> None:
    """Its file stays, and is closed once the obstacle is gone."""
    obstacle = house.root / call_folder(OTHER.call_id)
    obstacle.parent.mkdir(parents=True)
    obstacle.write_bytes(b"in the way")
    sweeper = house.sweeper()
    for _ in range(2):
        await sweeper.sweep(())
    assert set(house.books) == {CITIZEN.id, AGENT.id}
    assert house.left() == {OTHER.live_name}
    assert house.heard == ["recordings.not-closed"]
    obstacle.unlink()
    await sweeper.sweep(())
    assert OTHER.id in house.books


async def test_books_and_disk_are_put_right_from_each_other(house: House) -> None:
    """Lost rows are written from the archive; a lost file is alarmed once and its row says MISSING."""
    sweeper = house.sweeper()
    await sweeper.sweep(())
    before = dict(house.books)
    house.books.clear()
    await sweeper.reconcile(DAY)
    assert house.books == before
    (house.root / CITIZEN.path).unlink()
    for _ in range(2):
        await sweeper.reconcile(DAY)
    assert house.heard == ["recordings.missing"]
    assert house.books[CITIZEN.id] == replace(before[CITIZEN.id], state=RecordingState.MISSING)
    assert house.books[AGENT.id] == before[AGENT.id]


async def test_a_hundred_calls_that_end_together_are_all_closed(house: House) -> None:
    """Several batches at once; each call has its own valid manifest."""
    names = [TrackName(f"hotline-1795498800.{n}", Track.CITIZEN, "caller", 1795498800000 + n) for n in range(100)]
    live(house.live, *names, seconds=0.1)
    await house.sweeper().sweep(())
    assert len(house.books) == 103
    for name in names:
        assert (house.root / name.path).read_bytes().endswith(audio(name, 0.1))
        assert verify(house.root / call_folder(name.call_id), archive(house.root).signer.public) == []


async def test_the_owners_loop_closes_at_a_poke(house: House) -> None:
    """A call that ends is closed without waiting for the next round; the loop ends when it is cancelled."""
    house.alive = {OTHER.call_id}
    sweeper = house.sweeper()
    running = asyncio.create_task(sweeper.run())
    try:
        async with asyncio.timeout(30):
            await house.saved.wait()
            house.saved.clear()
            assert OTHER.id not in house.books
            house.alive = set()
            sweeper.poke()
            await house.saved.wait()
        assert OTHER.id in house.books
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_the_loop_goes_on_after_an_error(house: House) -> None:
    """A live folder that cannot be read is alarmed, and swept when it can be again."""
    running = asyncio.create_task(house.sweeper(every=0.02).run())
    try:
        async with asyncio.timeout(30):
            await house.saved.wait()
            house.saved.clear()
            house.live.rename(house.root / "away")
            house.live.write_bytes(b"not a folder")
            await house.alarmed["recordings.sweep"].wait()
            house.live.unlink()
            late = replace(AGENT, who="8002")
            live(house.root / "away", late)
            (house.root / "away").rename(house.live)
            await house.saved.wait()
            assert late.id in house.books
            await house.alarmed["recordings.sweep-ok"].wait()
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    assert house.heard == ["recordings.sweep", "recordings.sweep-ok"]
