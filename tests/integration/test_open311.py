"""Open311 GeoReport v2: its shapes in JSON and XML, and that nothing private is in them (R25.2)."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema  # type: ignore[import-untyped]  # it publishes no types
import pytest

from hotline.outside.open311 import Open311
from hotline.settings_outside import Outside
from tests import open311_schemas as shapes
from tests.city import CLERK, City, city, handler, heating, lamp
from tests.http_kit import Answer
from tests.outside_kit import Client, served
from tickets.attachment_shelf import Shelf
from tickets.catalogue import Category
from tickets.details import Nature
from tickets.model import Channel, Status, Ticket
from tickets.workflow_moves import Move
from tickets.workflow_terms import CallbackResult, Facts

KEY = "a" * 40
BASE = "/open311/v2"


@dataclass
class App:
    """An application for citizens that speaks Open311."""

    here: City
    client: Client

    async def get(self, address: str) -> Answer:
        """Fetch one address."""
        async with self.client.get(address) as answer:
            return Answer(answer.status, answer.headers.copy(), await answer.read())

    async def json(self, address: str, shape: dict[str, Any]) -> Any:
        """Fetch JSON, which must have its published shape."""
        answer = await self.get(address)
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        jsonschema.validate(answer.json, shape)
        return answer.json

    async def post(self, form: str = "json", **fields: str) -> Answer:
        """Hand in a request."""
        async with self.client.post(f"{BASE}/requests.{form}", data=fields) as answer:
            return Answer(answer.status, answer.headers.copy(), await answer.read())


@contextlib.asynccontextmanager
async def app(database_url: str, folder: Path) -> AsyncIterator[App]:
    """The interface on the small city."""
    settings = Outside.model_validate({"open311_clients": [{"name": "app", "api_key": KEY}]})
    async with city(database_url) as here:
        books = here.books
        shelf = Shelf(folder / "attachments", 1024)
        pages = Open311(books.desk, books.tickets, shelf, settings, lambda: here.now)
        async with served(books, outside=pages.routes()) as client:
            yield App(here, client)


async def public_one(here: City, **changed: Any) -> Ticket:
    """A ticket that may be public, with a unit."""
    return await here.signed("滨城区", lamp(**changed))


@pytest.mark.covers("R4.1")
async def test_services_and_definitions_have_their_shape(database_url: str, tmp_path: Path) -> None:
    """The leaves of the category tree; what a category asks for beside are its attributes."""
    async with app(database_url, tmp_path) as who:
        found = await who.json(f"{BASE}/services.json", shapes.SERVICES)
        assert [(one["service_code"], one["metadata"], one["group"]) for one in found] == [
            ("供暖", True, "城乡建设"),
            ("公开", False, "政府信息公开"),
            ("路灯", False, "城乡建设"),
        ]
        definition = await who.json(f"{BASE}/services/供暖.json", shapes.DEFINITION)
        assert [one["code"] for one in definition["attributes"]] == ["小区"]
        missing = await who.get(f"{BASE}/services/城建.json")
        assert missing.status == 404
        jsonschema.validate(missing.json, shapes.ERRORS)
        await who.json("/open311/discovery.json", shapes.DISCOVERY)


@pytest.mark.covers("R4.1")
async def test_xml_says_the_same_as_json(database_url: str, tmp_path: Path) -> None:
    """Every answer in XML has the elements of the specification and the values of the JSON."""
    async with app(database_url, tmp_path) as who:
        await public_one(who.here)
        for address, root, member in (
            (f"{BASE}/services", "services", "service"),
            (f"{BASE}/requests", "service_requests", "request"),
        ):
            said = (await who.get(f"{address}.json")).json
            answer = await who.get(f"{address}.xml")
            assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
            assert answer.body.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
            tree = ET.fromstring(answer.body)  # noqa: S314 - what this test itself has had made
            assert tree.tag == root
            assert [one.tag for one in tree] == [member] * len(said)
            for element, record in zip(tree, said, strict=True):
                texts = {child.tag: child.text for child in element}
                assert texts == {
                    name: None if value in (None, "") else str(value).lower() if isinstance(value, bool) else value
                    for name, value in record.items()
                }
        definition = ET.fromstring((await who.get(f"{BASE}/services/供暖.xml")).body)  # noqa: S314 - likewise
        assert [one.findtext("code") for one in definition.iter("attribute")] == ["小区"]
        errors = ET.fromstring((await who.get(f"{BASE}/requests/20261124-999999.xml")).body)  # noqa: S314 - likewise
        assert errors.findtext("error/code") == "404"


@pytest.mark.covers("R25.1", "R25.2", "A16")
async def test_nothing_private_is_public(database_url: str, tmp_path: Path) -> None:
    """No caller's word, name, number or address; no confidential, unreviewed, personal or hidden ticket at all."""
    async with app(database_url, tmp_path) as who:
        here = who.here
        private = {
            "matter": "我叫王二, 住5号楼",
            "caller_name": "王二",
            "contact": "13854301001",
            "address": "黄河五路9号",
        }
        shown = await public_one(here, **private)
        hidden = [
            await here.drafted(lamp()),
            await here.submitted(lamp()),
            await here.sent(await here.submitted(lamp(), confidential=True), "滨城区"),
            await public_one(here, nature=Nature.ACCUSATION),
            await public_one(here, nature=Nature.PRAISE),
            await public_one(here, hide_identity=True),
            await here.sent(await here.submitted(lamp(nature=Nature.COMPLAINT, about="城管局")), "滨城区"),
        ]
        found = await who.json(f"{BASE}/requests.json", shapes.REQUESTS)
        assert [one["service_request_id"] for one in found] == [shown.number]
        text = (await who.get(f"{BASE}/requests/{shown.number}.json")).body.decode()
        for word in ("王二", "13854301001", "5号楼", "黄河五路", shown.query_code, shown.id, "1385430"):
            assert word not in text
        assert (found[0]["address"], found[0]["agency_responsible"]) == ("市西街道办事处", "滨城区政府")
        for ticket in hidden:
            assert (await who.get(f"{BASE}/requests/{ticket.number}.json")).status == 404
        asked = ",".join(ticket.number for ticket in (shown, *hidden))
        listed = await who.json(f"{BASE}/requests.json?service_request_id={asked}", shapes.REQUESTS)
        assert [one["service_request_id"] for one in listed] == [shown.number]


@pytest.mark.covers("R4.1")
async def test_requests_are_filtered_as_the_specification_says(database_url: str, tmp_path: Path) -> None:
    """By service, by status, by time, several at once; a number goes before all else."""
    async with app(database_url, tmp_path) as who:
        here = who.here
        old = await public_one(here)
        here.now += timedelta(days=2)
        closed = await here.closed(heating())

        async def numbers(query: str) -> list[str]:
            found = await who.json(f"{BASE}/requests.json?{query}", shapes.REQUESTS)
            return [one["service_request_id"] for one in found]

        assert await numbers("") == [closed.number, old.number]
        assert await numbers("status=open") == [old.number]
        assert await numbers("status=closed") == [closed.number]
        assert await numbers("status=open,closed&service_code=") == [closed.number, old.number]
        assert await numbers("service_code=路灯") == [old.number]
        assert await numbers("service_code=路灯,供暖") == [closed.number, old.number]
        assert await numbers("end_date=2026-11-25T00:00:00Z") == [old.number]
        assert await numbers("start_date=2026-11-25T00:00:00%2B08:00") == [closed.number]
        assert await numbers(f"service_request_id={old.number}&status=closed") == [old.number]
        here.now += timedelta(days=91)
        assert await numbers("") == []


@pytest.mark.covers("R4.1", "R3.1")
async def test_a_request_becomes_a_ticket_and_its_token_a_number(database_url: str, tmp_path: Path) -> None:
    """One intake record; a token at once; the number once somebody has reviewed it."""
    async with app(database_url, tmp_path) as who:
        answer = await who.post(
            api_key=KEY,
            service_code="供暖",
            lat="37.38",
            long="117.97",
            address_string="阳光花园3号楼",
            description="暖气\n不热",
            first_name="某",
            last_name="王",
            phone="13854301001",
            media_url="http://169.254.169.254/latest",
            **{"attribute[小区]": "阳光花园"},
        )
        assert answer.status == 200
        jsonschema.validate(answer.json, shapes.CREATED)
        token = answer.json[0]["token"]
        ticket = await who.here.books.tickets.get(token)
        assert ticket is not None
        assert (ticket.channel, ticket.status) == (Channel.API, Status.AWAITING_REVIEW)
        assert (ticket.details.category, ticket.details.caller_name) == ("供暖", "王某")
        assert (ticket.caller_number, ticket.details.matter) == ("13854301001", "暖气\n不热")
        assert ticket.details.address == "阳光花园3号楼 (WGS84 37.380000,117.970000)"
        assert dict(ticket.details.fields)["小区"] == "阳光花园"
        early = await who.get(f"{BASE}/tokens/{token}.json")
        assert early.status == 404
        await who.here.sent(ticket, "住建局")
        assert await who.json(f"{BASE}/tokens/{token}.json", shapes.TOKEN) == [
            {"service_request_id": ticket.number, "token": token}
        ]
        xml = ET.fromstring((await who.get(f"{BASE}/tokens/{token}.xml")).body)  # noqa: S314 - made by this test
        assert xml.findtext("request/service_request_id") == ticket.number
        other = await public_one(who.here)
        assert (await who.get(f"{BASE}/tokens/{other.id}.json")).status == 404


WHOLE = {"api_key": KEY, "service_code": "路灯", "address_string": "渤海七路"}


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"api_key": ""}, 403),
        ({"api_key": "b" * 40}, 403),
        ({"api_key": "钥匙"}, 403),
        ({"service_code": ""}, 400),
        ({"service_code": "城建"}, 404),
        ({"service_code": "供暖"}, 400),
        ({"address_string": ""}, 400),
        ({"lat": "91", "long": "0"}, 400),
        ({"lat": "nan", "long": "0"}, 400),
        ({"lat": "37"}, 400),
        ({"description": "a" * 4001}, 400),
        ({"description": "a\0b"}, 400),
        ({"phone": "1" * 300}, 400),
    ],
)
async def test_what_is_wrong_is_said_as_specified(tmp_path: Path, changed: dict[str, str], status: int) -> None:
    """Code and description, in the format that was asked for; nothing is opened."""
    async with app(f"sqlite+aiosqlite:///{tmp_path / 'hotline.db'}", tmp_path) as who:
        answer = await who.post(**{**WHOLE, **changed})
        assert answer.status == status
        jsonschema.validate(answer.json, shapes.ERRORS)
        assert answer.json[0]["code"] == status
        xml = await who.post("xml", **{**WHOLE, **changed})
        assert ET.fromstring(xml.body).findtext("error/code") == str(status)  # noqa: S314 - made by this test


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("requests.json?status=both", 400),
        ("requests.json?start_date=yesterday", 400),
        ("requests.json?start_date=2026-11-24T00:00:00", 400),
        ("requests.json?start_date=0001-01-01T00:00:00Z", 400),
        ("requests.json?start_date=9999-12-31T23:59:59-12:00", 400),
        ("requests.json?start_date=2026-01-01T00:00:00Z&end_date=2026-11-01T00:00:00Z", 400),
        ("requests.json?service_request_id=%00,x,'%3B--", 200),
        ("requests.json?service_code=%00", 200),
        ("requests/%00.json", 404),
        ("requests/a,b.json", 404),
        ("tokens/..%2f..%2f.json", 404),
        ("requests.html", 404),
        ("requests", 404),
    ],
)
async def test_hostile_questions_get_an_answer(database_url: str, tmp_path: Path, address: str, status: int) -> None:
    """Whatever is asked, the answer is one of the specification or a plain 404."""
    async with app(database_url, tmp_path) as who:
        assert (await who.get(f"{BASE}/{address}")).status == status


async def test_what_xml_cannot_hold_is_left_out(database_url: str, tmp_path: Path) -> None:
    """A category's name may hold anything that people can paste: the XML stays well formed, and dates stay absent."""
    async with app(database_url, tmp_path) as who:
        await who.here.books.tickets.put(Category("路灯", "路\x0b<灯>&", "城建"), at=who.here.now)
        ticket = await public_one(who.here)
        await who.here.do(ticket, Move.SUBMIT_ANSWER, handler("滨城区"), who.here.answer())
        await who.here.do(ticket, Move.CLOSE, CLERK, Facts(callback=CallbackResult.SATISFIED, solved=True))
        answer = await who.get(f"{BASE}/requests/{ticket.number}.xml")
        found = ET.fromstring(answer.body)  # noqa: S314 - made by this test
        assert found.findtext("request/service_name") == "路<灯>&"
        assert found.findtext("request/status") == "closed"
        assert found.findtext("request/expected_datetime") == ""
