"""What is not allowed, not understood or not there ends as a problem that says what to do; health; the page."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest

from hotline.http import serve
from tests.asterisk_process import free_port
from tests.books import call
from tests.http_kit import TOKEN, desk

ADDRESSES = [
    "/api/v1/calls",
    "/api/v1/calls/x",
    "/api/v1/recordings/x/audio",
    "/api/v1/alarms",
    "/api/v1/figures",
    "/api/v1/tickets",
    "/api/v1/tickets/x",
    "/api/v1/unknown",
]


@pytest.mark.covers("R25.2")
async def test_without_the_token_nothing_is_told(tmp_path: Path) -> None:
    """No token, a wrong one, its beginning, another scheme: 401 everywhere, even where there is nothing."""
    async with desk(tmp_path) as at:
        for address in ADDRESSES:
            for token in (None, "", "wrong", TOKEN[:-1], TOKEN + "x", "é"):
                answer = await at.get(address, token=token)
                assert (answer.status, answer.is_problem) == (401, True)
                assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert (await at.get(address, token=None, Authorization=f"Basic {TOKEN}")).status == 401
        assert (await at.get("/api/v1/figures", token=None, Authorization=f"bearer {TOKEN}")).status == 200


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=201",
        "limit=99999999999999999999999999",
        "limit=１",
        "limit=",
        "limit=1&limit=2",
        "cursor=",
        "cursor=nonsense",
        "cursor=%00",
        "cursor=" + "A" * 5000,
        "cursor=OTk5OTk5OTk5OTk5OTk5OTk5IHg",
        "outcome=won",
        "outcome=",
        "number=abc",
        "number=%2B",
        "number=1' OR 1=1--",
        "number=" + "1" * 21,
        "since=yesterday",
        "since=0001-01-01",
        "since=9999-12-31T23:59:59-23:59",
        "until=2026-02-30",
        "until=" + "2" * 5000,
        "reveal=",
        "reveal=x",
        "reveal=%0A%0A%0A",
        "reveal=" + quote("长" * 201),
        "reveal=%ff%fe",
        "unknown=1",
    ],
)
async def test_a_parameter_that_is_no_good_is_named(tmp_path: Path, query: str) -> None:
    """Wrong, absurd and hostile values are 400 with a detail that names the parameter; nothing is audited."""
    async with desk(tmp_path) as at:
        answer = await at.get(f"/api/v1/calls?{query}")
        assert (answer.status, answer.is_problem) == (400, True), answer.body
        named = query.partition("=")[0]
        assert f"参数 {named}：" in answer.json["detail"] or named == "unknown"
        assert await at.audited() == []


async def test_no_query_is_a_fault(tmp_path: Path) -> None:
    """Whatever bytes stand in a query, the answer is data or a problem of the caller's, never a fault of ours."""
    chance = random.Random(12345)  # noqa: S311 - makes test data, the same each time
    names = ["limit", "cursor", "outcome", "number", "since", "until", "reveal"]
    pieces = [
        b"1",
        b"9" * 30,
        b"-",
        b"+",
        b"\x00",
        b"\xff",
        b"\xed\xa0\x80",
        b"T",
        b":",
        b"2026-11-24",
        b"\n",
        "号".encode(),
        b"=",
        b"%",
    ]
    async with desk(tmp_path) as at:
        await at.at.calls.save(call())
        for _ in range(300):
            value = b"".join(chance.choices(pieces, k=chance.randrange(5)))
            answer = await at.get(f"/api/v1/calls?{chance.choice(names)}={quote(value)}")
            assert answer.status == 200 or (answer.status == 400 and answer.is_problem), value


async def test_ids_from_elsewhere_are_not_found(tmp_path: Path) -> None:
    """Ids that nothing of ours can have are 404, without a question to the database that it could choke on."""
    async with desk(tmp_path) as at:
        for name in ("%00", "..%2F..%2Fetc%2Fpasswd", "a" * 2000, quote("通话"), "'%20OR%201=1", "%ff"):
            for address in (f"/api/v1/calls/{name}", f"/api/v1/tickets/{name}", f"/api/v1/recordings/{name}/audio"):
                answer = await at.get(address)
                assert (answer.status, answer.is_problem) == (404, True), address


async def test_other_methods_and_addresses_are_problems_too(tmp_path: Path) -> None:
    """405 says which methods there are, 404 where to look; both in the same form."""
    async with desk(tmp_path) as at:
        assert (await at.get("/nowhere")).is_problem
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with at.client.post("/api/v1/calls", headers=headers) as answer:
            assert answer.status == 405
            assert answer.content_type == "application/problem+json"
            assert "GET" in answer.headers["Allow"]


async def test_a_fault_of_ours_shows_nothing_of_the_inside(tmp_path: Path) -> None:
    """A row that nobody can read is a 500 problem without trace or text of the error."""
    async with desk(tmp_path) as at:
        await at.at.calls.save(call())
        await at.at.database.write(lambda connection: connection.exec_driver_sql("UPDATE calls SET outcome = 'odd'"))
        answer = await at.get("/api/v1/calls")
        assert (answer.status, answer.is_problem) == (500, True)
        assert b"odd" not in answer.body


async def test_health_says_whether_the_process_is_up_and_ready(tmp_path: Path) -> None:
    """Healthz needs nothing; readyz names the part that is missing and is then 503; neither needs a token."""
    async with desk(tmp_path / "up") as at:
        assert (await at.get("/healthz", token=None)).json == {"status": "ok"}
        ready = await at.get("/readyz", token=None)
        assert (ready.status, ready.json) == (200, {"ready": True, "database": True, "asterisk": True})
    async with desk(tmp_path / "down", ami_up=False) as at:
        assert (await at.get("/healthz", token=None)).status == 200
        ready = await at.get("/readyz", token=None)
        assert (ready.status, ready.json) == (503, {"ready": False, "database": True, "asterisk": False})


async def test_every_answer_is_hardened(tmp_path: Path) -> None:
    """No answer is kept by caches, framed, sniffed or run with foreign scripts, failures included."""
    async with desk(tmp_path) as at:
        for address in ("/", "/page.js", "/healthz", "/api/v1/calls", "/api/v1/calls?limit=0", "/nowhere"):
            headers = (await at.get(address)).headers
            assert headers["Cache-Control"] == "no-store"
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert "unsafe" not in headers["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
            assert "Server" not in headers


async def test_the_page_stands_on_its_own(tmp_path: Path) -> None:
    """One page in Chinese; all that it loads is served here, and nothing in it is inline or from elsewhere."""
    async with desk(tmp_path) as at:
        page = await at.get("/", token=None)
        assert (page.status, page.headers["Content-Type"]) == (200, "text/html")
        html = page.body.decode()
        assert 'lang="zh-CN"' in html
        assert not re.search(r"\son\w+=|style=|<style|<script>|https?://", html)
        loaded = re.findall(r'(?:src|href)="(/[^"]*)"', html)
        assert sorted(loaded) == ["/page.css", "/page.js", "/signin.js"]
        for address in loaded:
            assert (await at.get(address, token=None)).status == 200
        scripts = [(await at.get(f"/{name}.js", token=None)).body.decode() for name in ("page", "signin")]
        script = "".join(scripts)
        assert "innerHTML" not in script
        assert set(re.findall(r'at\("([a-z-]+)"\)', script)) <= set(re.findall(r'id="([a-z-]+)"', html))


async def test_serving_ends_when_it_is_told_and_says_when_it_cannot_begin(tmp_path: Path) -> None:
    """Served on a port of its own until cancelled; a second server on that port is an OSError at once."""
    async with desk(tmp_path) as at:
        app = at.build()
        port = free_port()
        serving = asyncio.create_task(serve(app, "127.0.0.1", port))
        async with aiohttp.ClientSession() as session:
            while True:
                with contextlib.suppress(aiohttp.ClientConnectorError):
                    async with session.get(f"http://127.0.0.1:{port}/healthz") as answer:
                        assert await answer.json() == {"status": "ok"}
                        break
                await asyncio.sleep(0.01)
            with pytest.raises(OSError, match=str(port)):
                await serve(at.build(), "127.0.0.1", port)
            serving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await serving
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.get(f"http://127.0.0.1:{port}/healthz")
