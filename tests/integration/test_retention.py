"""What is past its time goes and leaves a tombstone; what is held, linked, open or younger stays (A23)."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from common.audit import AuditEntry
from common.roles import Role
from common.search_store import Document
from hotline.__main__ import main
from hotline.audit import audit, audit_cuts
from hotline.keeping.ages import age
from hotline.keeping.anchors import Anchor
from hotline.keeping.holds import lift_hold, set_hold, standing
from hotline.keeping.house import ages, house
from hotline.keeping.retention import Due, clean, due
from hotline.keeping.sightings import sightings
from hotline.keeping.subjects import subject_of
from hotline.keeping.tables import tombstones
from hotline.keeping.verifying import verify
from hotline.settings import Settings
from ivr.abuse.desk import AbuseDesk
from ivr.abuse.model import Abuse, Person
from ivr.abuse.store import AbuseStore, MarkFilter
from ivr.model import Track
from ivr.recordings.closing import close
from ivr.recordings.names import TrackName, call_folder
from tests.audit_kit import by_hand, end_of, run
from tests.books import MORNING, Books, books, call
from tests.cli_kit import as_person
from tests.keeping_kit import attached, contents
from tests.recordings_kit import archive, live
from tickets.model import Kind, Ticket
from tickets.store.finding import ticket_index
from tickets.store.tables import tickets
from tickets.store.tables_register import rulings

pytestmark = pytest.mark.covers("A23")
YEAR = timedelta(days=365)
#: Said by a citizen eleven years ago: nowhere afterwards.
MARKER = "槐树街十七号"


@asynccontextmanager
async def opened(where: str, folder: Path) -> AsyncIterator[tuple[Books, Settings]]:
    """Books and the settings that they are of."""
    settings = Settings(data_dir=folder, database_url=where)
    async with books(where) as at:
        await at.tickets.seed(MORNING)
        yield at, settings


async def old_ticket(
    at: Books, call_id: str, years: float, *, number: str = "13854301001", ended: bool = True
) -> Ticket:
    """A ticket from a call so many years ago."""
    when = MORNING - YEAR * years
    await at.calls.save(call(call_id, rang_at=when, ended_at=when, number=number))
    opened = await at.desk.open_from_call(call_id, number, Kind.MATTER, when)
    if ended:
        end = tickets.update().where(tickets.c.id == opened.id).values(open=False, status="archived", since=when)
        await at.database.write(lambda connection: connection.execute(end) and None)
    return opened


async def old_recording(at: Books, settings: Settings, years: float, serial: int) -> tuple[str, Path]:
    """A closed recording of a call so many years ago; gives the call and its folder."""
    began = int((MORNING - YEAR * years).timestamp())
    call_id = f"hotline-{began}.{serial}"
    name = TrackName(call_id, Track.CITIZEN, "caller", began * 1000)
    live(settings.live_recordings_dir, name)
    recording = close(settings.live_recordings_dir / name.live_name, archive(settings.recordings_dir))
    await at.calls.save(call(call_id, rang_at=MORNING - YEAR * years, ended_at=MORNING, number=f"1385430{serial:04}"))
    await at.calls.save_recordings([recording])
    return call_id, settings.recordings_dir / call_folder(call_id)


async def cleaned(at: Books, settings: Settings, now: datetime = MORNING) -> Due:
    """Clean, having foreseen exactly that."""
    foreseen = await due(at.database, ages(settings, now), now)
    done = await clean(house(settings, at.database), ages(settings, now), now)
    assert (done.recordings, done.tickets, done.audit) == (foreseen.recordings, foreseen.tickets, foreseen.audit)
    return done


async def buried(at: Books) -> list[tuple[str, str, str]]:
    """Kind, object and rule of each tombstone."""
    async with at.database.reads.connect() as connection:
        rows = await connection.execute(sa.select(tombstones.c.kind, tombstones.c.label, tombstones.c.rule))
        return sorted((kind, label, rule) for kind, label, rule in rows)


async def test_recordings_go_after_three_years(database_url: str, tmp_path: Path) -> None:
    """File, manifest and row of what is older; a younger one stays as it is, a held one whatever its age."""
    async with opened(database_url, tmp_path) as (at, settings):
        gone, gone_folder = await old_recording(at, settings, 3.1, 1)
        held, held_folder = await old_recording(at, settings, 5, 2)
        _, young_folder = await old_recording(at, settings, 2.9, 3)
        set_it = partial(set_hold, kind="number", about="13854300002", who="fa", why="复议", at=MORNING)
        await at.database.write(set_it)
        assert (await cleaned(at, settings)).recordings == 1
        assert [folder.exists() for folder in (gone_folder, held_folder, young_folder)] == [False, True, True]
        assert await at.calls.recordings_of(gone) == []
        assert len(await at.calls.recordings_of(held)) == 1
        assert await buried(at) == [("recording", gone, "A23 recordings 3 years")]
        assert (await cleaned(at, settings)).recordings == 0
        assert await at.calls.get(gone) is not None


@pytest.mark.covers("R8.1", "A23")
async def test_marks_of_abuse_go_with_their_call(database_url: str, tmp_path: Path) -> None:
    """A mark, its evidence and its steps outlive the recording, and go when the call does; a held one stays."""
    async with opened(database_url, tmp_path) as (at, settings):
        desk = AbuseDesk(AbuseStore(at.database.reads, at.once))
        agent, supervisor = (
            Person(role.value, frozenset({role}), "12345") for role in (Role.AGENT, Role.SHIFT_SUPERVISOR)
        )
        kept = []
        for serial, years in ((1, 11.0), (2, 11.0), (3, 4.0)):
            call_id, _ = await old_recording(at, settings, years, serial)
            mark = await desk.mark(agent, call_id, Abuse.SLANDER, "辱骂")
            await desk.decide(supervisor, mark.id, confirm=True, why="属实")
            kept.append(mark.id)
        await at.database.write(
            partial(set_hold, kind="number", about="13854300002", who="fa", why="公安机关调查", at=MORNING)
        )
        assert (await cleaned(at, settings)).calls == 1
        left = await desk.store.page(MarkFilter(), limit=9)
        assert {one.id for one in left.rows} == set(kept[1:])
        assert all(len(one.evidence) == len(one.steps) == 1 for one in left.rows)


async def test_a_ticket_goes_ten_years_after_it_ended(database_url: str, tmp_path: Path) -> None:
    """With all its rows, words, files and its call; open, younger, held and linked ones stay; a ruling does too."""
    async with opened(database_url, tmp_path) as (at, settings):
        gone = await old_ticket(at, "n.1", 10.1)
        kept = [
            await old_ticket(at, "n.2", 11, ended=False),
            await old_ticket(at, "n.3", 9.9),
            await old_ticket(at, "n.4", 12, number="13854309999"),
            await old_ticket(at, "n.5", 12),
            await old_ticket(at, "n.6", 1),
        ]
        link = tickets.update().where(tickets.c.id == kept[4].id).values(handling_ticket=kept[3].id)
        ruling = {"id": "r", "ticket_id": gone.id, "category": "", "place": "", "unit": "12345", "ruling": "归城管"}
        ruling |= {"basis": "三定", "by": "编办", "on": MORNING.date()}  # type: ignore[dict-item]  # a date

        def prepare(connection: sa.Connection) -> None:
            connection.execute(link)
            connection.execute(rulings.insert(), [ruling])
            set_hold(connection, "ticket", kept[2].number, who="fa", why="诉讼", at=MORNING)

        await at.database.write(prepare)
        only = await attached(at, settings, "n.1", MARKER.encode())
        shared = await attached(at, settings, "n.1", b"both")
        await attached(at, settings, "n.6", b"both")
        for file in settings.attachments_dir.glob("*/*"):
            os.utime(file, (0, 0))
        done = await cleaned(at, settings)
        assert (done.tickets, done.calls) == (1, 1)
        rows = await contents(settings)
        left = {row[0] for row in rows["tickets"]}
        assert left == {one.id for one in kept}
        for name, table in rows.items():
            if name not in ("tombstones", "rulings"):
                assert not any(gone.id in row for row in table), name
        assert len(rows["rulings"]) == 1
        assert {row[0] for row in rows["calls"]} == {"n.2", "n.3", "n.4", "n.5", "n.6"}
        assert not (settings.attachments_dir / only.sha256[:2] / only.sha256).exists()
        assert (settings.attachments_dir / shared.sha256[:2] / shared.sha256).exists()
        assert await buried(at) == [
            ("call", "", "A23 tickets 10 years"),
            ("ticket", gone.number, "A23 tickets 10 years"),
        ]
        # Its number is not given to another one, and nothing refers to what is no more.
        again = await old_ticket(at, "n.7", 10.1)
        assert again.number != gone.number


async def test_steps_go_only_behind_a_tombstone(database_url: str, tmp_path: Path) -> None:
    """Nobody deletes a history without one, changes it even with one, or takes a tombstone back."""
    async with opened(database_url, tmp_path) as (at, _):
        ticket = await old_ticket(at, "n.1", 11)
        stone = "INSERT INTO tombstones VALUES ('ticket', '{}', '', '2026-11-24 00:00:00', 'A23', 'x')"

        def lose(connection: sa.Connection, first: str) -> None:
            run(first, connection)
            run("DELETE FROM steps", connection)

        for wrong in (stone.format("other"), "SELECT 1"):
            with pytest.raises(IntegrityError, match="append-only"):
                await at.database.write(partial(lose, first=wrong))
        await at.database.write(partial(run, stone.format(ticket.id)))
        for statement in ("UPDATE steps SET who = 'x'", "DELETE FROM tombstones", "UPDATE tombstones SET rule = ''"):
            with pytest.raises(IntegrityError, match="append-only"):
                await at.database.write(partial(run, statement))
        await at.database.write(partial(run, "DELETE FROM steps"))


async def seen(at: Books, count: int, years: float, about: str = "t") -> None:
    """Entries of the audit so many years ago."""
    for n in range(count):
        await at.audit.add(AuditEntry(MORNING - YEAR * years, f"w{n}@::1", "tickets.read", (f"{about}-{n}",)))


async def test_the_audit_is_cut_at_its_beginning_and_stays_verifiable(database_url: str, tmp_path: Path) -> None:
    """What is older goes, with its index; the rest verifies from the signed cut on; old anchors stay true."""
    async with opened(database_url, tmp_path) as (at, settings):
        await seen(at, 5, 11)
        before = Anchor("2015-11-24.json", await end_of(at), MORNING)
        await seen(at, 4, 9)
        now = Anchor("2026-11-24.json", await end_of(at), MORNING)
        assert (await cleaned(at, settings)).audit == 5
        key = house(settings, at.database).signer.public
        report = await verify(at.database.reads, key, [before, now])
        assert (report.first, report.end.place, report.breaks) == (6, 9, ())
        await seen(at, 1, 0)
        assert (await verify(at.database.reads, key, [before, now])).breaks == ()
        async with at.database.reads.connect() as connection:
            assert len(await connection.run_sync(sightings, ["t-0"])) == 2
        with pytest.raises(IntegrityError, match="append-only"):
            await at.database.write(partial(run, "DELETE FROM audit WHERE id = 6"))
        wrong = Anchor("2015-11-24.json", type(before.end)(5, "f" * 64), MORNING)
        assert [one.flaw for one in (await verify(at.database.reads, key, [wrong])).breaks] == ["rewritten"]


async def test_a_cut_that_we_did_not_sign_is_found(database_url: str, tmp_path: Path) -> None:
    """Whoever writes a cut to get rid of entries gives that away; so does who puts entries back below one."""
    async with opened(database_url, tmp_path) as (at, settings):
        await seen(at, 9, 1)
        key = house(settings, at.database).signer.public
        for statement in ("INSERT INTO audit_cuts VALUES (4, '{}')", "DELETE FROM audit WHERE id <= 4"):
            await at.database.write(partial(run, statement))
        breaks = (await verify(at.database.reads, key, [])).breaks
        assert [(one.flaw, one.place) for one in breaks] == [("cut", 4), ("index", 0)][: len(breaks)]
        await by_hand(
            at,
            "INSERT INTO audit SELECT 2, at, who, action, objects, reason, before, hash FROM audit WHERE id = 5",
        )
        assert ("inserted", 2) in [(one.flaw, one.place) for one in (await verify(at.database.reads, key, [])).breaks]


async def test_what_was_seen_of_a_held_matter_stays(database_url: str, tmp_path: Path) -> None:
    """The chain is cut before its first entry about a held ticket; lifted, all goes; the newest entry always stays."""
    async with opened(database_url, tmp_path) as (at, settings):
        ticket = await old_ticket(at, "n.1", 8)
        await seen(at, 3, 12)
        await at.audit.add(AuditEntry(MORNING - YEAR * 11, "w", "tickets.read", (ticket.number,)))
        await seen(at, 3, 11)
        hold, covered = await at.database.write(
            lambda connection: set_hold(connection, "call", "n.1", who="fa", why="诉讼", at=MORNING)
        )
        assert ticket.number in covered
        assert (await cleaned(at, settings)).audit == 3
        assert (await cleaned(at, settings)).audit == 0
        await at.database.write(lambda connection: lift_hold(connection, hold.id, who="fa", why="撤诉", at=MORNING))
        assert (await cleaned(at, settings)).audit == 3
        assert (await end_of(at)).place == 7


async def test_a_hold_ends_by_itself_or_by_a_person(database_url: str, tmp_path: Path) -> None:
    """One with a day ends with it; what is not there cannot be held, but a number of which nothing has come can."""
    async with opened(database_url, tmp_path) as (at, _):

        def work(connection: sa.Connection) -> None:
            set_hold(connection, "number", "13800000000", who="a", why="b", at=MORNING, until=MORNING + YEAR)
            for kind, about in (("ticket", "no such"), ("call", "no such"), ("other", "13800000000")):
                with pytest.raises(LookupError):
                    set_hold(connection, kind, about, who="a", why="b", at=MORNING)
            assert [one.object for one in standing(connection, MORNING)] == ["13800000000"]
            assert standing(connection, MORNING + YEAR) == []
            assert not lift_hold(connection, "no such", who="a", why="b", at=MORNING)
            assert not subject_of(connection, "13800000000")

        await at.database.write(work)


async def test_a_run_that_broke_off_is_gone_on_with(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that cannot be removed: the row stays with it, and the next run finishes with one tombstone."""
    async with opened(database_url, tmp_path) as (at, settings):
        gone, folder = await old_recording(at, settings, 4, 1)
        with monkeypatch.context() as patched:
            patched.setattr(shutil, "rmtree", _refuse)
            with pytest.raises(OSError, match="no"):
                await clean(house(settings, at.database), ages(settings, MORNING), MORNING)
        assert len(await at.calls.recordings_of(gone)) == 1
        assert folder.exists()
        assert (await cleaned(at, settings)).recordings == 1
        assert not folder.exists()
        assert len(await buried(at)) == 1


def _refuse(_path: Path) -> None:
    raise OSError("no")


async def test_nothing_of_a_deleted_ticket_is_left_on_the_disk(tmp_path: Path) -> None:
    """SQLite: its words and numbers stand nowhere in the database's files any more, not even in freed pages."""
    where = f"sqlite+aiosqlite:///{tmp_path / 'hotline.db'}"
    async with opened(where, tmp_path) as (at, settings):
        ticket = await old_ticket(at, "n.1", 11, number="13854307777")
        for n in range(40):
            other = Document(f"other-{n}", MORNING, f"路灯{n}", "不亮")
            ours = Document(ticket.id, ticket.opened_at, MARKER, "zebrastreifen")
            await at.database.write(partial(ticket_index.index, documents=[ours if n == 20 else other]))
        await old_ticket(at, "n.2", 1)

        def found() -> list[bool]:
            data = b"".join(path.read_bytes() for path in tmp_path.glob("hotline.db*"))
            # A word stands in the index as it is only where no other begins alike.
            markers = ("13854307777", MARKER, "zebrastreifen", ticket.query_code)
            return [marker.encode() in data for marker in markers]

        assert found() == [True, True, True, True]
        assert (await cleaned(at, settings)).tickets == 1
        assert found() == [False, False, False, False]


@pytest.mark.parametrize(
    ("today", "before"),
    [
        ("2026-11-24T02:00:00+00:00", "2023-11-23T16:00:00+00:00"),
        ("2026-11-24T15:59:59+00:00", "2023-11-23T16:00:00+00:00"),
        ("2026-11-24T16:00:00+00:00", "2023-11-24T16:00:00+00:00"),
        ("2028-02-29T02:00:00+00:00", "2025-02-27T16:00:00+00:00"),
    ],
)
def test_years_are_counted_in_whole_civil_days(today: str, before: str) -> None:
    """What was recorded on 24 November 2023 goes on 25 November 2026 in Binzhou; no leap day makes it early."""
    assert age("recordings", 3, datetime.fromisoformat(today)).before == datetime.fromisoformat(before)


def test_the_minimum_of_each_rule_cannot_be_undercut() -> None:
    """Three, ten and three years (A23): a setting below is refused at the start."""
    for name, years in (("recordings", 2), ("tickets", 9), ("audit", 2)):
        with pytest.raises(ValueError, match=f"keep_{name}_years"):
            Settings(**{f"keep_{name}_years": years})  # type: ignore[arg-type]  # refused at run time


def test_the_verbs_do_it(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What would go is said and stays; held it is not counted; then it goes. Holds are audited with who and why."""
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HOTLINE_DATABASE_URL", database_url)
    monkeypatch.setenv("HOTLINE_CONFIG", str(tmp_path / "none.toml"))

    async def prepare() -> str:
        async with opened(database_url, tmp_path) as (at, _):
            return (await old_ticket(at, "n.1", 13)).number

    number = asyncio.run(prepare())
    as_person(monkeypatch, Role.AUDITOR)
    assert main(["retention", "--dry-run"]) == 0
    assert "将删除 1 件工单" in capsys.readouterr().out
    assert main(["hold", "set", "ticket", number, "--why", "行政复议", "--until", "2099-12-31"]) == 0
    said = capsys.readouterr().out
    assert "现涉及 " in said
    hold = said.partition("编号 ")[2].partition("，")[0]
    for wrong in (("abc",), ("13854301001", "--until", "2020-01-01")):
        assert main(["hold", "set", "number", *wrong, "--why", "法院调证"]) == 2
        assert "未保全" in capsys.readouterr().err
    assert main(["retention"]) == 0
    assert "已删除 0 件工单" in capsys.readouterr().out
    assert main(["hold", "list"]) == 0
    assert f"工单 {number}" in capsys.readouterr().out
    assert main(["hold", "lift", hold, "--why", "已结案"]) == 0
    assert main(["hold", "lift", hold, "--why", "已结案"]) == 1
    assert main(["hold", "set", "ticket", "nothing", "--why", "x"]) == 1
    assert main(["retention", "--json"]) == 0
    assert '"tickets": 1' in capsys.readouterr().out
    assert main(["verify-audit"]) == 0

    async def audited() -> list[tuple[str, str]]:
        async with books(database_url) as at, at.database.reads.connect() as connection:
            rows = await connection.execute(sa.select(audit.c.action, audit.c.reason).order_by(audit.c.id))
            assert (await connection.execute(sa.select(audit_cuts))).all() == []
            return [(action, reason) for action, reason in rows]

    assert asyncio.run(audited()) == [
        ("hold.set", "行政复议"),
        ("hold.lift", "已结案"),
        ("retention.delete", "A23 tickets 10 years"),
        ("retention.delete", "A23 tickets 10 years"),
    ]
