"""Emergency tickets over HTTP: who has acknowledged each, who has not, and since when (R7.2)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from common import clock
from tests.case_kit import DETAILS, City, city
from tests.http_kit import TOKEN
from tickets.store.tables import tickets
from tickets.store.tables_work import acknowledgements

EMERGENCY = {**DETAILS, "urgency": "emergency"}


async def declared(at: City, *helpers: str) -> str:
    """An emergency that was sent to the housing department, and to these to help."""
    number = await at.open(details=EMERGENCY)
    sent = await at.move(number, "dispatch", unit="住建局", basis="派单目录", co_handlers=list(helpers))
    assert sent.status == 201, sent.body.decode()
    return number


async def listed(at: City, query: str = "", token: str = TOKEN) -> list[Any]:
    """The emergencies that somebody is shown, read one at a time."""
    found: list[Any] = []
    cursor = ""
    while True:
        answer = await at.get(f"/emergencies?limit=1{query}{cursor}", token)
        assert answer.status == 200, answer.body.decode()
        found += answer.json["emergencies"]
        if answer.json["next"] is None:
            return found
        cursor = f"&cursor={answer.json['next']}"


def numbers(rows: list[Any]) -> list[str]:
    """The numbers of the tickets in a list."""
    return [one["ticket"]["number"] for one in rows]


@pytest.mark.covers("R7.2")
async def test_it_shows_who_has_acknowledged_and_who_has_not(tmp_path: Path, database_url: str) -> None:
    """One unit has by its own word, the other has not; for how long; before it was sent nobody was asked."""
    async with city(tmp_path, database_url) as at:
        fresh = await at.open(details=EMERGENCY)
        number = await declared(at, "城管局")
        assert (await at.move(number, "acknowledge", "urban", channel="telephone")).status == 201
        sent, unsent = await listed(at)
        assert numbers([sent, unsent]) == [number, fresh]
        assert (unsent["acknowledgements"], unsent["waiting"]) == ([], 0)
        assert unsent["declared_at"] == unsent["ticket"]["opened_at"]
        assert sent["waiting"] == 1
        rows = {one["unit"]: one for one in sent["acknowledgements"]}
        told = rows["城管局"]
        assert (told["state"], told["who"], told["channel"]) == ("acknowledged", "u-urban", "telephone")
        assert told["acknowledged_at"] >= told["asked_at"]
        silent = rows["住建局"]
        assert (silent["state"], silent["acknowledged_at"], silent["who"], silent["rank"]) == ("waiting", None, "", 0)
        assert silent["unit_name"] == "市住房和城乡建设局"
        an_hour_ago = acknowledgements.update().values(asked_at=clock.now() - timedelta(hours=1))
        await at.desk.at.database.write(lambda connection: connection.execute(an_hour_ago))
        assert min(one["waited_minutes"] for one in (await listed(at))[0]["acknowledgements"]) >= 59


@pytest.mark.covers("R7.2")
async def test_a_unit_that_has_lost_it_is_void(tmp_path: Path) -> None:
    """Recalled before it was signed, the unit owes no word any more, and it is not written down as one."""
    async with city(tmp_path) as at:
        number = await declared(at)
        assert (await at.move(number, "recall", reason="派错单位")).status == 201
        (row,) = await listed(at)
        (asked,) = row["acknowledgements"]
        assert (asked["state"], asked["acknowledged_at"], asked["who"], row["waiting"]) == ("void", None, "", 0)


@pytest.mark.covers("R7.2", "R14.8", "R25.1", "R25.2")
async def test_each_unit_sees_those_that_concern_it(tmp_path: Path, database_url: str) -> None:
    """Lead and helper see theirs, others none; ordinary and confidential tickets are not there; it is audited."""
    async with city(tmp_path, database_url) as at:
        await at.dispatched()
        both, alone = await declared(at, "城管局"), await declared(at)
        assert numbers(await listed(at)) == numbers(await listed(at, token="housing")) == [alone, both]
        assert numbers(await listed(at, token="urban")) == numbers(await listed(at, "&unit=城管局")) == [both]
        assert await listed(at, token="county") == await listed(at, "&unit=住建局", "urban") == []
        assert ("emergencies.list", both, "") in await at.desk.audited()
        change = tickets.update().where(tickets.c.number == both).values(confidential=True)
        await at.desk.at.database.write(lambda connection: connection.execute(change))
        assert numbers(await listed(at)) == [alone]
        assert await listed(at, token="urban") == []


@pytest.mark.covers("R7.2")
async def test_it_is_narrowed_to_what_still_waits_or_is_open(tmp_path: Path) -> None:
    """Signed is as good as acknowledged; what has ended is found when asked for; none of it hides from the whole."""
    async with city(tmp_path) as at:
        ended, signed, silent = await at.open(details=EMERGENCY), await declared(at), await declared(at)
        assert (await at.move(ended, "answer_at_once", answer="已电话答复")).status == 201
        assert (await at.move(signed, "sign", "housing")).status == 201
        assert numbers(await listed(at)) == [silent, signed, ended]
        assert numbers(await listed(at, "&waiting=true")) == [silent]
        assert numbers(await listed(at, "&open=true")) == [silent, signed]
        assert numbers(await listed(at, "&open=false")) == [ended]


@pytest.mark.covers("R7.2")
async def test_who_was_asked_is_asked_no_more_once_it_is_no_emergency(tmp_path: Path) -> None:
    """A reviewer takes the mark away: it stands in neither list."""
    async with city(tmp_path) as at:
        number = await declared(at)
        seen = await at.seen(number)
        assert (await at.send("PUT", f"/tickets/{number}/details", {"details": DETAILS}, seen=seen)).status == 200
        assert await listed(at) == []
        assert (await at.get("/acknowledgements")).json["acknowledgements"] == []
