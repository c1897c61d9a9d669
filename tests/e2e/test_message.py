"""Nobody can answer: the caller leaves the matter as a message, or asks to be called back (R4.2, R14.1)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from hotline.voice import synthesise
from simnet.calls import CitizenCall
from simnet.listen import find
from simnet.sound import RATE, read
from tests.e2e.conftest import Bed, numbers
from tests.e2e.duty import to_the_queue
from tests.e2e.listening import Ear
from tests.e2e.office import Office, Row

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.covers("R4.2", "R14.1")]


@pytest.fixture(scope="module")
def matter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the citizens say."""
    file = tmp_path_factory.mktemp("said") / "matter.alaw"
    synthesise("我是王小明,黄河五路的路灯不亮了。", file)
    return file


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def told(bed: Bed, matter: Path) -> AsyncIterator[dict[str, asyncio.Task[Row]]]:
    """The calls of this module by what their callers do, all at the same time; each gives the row that stays of it."""
    scripts = (_falls_silent, _presses_hash, _hangs_up, _speaks_late, _says_nothing, _wants_a_callback)
    calls = {script.__name__: asyncio.create_task(script(bed, next(numbers), matter)) for script in scripts}
    yield calls
    for call in calls.values():
        call.cancel()
    await asyncio.gather(*calls.values(), return_exceptions=True)
    await bed.net.hang_up_all()


@pytest.mark.parametrize("end", ["_falls_silent", "_presses_hash", "_hangs_up", "_speaks_late"])
async def test_message_becomes_a_ticket_with_what_was_said(
    bed: Bed, told: dict[str, asyncio.Task[Row]], matter: Path, end: str
) -> None:
    """However a message ends, by silence, # or hanging up, and also when it comes only after the caller was asked once
    more, it is one ticket with its recording, which holds what was said.
    """  # noqa: D205 - one sentence
    office = Office(bed)
    row = await told[end]
    ticket = await office.ticket(row, "message")
    recording = await office.recording(ticket["recording_id"])
    assert (recording["call_id"], recording["track"], recording["who"]) == (row["id"], "message", "caller")
    assert find(read(matter), office.audio(recording)) is not None
    assert recording["seconds"] < len(read(matter)) / RATE + 3, "the silence that ended it is no part of it"


async def test_both_tracks_of_a_message_stand_in_the_archive(bed: Bed, told: dict[str, asyncio.Task[Row]]) -> None:
    """The whole call and the message are two recordings under one manifest, unchanged since they were closed."""
    await Office(bed).recordings(await told["_presses_hash"], "citizen", "message")


async def test_who_never_says_anything_is_a_missed_call(bed: Bed, told: dict[str, asyncio.Task[Row]]) -> None:
    """A second silence ends the call, after the emergency numbers were said; there is no empty ticket."""
    row = await told["_says_nothing"]
    assert row["outcome"] == "abandoned"
    assert Office(bed).tickets(row) == []


async def test_callback_from_the_choices(bed: Bed, told: dict[str, asyncio.Task[Row]]) -> None:
    """1 and once more 1 among the choices is a callback on the number of this call."""
    await Office(bed).ticket(await told["_wants_a_callback"], "callback")


async def _falls_silent(bed: Bed, caller: str, matter: Path) -> Row:
    call, ear = await _to_the_beep(bed, caller)
    await call.say(matter)
    return await _is_told_the_number(bed, call, ear, caller)


async def _presses_hash(bed: Bed, caller: str, matter: Path) -> Row:
    call, ear = await _to_the_beep(bed, caller)
    await call.say(matter)
    await call.press("#")
    return await _is_told_the_number(bed, call, ear, caller)


async def _hangs_up(bed: Bed, caller: str, matter: Path) -> Row:
    async def one(number: str) -> Row:
        call, _ = await _to_the_beep(bed, number)
        await call.say(matter)
        await call.hang_up()
        return await Office(bed).ended(number, "message")

    # Several, since the end of the recording and that of the call reach the service in one breath.
    rows = await asyncio.gather(one(caller), *(one(next(numbers)) for _ in range(4)))
    return rows[0]


async def _speaks_late(bed: Bed, caller: str, matter: Path) -> Row:
    call, ear = await _to_the_beep(bed, caller)
    await ear.hears("message-again", "beep")
    await call.say(matter)
    return await _is_told_the_number(bed, call, ear, caller)


async def _says_nothing(bed: Bed, caller: str, matter: Path) -> Row:
    del matter
    call, ear = await _to_the_beep(bed, caller)
    await ear.hears("message-again", "beep", "emergency-numbers", "goodbye")
    assert (await call.ended).cause == 16
    return await Office(bed).ended(caller, "abandoned")


async def _wants_a_callback(bed: Bed, caller: str, matter: Path) -> Row:
    del matter
    call = await to_the_queue(bed, caller)
    ear = Ear(bed, call)
    await ear.hears("wait-choices", share=0.3)
    await call.press("1")
    await ear.hears("callback-confirm", share=0.5)
    await call.press("1")
    await ear.hears("callback-thanks", "goodbye")
    assert (await call.ended).cause == 16
    return await Office(bed).ended(caller, "callback")


async def _to_the_beep(bed: Bed, caller: str) -> tuple[CitizenCall, Ear]:
    call = await to_the_queue(bed, caller)
    ear = Ear(bed, call)
    await ear.hears("nobody-on-duty", share=0.5)
    await call.press("2")
    await ear.hears("leave-message", "beep")
    return call, ear


async def _is_told_the_number(bed: Bed, call: CitizenCall, ear: Ear, caller: str) -> Row:
    """The caller hears the number of the ticket that there is by then, and the call is ended for them."""
    await ear.hears("message-thanks", "your-ticket-number")
    office = Office(bed)
    ticket = await office.ticket(await office.call(caller), "message")
    number = ticket["number"].replace("-", "")
    assert await ear.hears_figures(len(number)) == number
    await ear.hears("goodbye")
    assert (await call.ended).cause == 16
    return await office.ended(caller, "message")
