"""Nothing of a call is left behind, however it ended."""

from __future__ import annotations

import asyncio
import gc
import logging

import pytest

from ivr.ami.channel import AgiChannel
from ivr.ami.client import AmiClient
from tests.ami_fake import Action, FakeAsterisk, deliver, done, event, linked, uniqueid_of, waiting


async def test_ten_thousand_calls_leave_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """After 10,000 calls that ended in every way no future, task, timer or dictionary entry is left."""
    fake = FakeAsterisk()
    turns = {"count": 0}

    def answer(action: Action) -> str:
        turns["count"] += 1
        uniqueid = uniqueid_of(action["Channel"])
        match int(action["Channel"][-8:]) % 8:
            case 0:  # hangs up in the middle; the end of the command never comes
                return fake.reply(action) + event("Hangup", "Cause: 16", uniqueid)
            case 1:  # is led away
                return fake.reply(action) + event("AsyncAGIEnd", "", uniqueid)
            case 2:  # Asterisk refuses
                return fake.reply(action, "Message: Permission denied", "Error")
            case 3 | 4:  # nothing comes, not even a reply: times out, or is cancelled
                return ""
            case _:
                return fake.reply(action) + done(action, "200 result=1")

    fake.answers["AGI"] = answer
    channels: dict[str, AgiChannel] = {}

    async def call(client: AmiClient, number: int) -> None:
        uniqueid = f"node1-1.{number}"
        session = channels[uniqueid] = AgiChannel(client, f"PJSIP/carrier-{number:08}", uniqueid)
        task = asyncio.create_task(session.command("NOOP", seconds=0.05 if number % 8 == 3 else 20))
        if number % 8 == 4:
            await asyncio.sleep(0)
            task.cancel()
        await asyncio.wait([task])
        assert not session._waiting
        if not task.cancelled():
            task.exception()
        del channels[uniqueid]

    async with fake, linked(fake) as client:
        reader = asyncio.create_task(deliver(client, channels.get))
        await client.action("Ping")
        await asyncio.gather(*(call(client, number) for number in range(1_000, 1_100)))
        before = _counted()
        for start in range(2_000, 12_000, 200):
            await asyncio.gather(*(call(client, number) for number in range(start, start + 200)))
        await client.action("Ping")
        after = _counted()
        assert turns["count"] > 8_000
        assert waiting(client) == 0
        assert channels == {}
        assert {name: after[name] - before[name] for name in after if after[name] - before[name] > 20} == {}
        reader.cancel()
        await asyncio.wait([reader])
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def _counted() -> dict[str, int]:
    """How many of what could leak are alive."""
    gc.collect()
    kinds = {"futures": asyncio.Future, "tasks": asyncio.Task, "timers": asyncio.TimerHandle, "channels": AgiChannel}
    alive = gc.get_objects()
    return {name: sum(isinstance(one, kind) for one in alive) for name, kind in kinds.items()} | {
        "all": len(alive) // 50
    }
