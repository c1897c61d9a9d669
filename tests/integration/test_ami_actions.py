"""An action is sent once, and its wait always ends: with a reply, or with what went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from ivr.ami.events import Connected, Disconnected
from ivr.ami.messages import AmiLost, AmiRefused, AmiTimeout
from tests.ami_fake import Action, FakeAsterisk, event, following, linked, waiting

_LISTED = "Application: AGI\nApplicationData: agi:async\nDuration: 00:00:07\nBridgeId: "


@pytest.fixture
async def fake() -> AsyncIterator[FakeAsterisk]:
    """A fake Asterisk that behaves until told otherwise."""
    async with FakeAsterisk() as server:
        yield server


async def test_a_reply(fake: FakeAsterisk) -> None:
    """The reply has Asterisk's message and headers; the action arrived as it was given."""
    fake.answers["DBPut"] = lambda action: fake.reply(action, "Message: Updated\nOutput: a\nOutput: b")
    async with linked(fake) as client:
        reply = await client.action("DBPut", Family="席位", Key="8001", Val="张: 三")
        assert (reply.success, reply.message, reply["Output"]) == (True, "Updated", "a\nb")
        assert fake.received[-1] | {"ActionID": ""} == {
            "Action": "DBPut",
            "ActionID": "",
            "Family": "席位",
            "Key": "8001",
            "Val": "张: 三",
        }
        assert waiting(client) == 0


async def test_one_reply_is_the_reply(fake: FakeAsterisk) -> None:
    """Originate and AGI are answered by one message, whatever panoramisk expects to follow their wording."""
    for name, message in (("Originate", "Originate successfully queued"), ("AGI", "Added AGI command to queue")):
        fake.answers[name] = lambda action, message=message: fake.reply(action, f"Message: {message}")  # type: ignore[misc]  # a default is how a loop's value is kept
        async with linked(fake) as client:
            assert (await client.action(name, seconds=5)).message == message


async def test_replies_in_another_order(fake: FakeAsterisk) -> None:
    """Each waiter gets its own reply, in whatever order they come."""
    kept: list[Action] = []
    fake.answers["First"] = lambda action: kept.append(action) or ""  # type: ignore[func-returns-value]  # append is meant
    fake.answers["Second"] = lambda action: fake.reply(action, "Message: 2") + fake.reply(kept[0], "Message: 1")
    async with linked(fake) as client:
        first, second = await asyncio.gather(client.action("First"), client.action("Second"))
        assert (first.message, second.message) == ("1", "2")


async def test_refused(fake: FakeAsterisk) -> None:
    """An error of Asterisk's is raised with its words."""
    fake.answers["Redirect"] = lambda action: fake.reply(action, "Message: Channel does not exist: x", "Error")
    async with linked(fake) as client:
        with pytest.raises(AmiRefused, match="does not exist") as refused:
            await client.action("Redirect", Channel="x")
        assert not refused.value.reply.success
        assert waiting(client) == 0


async def test_a_reply_that_never_comes_and_one_that_comes_late(fake: FakeAsterisk) -> None:
    """The wait ends in time, nothing is left of it, and the late reply is counted and forgotten."""
    fake.answers["Redirect"] = None
    async with linked(fake) as client:
        with pytest.raises(AmiTimeout):
            await client.action("Redirect", seconds=0.02)
        assert waiting(client) == 0
        assert client.stats.timeouts == 1
        await fake.send(fake.reply(fake.received[-1]))
        await client.action("Ping")
        assert client.stats.orphans == 1


async def test_a_wait_that_is_given_up(fake: FakeAsterisk) -> None:
    """Nothing is left of an action whose waiter was cancelled."""
    fake.answers["Redirect"] = None
    async with linked(fake) as client:
        task = asyncio.create_task(client.action("Redirect"))
        await fake.until(lambda: fake.count("Redirect") == 1)
        assert waiting(client) == 1
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert waiting(client) == 0


async def test_orphans(fake: FakeAsterisk) -> None:
    """Replies that nobody asked for are counted; the line goes on."""
    async with linked(fake) as client:
        await fake.send("Response: Success\r\nActionID: unheard-of\r\n\r\nResponse: Error\r\nMessage: no id\r\n\r\n")
        await fake.send("Event: OriginateResponse\r\nActionID: unheard-of\r\nResponse: Failure\r\n\r\n")
        assert (await client.action("Ping")).success
        assert client.stats.orphans == 3
        assert client.events.empty()


async def test_nobody_is_dialled_twice(fake: FakeAsterisk) -> None:
    """The line is lost between an Originate and its reply: the caller is told, and it is never sent again."""

    def drop(_: Action) -> str:
        fake.drop()
        return ""

    fake.answers["Originate"] = drop
    async with linked(fake) as client:
        with pytest.raises(AmiLost):
            await client.action("Originate", Channel="PJSIP/carrier/13854301001", Async="true")
        assert await following(client) == Disconnected(1)
        assert await following(client) == Connected(2)
        fake.answers["Originate"] = fake.reply
        for _ in range(10):
            await client.action("Ping")
        assert fake.count("Originate") == 1


async def test_what_waited_while_the_line_was_lost(fake: FakeAsterisk) -> None:
    """Everything that waits when the line is lost is told so, also lists; none of it is sent again."""
    fake.answers |= {"Originate": None, "Redirect": None, "CoreShowChannels": None}
    async with linked(fake) as client:
        asked = [
            asyncio.create_task(client.action("Originate")),
            asyncio.create_task(client.action("Redirect")),
            asyncio.create_task(client.channels()),
        ]
        await fake.until(lambda: fake.count("CoreShowChannels") == 1)
        fake.drop()
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [AmiLost] * 3
        with pytest.raises(AmiLost):
            await client.action("Originate")
        assert await following(client) == Disconnected(1)
        assert await following(client) == Connected(2)
        await client.action("Ping")
        assert [fake.count(name) for name in ("Originate", "Redirect", "CoreShowChannels")] == [1, 1, 1]
        assert waiting(client) == 0


@pytest.mark.parametrize("forbidden", ["\r", "\n", "\0", "\r\n\r\nAction: Originate\r\n"])
async def test_nothing_breaks_out_of_a_line(fake: FakeAsterisk, forbidden: str) -> None:
    """CR, LF and NUL are refused in names and values, and not a byte of it is sent."""
    async with linked(fake) as client:
        sent = len(fake.received)
        with pytest.raises(ValueError, match="line break"):
            await client.action("Redirect", Channel="a", Exten=f"b{forbidden}")
        with pytest.raises(ValueError, match="line break"):
            await client.action("Originate", Variable=["A=b", f"C={forbidden}"])
        with pytest.raises(ValueError, match="line break"):
            await client.action(f"Ping{forbidden}")
        with pytest.raises(ValueError, match="name of a header"):
            await client.action("Redirect", **{f"Exten{forbidden}": "b"})  # type: ignore[arg-type]  # no keyword
        assert waiting(client) == 0
        await client.action("Ping")
        assert len(fake.received) == sent + 1


async def test_limits_of_an_action(fake: FakeAsterisk) -> None:
    """128 headers and lines of 1,024 bytes are sent; more is refused, since Asterisk would drop it in silence."""
    async with linked(fake) as client:
        await client.action("Originate", Variable=[f"V{number}=x" for number in range(126)])
        with pytest.raises(ValueError, match="headers"):
            await client.action("Originate", Variable=[f"V{number}=x" for number in range(127)])
        await client.action("DBPut", Val="中" * 339)  # 3 bytes each
        with pytest.raises(ValueError, match="too long"):
            await client.action("DBPut", Val="中" * 340)


async def test_a_list(fake: FakeAsterisk) -> None:
    """A list ends at its end; events in between go their way; a malformed item is left out and counted."""

    def listed(action: Action) -> str:
        head = f"ActionID: {action['ActionID']}\n"
        items = [event("CoreShowChannel", _LISTED, f"node1-1.{number}") for number in range(3)]
        items.insert(1, event("AsyncAGIEnd"))
        items.append(event("CoreShowChannel", _LISTED, "no id"))
        items = [item.replace("Privilege: call,all", head.strip()) if "CoreShow" in item else item for item in items]
        end = f"Event: CoreShowChannelsComplete\r\n{head.strip()}\r\nEventList: Complete\r\nListItems: 4\r\n\r\n"
        return fake.reply(action, "EventList: start\nMessage: Channels will follow") + "".join(items) + end

    fake.answers["CoreShowChannels"] = listed
    async with linked(fake) as client:
        assert [one.uniqueid for one in await client.channels()] == ["node1-1.0", "node1-1.1", "node1-1.2"]
        assert client.stats.malformed == 1
        assert client.events.qsize() == 1
        assert waiting(client) == 0


async def test_a_list_that_is_refused_or_never_ends(fake: FakeAsterisk) -> None:
    """A list that Asterisk refuses, or does not finish, is never returned in part."""
    fake.answers["DBGet"] = lambda action: fake.reply(action, "Message: Database entry not found", "Error")
    async with linked(fake) as client:
        with pytest.raises(AmiRefused):
            await client.listing("DBGet", item_event="DBGetResponse", complete_event="DBGetComplete")
        fake.answers["DBGet"] = lambda action: fake.reply(action, "EventList: start")
        with pytest.raises(AmiTimeout):
            await client.listing("DBGet", seconds=0.02, item_event="DBGetResponse", complete_event="DBGetComplete")
        assert waiting(client) == 0
