"""A report whose caller is to stay unknown goes through its whole life: nothing a unit can get tells who it was."""

from __future__ import annotations

import contextlib
import io
import itertools
import logging
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import structlog

from common import clock
from common.api.operation import Operation, operations
from hotline.outside.aside_api import AsidePages
from hotline.outside.exchange import Exchange
from hotline.outside.exchange_api import ExchangePages
from hotline.settings_outside import Partner
from tests import files_kit
from tests.books import Books, call, track
from tests.case_kit import ANSWER, PEOPLE, City, city
from tests.http_kit import TOKEN, Answer
from tickets.notice_api import NoticePages
from tickets.outbox import Outbox

NAME, PHONE, ADDRESS = "欧阳漏名", "13899887766", "渤海漏址路77号"
SECRET, IDENTITY, OWNER = "漏密语", "372301199001011234", "漏业主"
MATTER = (
    f"局里有人收钱。我是{NAME}，电话138-9988-7766，身份证{IDENTITY}，家住{ADDRESS}，我家开店，暗号{SECRET}，请查处。"
)
FOR_UNITS = "反映有关人员收取好处，请查处核实。"
DETAILS = {
    "matter": MATTER,
    "nature": "complaint",
    "category": "街道",
    "place": "滨城区",
    "address": ADDRESS,
    "caller_name": NAME,
    "contact": PHONE,
    "hide_identity": True,
    "about": "住建局",
    "fields": {"业主姓名": OWNER},
}
#: In any form in which the house shows or keeps them.
MARKERS = (NAME, "欧*", PHONE, "138****7766", "138-9988-7766", "9988", ADDRESS, "漏址", SECRET, IDENTITY, OWNER, "漏图")
#: What people of level 1 write with a step although they should not.
CARELESS = f"{NAME}（{PHONE}）很急，住{ADDRESS}"
UNITS = tuple(token for token, one in PEOPLE.items() if one.unit != "12345")
PARTNER = Partner(name="police", title="110", our_name="hotline", secret="s" * 43, url="http://127.0.0.1:9")
#: What an address wants to be told beside it.
ASKED = {
    "/api/v1/search/tickets": [
        f"query={quote(words)}&order={order}"
        for order in ("newest", "relevance")
        for words in ("查处", "收取", "收钱", SECRET, NAME, "漏址路", "开店")
    ],
    "/api/v1/tickets": [f"number={PHONE}", "call=node-1.1", "open=true", "open=false"],
    "/api/v1/archive/tickets": [f"archive_class={quote('一般')}&year={clock.civil(clock.now()).year}"],
    "/api/v1/knowledge/entries": [f"query={quote(SECRET)}"],
    "/api/v1/deadlines": ["received=2026-11-24T09:00:00%2B08:00"],
}


@dataclass
class Life:
    """The ticket, those who act on it, and every word that came back to a unit."""

    at: City
    number: str = ""
    heard: list[tuple[str, str, str]] = field(default_factory=list)

    async def do(self, method: str, path: str, body: object, token: str = TOKEN, seen: str = "") -> Answer:
        """One request; what a unit is told is kept."""
        answer = await self.at.send(method, path, body, token, seen=seen)
        self._hear(token, f"{method} {path}", answer)
        return answer

    async def move(self, move: str, token: str = TOKEN, *, expect: int = 201, **told: Any) -> Answer:
        """One move, having looked just now unless ``seen`` says otherwise."""
        tag = told.pop("seen", "") or await self.at.seen(self.number, token)
        answer = await self.do("POST", f"/tickets/{self.number}/moves", {"move": move, **told}, token, tag)
        assert answer.status == expect, (move, answer.body.decode())
        return answer

    async def get(self, path: str, token: str) -> Answer:
        """Read an address under /api/v1."""
        answer = await self.at.desk.get(path, token=token)
        self._hear(token, path, answer)
        return answer

    def _hear(self, token: str, what: str, answer: Answer) -> None:
        if token in UNITS:
            told = answer.body.decode(errors="replace") + repr(dict(answer.headers))
            self.heard.append((token, f"{what} {answer.status}", told))


@contextlib.contextmanager
def logged() -> Iterator[io.StringIO]:
    """All that the service logs at debug level, with errors in full, as it is set up in ``hotline.logs``."""
    before, text = structlog.get_config(), io.StringIO()
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        logger_factory=structlog.WriteLoggerFactory(file=text),
        cache_logger_on_first_use=False,
    )
    # Of libraries the service logs nothing below a warning.
    listening = logging.StreamHandler(text)
    listening.setLevel(logging.WARNING)
    logging.getLogger().addHandler(listening)
    try:
        yield text
    finally:
        logging.getLogger().removeHandler(listening)
        structlog.configure(**before)


def beside(at: Books) -> Iterable[Operation]:
    """What the service serves beside the usual pages of tests."""

    async def sent(*_: object) -> None:
        raise AssertionError("nothing is sent here")

    exchange = Exchange(at.tickets, (PARTNER,), clock.now)
    outbox = Outbox(at.tickets, sent, clock.now)  # type: ignore[arg-type]  # nothing is sent here
    pages = (ExchangePages(at.tickets, exchange), AsidePages(at.tickets, clock.now), NoticePages(at.tickets, outbox))
    return [one for page in pages for one in operations(page)]


async def lived(life: Life) -> None:
    """From the call to the archive, with every move that a unit can make and every careless word of level 1."""
    at, books = life.at, life.at.desk.at
    await books.calls.save(call(number=PHONE, claimed_number=PHONE))
    await books.calls.save_recordings([track()])
    life.number = await at.open(details=DETAILS, number=PHONE, call="node-1.1")
    number = life.number
    told = await life.do("PUT", f"/tickets/{number}/details", {"details": DETAILS | {"urgency": "urgent"}}, seen='"1"')
    assert told.status == 200
    letter = await at.desk.bring(
        f"/api/v1/tickets/{number}/attachments?name={quote('漏图.png')}", files_kit.PNG, **{"X-Test": "1"}
    )
    assert letter.status == 201
    county: dict[str, Any] = {"unit": "滨城区", "basis": "属地", "reason": CARELESS}
    refused = await life.move("dispatch", expect=409, **county)
    assert refused.json["type"].endswith("not-for-units")
    assert not [marker for marker in MARKERS if marker in refused.json["proposal"] and marker != SECRET]
    for careless in (MATTER, f"{FOR_UNITS}{NAME}", f"{FOR_UNITS}138 9988 7766", f"{FOR_UNITS}{ADDRESS}"):
        await life.move("dispatch", expect=409, **county, for_unit=careless)
    await life.move("dispatch", expect=409, unit="住建局", basis="属地", for_unit=FOR_UNITS)
    await life.move("dispatch", **county, for_unit=FOR_UNITS)
    old = await at.seen(number, "county")
    await life.move("sign", "county")
    await life.move("supplement", role="caller", matter=f"我是{NAME}，{SECRET}", remark=CARELESS)
    await life.move("urge", role="caller", remark=CARELESS)
    await life.move("pass_down", "county", seen=old, expect=412, unit="市西街道")
    await life.move("pass_down", "county", unit="市西街道")
    await life.move("sign", "street")
    await life.move("request_return", "street", reason="不属本单位职责", basis="三定方案", suggestion="转区级")
    await life.move("refuse_return", "county", reason="请继续办理")
    await life.move("name_co_handlers", co_handlers=["城管局"])
    await life.do("POST", f"/tickets/{number}/moves", {"move": "sign"}, "housing", '"3"')
    await life.move("finish_task", "urban", result="已协查")
    await life.move("request_extension", "street", reason="情况复杂", working_days=2)
    await life.move("endorse_extension", "county")
    await life.move("approve_extension")
    await life.move("record_extension_notice", notice_id="n1", reason=CARELESS)
    for last in (False, True):
        await life.do("POST", f"/tickets/{number}/feedback-check", {"result": "室温达标"}, "street")
        answer: dict[str, Any] = {**ANSWER, "answered_at": clock.now().isoformat()}
        await life.move("submit_answer", "street", **answer)
        await life.move("approve_answer", "county")
        if not last:
            await life.move(
                "record_callback", callback="dissatisfied", solved=False, opinions=CARELESS, remark=CARELESS
            )
            await life.move("propose_finding", reasonable=True, reason=CARELESS)
            await life.move("send_back", reason=CARELESS, remark=CARELESS)
    handed = await life.do("POST", f"/tickets/{number}/exchanges", {"partner": "police", "reason": CARELESS})
    assert handed.status == 202, handed.body.decode()
    await life.move("close", callback="satisfied", solved=True, opinions=CARELESS)
    await inspected(life)


async def inspected(life: Life) -> None:
    """The county and level 1 each look at what the street has handled; level 1 writes more than it should."""
    now = clock.now()
    period = {"since": (now - timedelta(days=1)).isoformat(), "until": (now + timedelta(days=1)).isoformat()}
    for token in ("county", TOKEN):
        drawn = await life.do("POST", "/inspections", {**period, "percent": 100}, token)
        assert drawn.status == 201, drawn.body.decode()
        place = f"/inspections/{drawn.json['id']}/tickets/{life.number}"
        words = CARELESS if token == TOKEN else "没有见面"
        finding = {
            "result": "deficient",
            "points": ["not_contacted"],
            "remark": words,
            "demand": words,
            "working_days": 3,
        }
        found = await life.do("POST", f"{place}/finding", finding, token)
        assert found.status == 201, found.body.decode()
        for other in UNITS:
            await life.do("POST", f"{place}/correction", {"answer": "已说明"}, other)


async def walked(life: Life) -> dict[str, set[int]]:
    """Every address that can be read, with every id there is, with and without a reason, by each unit."""
    app = life.at.desk.build()
    routes = {
        route.resource.canonical
        for route in app.router.routes()
        if route.method == "GET" and route.resource is not None and route.resource.canonical.startswith("/api/v1/")
    }
    ids = await known_ids(life)
    found: dict[str, set[int]] = {}
    for path, token in itertools.product(sorted(routes), UNITS):
        names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        for values in itertools.product(*([life.number] if name == "number" else ids for name in names)):
            address = path
            for name, value in zip(names, values, strict=True):
                address = address.replace(f"{{{name}}}", quote(value))
            for query in ("", "reveal=" + quote("回访核实"), *ASKED.get(path, ())):
                answer = await life.get(f"{address}?{query}" if query else address, token)
                found.setdefault(path, set()).add(answer.status)
    return found


async def known_ids(life: Life) -> list[str]:
    """Ids of everything that has one, as level 1 knows them."""
    files = (await life.at.get(f"/tickets/{life.number}/attachments")).json["attachments"]
    samples = (await life.at.get("/inspections")).json["inspections"]
    return [*(one["id"] for one in (*files, *samples)), "node-1.1", "track-1", life.number]


@contextlib.asynccontextmanager
async def a_life(folder: Path, database_url: str) -> AsyncIterator[Life]:
    """A city in which the ticket has lived."""
    async with city(folder, database_url, more=beside) as at:
        life = Life(at)
        await lived(life)
        yield life


@pytest.mark.timeout(300)
@pytest.mark.covers("A16", "R25.2")
async def test_nothing_that_a_unit_can_get_tells_who_reported(tmp_path: Path, database_url: str) -> None:
    """No answer to any unit, no error and no log line has name, number, address, words or file of the reporter.

    The units that handle it read the confirmed text; the unit complained of does not even learn that there is a ticket.
    """
    with logged() as log:
        async with a_life(tmp_path, database_url) as life:
            statuses = await walked(life)
            for token, text in itertools.product(UNITS, (FOR_UNITS, MATTER, f"{SECRET} {NAME}")):
                await life.do("POST", "/search/similar", {"text": text}, token)
            whole = (await life.at.get(f"/tickets/{life.number}?reveal=核实")).body.decode()
    assert all(marker in whole for marker in (NAME, PHONE, ADDRESS, SECRET, OWNER))
    leaks = {(what, marker) for _, what, told in life.heard for marker in MARKERS if marker in told}
    assert not leaks
    assert not [marker for marker in MARKERS if marker in log.getvalue()]
    assert not [what for token, what, told in life.heard if token == "housing" and life.number in told]
    read = {token for token, what, told in life.heard if FOR_UNITS in told}
    assert {"county", "street"} <= read
    assert "housing" not in read
    silent = {path for path, seen in statuses.items() if not seen & {200, 401, 403, 404, 409}}
    assert not silent
    reached = {path for path, seen in statuses.items() if 200 in seen}
    assert {f"/api/v1/tickets/{{number}}{rest}" for rest in ("", "/links", "/attachments", "/exchanges")} <= reached
    assert {f"/api/v1/{one}" for one in ("tickets", "search/tickets", "exports/tickets.csv", "archive")} <= reached
