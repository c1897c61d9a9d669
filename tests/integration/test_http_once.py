"""A change that is asked for twice is made once, whatever breaks in between; nobody changes what they have not seen."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from common import clock
from hotline.idempotency import keys
from tests.books import books
from tests.once_kit import KEY, counter


async def test_the_same_key_gives_the_same_answer(database_url: str) -> None:
    """Sent again, however it is spaced, the change is not made again and its answer is told to be an old one."""
    async with books(database_url) as at, counter(at) as desk:
        assert await desk.raise_by({"by": 2}) == (201, {"count": 2}, False)
        assert await desk.raise_by({"by": 2}, "another-key") == (201, {"count": 4}, False)
        assert await desk.raise_by({"by": 2}) == (201, {"count": 2}, True)
        assert await desk.raise_by({"by": 2}, f'"{KEY}"') == (201, {"count": 2}, True)
        assert await desk.pages.value() == 4


async def test_a_key_is_for_one_request(database_url: str) -> None:
    """The same key with another body, or at another method, is refused and changes nothing."""
    async with books(database_url) as at, counter(at) as desk:
        await desk.raise_by({"by": 2})
        for body, method, seen in (({"by": 3}, "POST", "*"), ({"by": 2}, "PUT", '"2"')):
            status, problem, _ = await desk.raise_by(body, method=method, **{"If-Match": seen})
            assert (status, problem["type"]) == (422, "urn:hotline12345:problem:key-reused")
        assert await desk.pages.value() == 2


@pytest.mark.parametrize("key", [None, "", "short", "x" * 81, "has a space"])
async def test_without_a_key_nothing_is_changed(tmp_path: Path, key: str | None) -> None:
    """No key, or one that is none: 400 with what to do."""
    async with books(tmp_path) as at, counter(at) as desk:
        status, problem, _ = await desk.raise_by({"by": 2}, key)
        assert (status, problem["type"]) == (400, "urn:hotline12345:problem:key-missing")
        assert await desk.pages.value() == 0


async def test_duplicates_at_one_time_make_one_change(database_url: str) -> None:
    """Twenty that have all passed the checks before the first is written: one changes, all get its answer."""
    async with books(database_url) as at, counter(at) as desk:
        desk.pages.gate.clear()
        asking = [asyncio.create_task(desk.raise_by({"by": 5})) for _ in range(20)]
        asyncio.get_running_loop().call_later(0.3, desk.pages.gate.set)
        answers = await asyncio.gather(*asking)
        assert {(status, body["count"]) for status, body, _ in answers} == {(201, 5)}
        assert [again for _, _, again in answers].count(False) == 1
        assert await desk.pages.value() == 5


async def test_two_processes_with_one_key_make_one_change(database_url: str) -> None:
    """Two services on one database that are asked at once: the database itself decides who was first."""
    async with books(database_url) as at, books(database_url) as other, counter(at) as one, counter(other) as two:
        for n in range(10):
            key = f"shared-key-{n}"
            (_, first, old), (_, second, older) = await asyncio.gather(
                one.raise_by({"by": 1}, key), two.raise_by({"by": 1}, key)
            )
            assert first == second == {"count": n + 1}
            assert {old, older} == {False, True}


async def test_what_was_refused_may_be_tried_again(database_url: str) -> None:
    """A refusal keeps no key, whether before, in or by the database: nothing was changed under it."""
    async with books(database_url) as at, counter(at) as desk:
        assert (await desk.raise_by({"by": 13}))[0] == 409
        assert (await desk.raise_by({"by": 666}))[0] == 500
        assert (await desk.raise_by({"by": 99}))[0] == 409
        assert await desk.raise_by({"by": 1}) == (201, {"count": 1}, False)


async def test_a_key_is_forgotten_after_a_day(database_url: str) -> None:
    """Within 24 h the answer is kept; after that the key is as good as new, and its row is gone."""
    async with books(database_url) as at, counter(at) as desk:
        await desk.raise_by({"by": 1})
        for age, status in ((timedelta(hours=23), {"count": 1}), (timedelta(hours=25), {"count": 2})):
            then = clock.now() - age

            def age_it(connection: sa.Connection, then: object = then) -> None:
                connection.execute(keys.update().values(at=then))

            await at.database.write(age_it)
            assert (await desk.raise_by({"by": 1}))[1] == status


async def test_a_retry_is_answered_though_the_version_has_moved_on(database_url: str) -> None:
    """The lost answer comes again, not a complaint about the version that the change itself has made stale."""
    async with books(database_url) as at, counter(at) as desk:
        seen = {"If-Match": '"0"'}
        assert await desk.raise_by({"by": 1}, method="PUT", **seen) == (200, {"count": 1}, False)
        assert await desk.raise_by({"by": 1}, method="PUT", **seen) == (200, {"count": 1}, True)
        status, problem, _ = await desk.raise_by({"by": 1}, "fresh-key", method="PUT", **seen)
        assert (status, problem["current"]) == (412, 1)


@pytest.mark.parametrize("seen", ["", "*", "0", '"x"'])
async def test_who_has_not_said_what_they_saw_may_not_change_it(tmp_path: Path, seen: str) -> None:
    """No If-Match, any version, or a tag that is not ours: 428, and nothing is changed."""
    async with books(tmp_path) as at, counter(at) as desk:
        status, problem, _ = await desk.raise_by({"by": 1}, method="PUT", **{"If-Match": seen})
        assert (status, problem["type"]) == (428, "urn:hotline12345:problem:version-missing")
        assert await desk.pages.value() == 0


_KILLED = """
import asyncio, os, signal, sys
from tests.books import books
from tests.once_kit import counter

async def main():
    async with books(sys.argv[1]) as at, counter(at) as desk:
        n = 0
        while True:
            n += 1
            print("asked", n, flush=True)
            await desk.raise_by({"by": 1}, f"killed-key-{n}")

asyncio.run(main())
"""


async def test_a_killed_service_made_the_change_and_kept_its_answer_or_neither(database_url: str) -> None:
    """Killed with -9 at any moment, the counter stands at what the kept keys say; the last request can be repeated."""
    asked = 0
    for _ in range(3):
        command = (sys.executable, "-c", _KILLED.replace("n = 0", f"n = {asked}"), database_url)
        child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=os.environ)
        assert child.stdout
        goal = asked + 15
        while asked < goal:
            asked = int((await child.stdout.readline()).split()[1])
        child.send_signal(signal.SIGKILL)
        asked = max([asked, *(int(line.split()[1]) for line in (await child.stdout.read()).splitlines())])
        await child.wait()
        async with books(database_url) as at, counter(at) as desk:
            await desk.raise_by({"by": 1}, f"killed-key-{asked}")
            assert await desk.pages.value() == asked
            for n in (1, asked):
                assert await desk.raise_by({"by": 1}, f"killed-key-{n}") == (201, {"count": n}, True)
