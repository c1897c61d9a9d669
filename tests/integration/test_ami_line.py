"""The line comes up, is watched, is lost and comes back: against a TCP fake that misbehaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from ivr.ami.client import AmiClient, LinkState
from ivr.ami.events import AsyncAgiEnd, Connected, Disconnected
from ivr.ami.messages import AmiLost
from tests.ami_fake import BOOTED, CALL_ID, CHANNEL, Action, FakeAsterisk, event, following, linked, running

_END = AsyncAgiEnd(CALL_ID, CHANNEL)


@pytest.fixture
async def fake() -> AsyncIterator[FakeAsterisk]:
    """A fake Asterisk that behaves until told otherwise."""
    async with FakeAsterisk() as server:
        yield server


async def _until(client: AmiClient, state: LinkState) -> None:
    async with asyncio.timeout(20):
        while client.state is not state:  # noqa: ASYNC110 - the state is what operators look at; it has no event
            await asyncio.sleep(0.005)


async def test_up(fake: FakeAsterisk) -> None:
    """Logged in and booted, the line is up, and said so once."""
    async with linked(fake) as client:
        assert client.connected
        assert (client.state, client.session) == (LinkState.UP, 1)
        await fake.send(BOOTED + event("AsyncAGIEnd"))
        assert await following(client) == _END
    assert not client.connected
    assert client.events.get_nowait() == Disconnected(1)


async def test_events_of_the_same_read_as_the_login_follow_connected(fake: FakeAsterisk) -> None:
    """What stands in one read with the answer to the login comes after ``Connected``, and nothing before it."""
    login = fake.answers["Login"]
    assert login is not None
    fake.answers["Login"] = lambda action: event("AsyncAGIEnd") + login(action) + event("AsyncAGIEnd")
    async with linked(fake) as client:
        assert await following(client) == _END
        assert client.events.empty()
        assert client.stats.early == 1


async def test_an_asterisk_that_still_loads(fake: FakeAsterisk) -> None:
    """Until Asterisk is fully booted the line is not up: no action is sent, no event believed."""
    fake.boots = False
    async with running(fake, ping_seconds=0.02) as client:
        await _until(client, LinkState.BOOTING)
        await fake.until(lambda: fake.count("Ping") > 1)
        await fake.send(event("AsyncAGIEnd"))
        with pytest.raises(AmiLost):
            await client.action("Originate")
        await fake.send(BOOTED)
        assert await following(client) == Connected(1)
    assert client.stats.early == 1
    assert fake.count("Originate") == 0


async def test_an_account_that_never_hears_of_the_boot(fake: FakeAsterisk) -> None:
    """An account without the class ``system`` is named as the fault."""
    fake.boots = False
    with capture_logs() as logs:
        async with running(fake, ping_seconds=0.01, boot_seconds=0.03):
            await fake.until(lambda: fake.count("Login") > 1)
    assert "read class system" in logs[0]["why"]


async def test_wrong_password(fake: FakeAsterisk) -> None:
    """A refused login is one alarm, however often it is tried again, and never ``Connected``."""
    fake.answers["Login"] = lambda action: fake.reply(action, "Message: Authentication failed", "Error")
    with capture_logs() as logs:
        async with running(fake, refused_seconds=0.02) as client:
            await _until(client, LinkState.REFUSED)
            await fake.until(lambda: fake.count("Login") == 5)
            await _until(client, LinkState.REFUSED)
            assert client.events.empty()
            # Somebody corrects the password: it is tried again by itself.
            fake.answers["Login"] = fake._login
            assert await following(client) == Connected(1)
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == ["ami_login_refused"]


async def test_wrong_password_is_no_storm(fake: FakeAsterisk) -> None:
    """With the pauses in force a refused login is not tried again within the next second, nor the next 29."""
    fake.answers["Login"] = lambda action: fake.reply(action, "Message: Authentication failed", "Error")
    async with running(fake) as client:
        await _until(client, LinkState.REFUSED)
        await asyncio.sleep(1)
        assert (fake.connections, fake.count("Login")) == (1, 1)
        assert client._refused_seconds / 2 >= 30


async def test_a_refusal_that_is_not_of_the_password(fake: FakeAsterisk) -> None:
    """An Asterisk that is shutting down refuses the login too; the line then comes back at the usual pace."""
    fake.answers["Login"] = lambda action: fake.reply(action, "Message: Asterisk is shutting down", "Error")
    async with running(fake) as client:
        await fake.until(lambda: fake.count("Login") > 1)
        fake.answers["Login"] = fake._login
        assert await following(client) == Connected(1)


async def test_the_password_goes_to_asterisk_only(fake: FakeAsterisk) -> None:
    """Whatever else answers at the port does not get the password."""
    fake.banner = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    with capture_logs() as logs:
        async with running(fake):
            await _connections(fake, 3)
    assert fake.received == []
    assert [entry["event"] for entry in logs] == ["ami_unreachable"]


async def test_a_server_that_says_nothing(fake: FakeAsterisk) -> None:
    """A port that opens and stays silent is given up, and tried again."""
    fake.banner = b"Asterisk Call"
    async with running(fake, connect_seconds=0.02):
        await _connections(fake, 2)
    assert fake.received == []


async def test_half_open(fake: FakeAsterisk) -> None:
    """A line on which nothing comes any more is found, without anything being sent to find out."""
    async with linked(fake, ping_seconds=0.02, pong_seconds=0.05) as client:
        fake.deaf = True
        assert await following(client) == Disconnected(1)
        fake.deaf = False
        assert await following(client) == Connected(2)


async def test_half_open_is_found_within_ten_seconds() -> None:
    """With the times in force a dead line is found within 10 s."""
    client = AmiClient("127.0.0.1", 1, "hotline", "x")
    assert client._ping_seconds + client._pong_seconds < 10


async def test_a_busy_asterisk_is_not_dead(fake: FakeAsterisk) -> None:
    """While events come the line is alive, though pings are not answered."""
    fake.answers["Ping"] = None
    async with linked(fake, ping_seconds=0.01, pong_seconds=0.4) as client:
        while client.stats.timeouts < 1:
            await fake.send(event("AsyncAGIEnd"))
            assert await following(client) == _END
            await asyncio.sleep(0.02)
        assert client.connected


async def test_lost_and_found(fake: FakeAsterisk) -> None:
    """A lost connection is missed at once and found again; the stream has no event of a session after its end."""
    async with linked(fake) as client:
        for session in range(1, 5):
            await fake.send(event("AsyncAGIEnd"))
            assert await following(client) == _END
            fake.drop()
            assert await following(client) == Disconnected(session)
            assert await following(client) == Connected(session + 1)
    assert client.stats.sessions == 5


async def test_a_lost_line_is_no_storm(fake: FakeAsterisk) -> None:
    """A line that is lost as soon as it is up is sought ever more slowly, and so is one that is not there."""

    def drop(_: Action) -> str:
        fake.drop()
        return ""

    fake.answers["Ping"] = drop
    async with running(fake, ping_seconds=0.001, retry_seconds=(0.1, 2.0)):
        await asyncio.sleep(1)
    assert 2 <= fake.connections <= 5


async def test_nobody_listens() -> None:
    """No Asterisk at all is one warning, however often it is sought, and nothing can be sent."""
    fake = FakeAsterisk()
    async with fake:
        pass
    with capture_logs() as logs:
        async with running(fake) as client:
            await asyncio.sleep(0.3)
            with pytest.raises(AmiLost):
                await client.action("Ping")
    assert [entry["event"] for entry in logs] == ["ami_unreachable"]


async def _connections(fake: FakeAsterisk, count: int) -> None:
    async with asyncio.timeout(20):
        while fake.connections < count:  # noqa: ASYNC110 - the fake is told of actions, and none comes here
            await asyncio.sleep(0.005)
