"""What waits for a person behind the calls is raised as an alarm, and goes when it is settled."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from hotline.alarms import Alarms
from hotline.outside import exchange_rows
from hotline.outside.aside_api import AsidePages
from hotline.outside.exchange import Exchange
from hotline.outside.exchange_sender import RETRIES as EXCHANGE_RETRIES
from hotline.outside.exchange_sender import ExchangeSender
from hotline.settings_outside import Partner
from hotline.watch import Watch
from tests.city import City, city, heating
from tests.city import at as civil_time
from tests.http_kit import TOKEN, Answer
from tests.outside_kit import served
from tests.sms_gateway import telephones
from tickets.archiving import ArchiveLoop
from tickets.outbox import RETRIES, Outbox
from tickets.outbox_rows import aside
from tickets.ruleset import DEFAULT_RULES
from tickets.store import tables_register

YELLOW = civil_time("2026-11-30T00:00")


@dataclass
class Office:
    """A city whose service looks for what waits."""

    here: City
    alarms: Alarms
    watch: Watch
    looks: int = 0

    async def standing(self) -> dict[str, tuple[str, int]]:
        """After a look: the alarms that stand, with their words and how often each was raised."""
        await self.watch.once()
        # Alarms are written in order, so that this one's end tells that the others are written.
        self.alarms("last", "all before it is written")
        while True:
            found = {one.code: (one.detail, one.times) for one in await self.here.books.calls.alarms()}
            if found.pop("last", ("", 0))[1] > self.looks:
                break
            await asyncio.sleep(0)
        self.looks += 1
        return found


@contextlib.asynccontextmanager
async def office(database_url: str) -> AsyncIterator[Office]:
    """The city, its alarms written as in the service."""
    async with city(database_url) as here:
        alarms = Alarms(here.books.calls)
        writing = asyncio.create_task(alarms.run())
        try:
            yield Office(here, alarms, Watch(here.books.tickets, here.books.calls, alarms, lambda: here.now))
        finally:
            writing.cancel()
            await asyncio.wait({writing})


@pytest.mark.covers("A18")
async def test_a_notice_that_was_put_aside_is_an_alarm_until_it_is_settled(database_url: str) -> None:
    """Tried in vain for hours it is raised once, names nobody, and ends when the notice is sent anew or closed."""
    async with office(database_url) as at, telephones() as phones:

        async def down(_request: web.Request) -> web.Response:
            return web.Response(status=500)

        phones.answer = down
        here = at.here
        ticket = await here.dispatched()
        outbox = Outbox(here.books.tickets, phones.gateway(), lambda: here.now, aside=at.watch.poke)
        for pause in (*RETRIES, RETRIES[0]):
            assert await at.standing() == {}
            await outbox.deliver()
            here.now += pause
        raised = await at.standing()
        assert raised == {"notices.aside": ("1条告知多次未能发出,已搁置;最早的产生于2026-11-24 09:00", 1)}
        assert ticket.caller_number not in json.dumps(raised)
        at.watch.poke()
        assert await at.standing() == raised
        [row] = await here.books.tickets.read(_aside_ids)
        await outbox.retry(row)
        assert await at.standing() == {}


def _aside_ids(connection: Connection) -> list[str]:
    return [str(one.id) for one in aside(connection)]


async def test_what_can_never_be_sent_is_the_offices_and_no_alarm(database_url: str) -> None:
    """A landline gets no message: it is in the office's list, and wakes nobody."""
    async with office(database_url) as at, telephones() as phones:
        ticket = await at.here.submitted(heating(contact="05433123456"))
        await at.here.sent(ticket, "住建局")
        await Outbox(at.here.books.tickets, phones.gateway(), lambda: at.here.now, aside=at.watch.poke).deliver()
        assert len(await at.here.books.tickets.read(_aside_ids)) == 1
        assert await at.standing() == {}


@pytest.mark.covers("R16.2")
async def test_an_exchange_that_was_put_aside_is_an_alarm_seen_and_settled(database_url: str) -> None:
    """The office reads the reason, sends it anew, and closes what need not be sent; then the alarm is over."""
    async with office(database_url) as at, aiohttp.ClientSession() as session:
        here = at.here
        partner = Partner(
            name="police", title="110", our_name="hotline", secret="s" * 43, url=f"http://127.0.0.1:{unused_port()}"
        )
        ticket = await here.submitted()
        await Exchange(here.books.tickets, (partner,), lambda: here.now).hand_over(ticket.id, "police", "转办")
        sender = ExchangeSender(here.books.tickets, (partner,), session, lambda: here.now, aside=at.watch.poke)

        async def give_up() -> None:
            await sender.deliver()
            for pause in EXCHANGE_RETRIES:
                here.now += pause
                await sender.deliver()

        await give_up()
        [(code, (detail, times))] = (await at.standing()).items()
        assert (code, times) == ("exchanges.aside", 1)
        assert detail.startswith("1件与协作单位(police)的交换多次未成,已搁置;最近的原因:对方无法连接")
        pages = AsidePages(here.books.tickets, lambda: here.now, at.watch.poke)
        async with served(here.books, pages) as client:

            async def ask(method: str, address: str, body: Any = None) -> Answer:
                headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
                data = None if body is None else json.dumps(body)
                async with client.request(method, f"/api/v1{address}", headers=headers, data=data) as answer:
                    return Answer(answer.status, answer.headers.copy(), await answer.read())

            [shown] = (await ask("GET", "/failed-exchanges")).json["exchanges"]
            assert (shown["partner"], shown["direction"], shown["ref"]) == ("police", "out", ticket.number)
            assert "无法连接" in shown["error"]
            address = f"/failed-exchanges/{shown['id']}"
            again = await ask("POST", f"{address}/retry")
            assert (again.status, again.json["state"]) == (202, "waiting")
            assert (await ask("POST", f"{address}/retry")).status == 404
            assert await at.standing() == {}
            await give_up()
            assert set(await at.standing()) == {"exchanges.aside"}
            assert (await ask("POST", f"{address}/close", {})).status == 422
            closed = await ask("POST", f"{address}/close", {"why": "已电话转110"})
            assert (closed.status, closed.json["state"]) == (200, "closed")
            assert (await ask("GET", "/failed-exchanges")).json["exchanges"] == []
        assert await at.standing() == {}
        here.now += timedelta(days=9)
        assert await sender.deliver() == 0
        [row] = await here.books.tickets.read(lambda connection: exchange_rows.of_ticket(connection, ticket.id))
        assert (row.state, row.error) == ("closed", "api.token了结：已电话转110")


async def test_an_exchange_that_cannot_be_made_keeps_no_other_waiting(database_url: str) -> None:
    """Whatever goes wrong with one is its reason in the end; the sender goes on."""
    async with office(database_url) as at, aiohttp.ClientSession() as session:
        here = at.here
        partner = Partner(name="police", title="110", our_name="hotline", secret="s" * 43, url="http://127.0.0.1:9")
        exchange = Exchange(here.books.tickets, (partner,), lambda: here.now)
        tickets = [await here.submitted() for _ in range(2)]
        for ticket in tickets:
            await exchange.hand_over(ticket.id, "police", "转办")

        class Sender(ExchangeSender):
            async def _post(self, partner: Partner, url: str, content: object) -> bytes:
                raise KeyError(partner.name, url, content)

        sender = Sender(here.books.tickets, (partner,), session, lambda: here.now)
        for pause in (*EXCHANGE_RETRIES, EXCHANGE_RETRIES[0]):
            assert await sender.deliver() == len(tickets)
            here.now += pause
        [(detail, _)] = (await at.standing()).values()
        assert detail.endswith("本系统出错:KeyError")


@pytest.mark.covers("R3.3")
async def test_a_timer_that_keeps_failing_is_an_alarm_until_it_has_fired(database_url: str) -> None:
    """Its rule set was lost: after three failures kind, count and ticket are said; mended it fires, and it is over."""
    async with office(database_url) as at:
        here = at.here
        lost = replace(DEFAULT_RULES, version="v2", valid_from=date(2026, 11, 1))
        await here.books.tickets.put(lost, at=here.now)
        bad = await here.signed()
        table = tables_register.rule_sets

        def forget(connection: Connection) -> None:
            connection.execute(table.delete().where(table.c.version == "v2"))
            connection.execute(tables_register.register_version.update().values(version=99))

        await here.books.database.write(forget)
        now = YELLOW
        for minutes in (1, 2, 4):
            assert (await here.tick(now)).failed == 1
            now += timedelta(minutes=minutes)
            if minutes < 4:
                assert await at.standing() == {}
        said = f"计时事项多次未能执行:工单{bad.number}的「黄牌:办理期限只剩最后时间」3次"
        assert await at.standing() == {"timers.failing": (said, 1)}
        await here.books.tickets.put(lost, at=here.now)
        assert (await here.tick(now)).fired == 1
        assert await at.standing() == {}


async def test_the_watch_outlives_a_database_that_does_not_answer(database_url: str) -> None:
    """Refused once, it looks again when it is poked."""
    async with office(database_url) as at:
        looked = asyncio.Event()

        class Refusing(Watch):
            refusals = 1

            async def once(self) -> None:
                if self.refusals:
                    self.refusals -= 1
                    self.poke()
                    raise OperationalError("select", {}, Exception("gone"))
                await super().once()
                looked.set()

        books = at.here.books
        running = asyncio.create_task(Refusing(books.tickets, books.calls, at.alarms, lambda: at.here.now).run())
        async with asyncio.timeout(30):
            await looked.wait()
        running.cancel()
        await asyncio.wait({running})


@pytest.mark.covers("R14.8")
async def test_an_archive_that_fails_is_an_alarm_and_ends_nothing_else() -> None:
    """Whatever goes wrong is said each hour, and taken back by the first look that succeeds."""
    said: list[str] = []
    outcomes: list[int | Exception] = [ValueError("a ticket"), 0, 0]

    class Archive(ArchiveLoop):
        async def once(self) -> int:
            outcome = outcomes.pop(0)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

    async def sleep(_seconds: float) -> None:
        if not outcomes:
            raise asyncio.CancelledError

    loop = Archive(
        None,  # type: ignore[arg-type]  # its looks are told above
        sleep=sleep,
        alarm=lambda code, detail: said.append(f"{code} {detail}"),
        over=lambda code: said.append(f"{code} over"),
    )
    with pytest.raises(asyncio.CancelledError):
        await loop.run()
    assert said == ["archive 办结的工单未能归档,一小时后再试:ValueError", "archive over"]
