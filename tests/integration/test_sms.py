"""The HTTP gateway adapter: what it sends, and which answers it takes for a yes."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from pydantic import ValidationError

from hotline.settings import SettingsError, load
from hotline.settings_outside import SmsGateway
from tests.sms_gateway import telephones
from tickets.outbox import Message, NotSentError

HOSTILE = Message("k-1", "13854301001", '因"施工"&a=1\\{key}<b>\n{recipient}', "extended")


@pytest.mark.covers("A18")
@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_json_is_json_whatever_the_text(method: str) -> None:
    """Quotes, backslashes, line breaks and what looks like a placeholder arrive as they are."""
    async with telephones() as phones:
        taken = await phones.gateway(method=method, headers={"X-App": "12345"}).send(HOSTILE)
        body = json.loads(phones.arrived[0][1].partition(" ")[2])
        assert body == {"phone": HOSTILE.recipient, "content": HOSTILE.text, "id": "k-1"}
        assert taken.told
        assert taken.proof["status"] == "200"


async def test_forms_and_addresses_are_quoted() -> None:
    """In a form and behind the question mark no text adds a parameter."""
    async with telephones() as phones:
        form: dict[str, Any] = {"content_type": "application/x-www-form-urlencoded", "body": "m={recipient}&c={text}"}
        await phones.gateway(**form).send(HOSTILE)
        said = parse_qs(phones.arrived[0][1].partition(" ")[2])
        assert said == {"m": [HOSTILE.recipient], "c": [HOSTILE.text]}
        address: dict[str, Any] = {"url": f"{phones.address}/s?m={{recipient}}&c={{text}}", "method": "GET", "body": ""}
        await phones.gateway(**address).send(HOSTILE)
        asked = parse_qs(phones.arrived[1][1].strip().partition("?")[2])
        assert asked == {"m": [HOSTILE.recipient], "c": [HOSTILE.text]}


async def test_xml_stays_well_formed() -> None:
    """What would be a tag is text."""
    async with telephones() as phones:
        await phones.gateway(content_type="text/xml", body="<m to='{recipient}'>{text}</m>").send(HOSTILE)
        assert "&lt;b&gt;" in phones.arrived[0][1]


async def test_no_redirect_is_followed() -> None:
    """A gateway that sends us elsewhere gets no second request, neither here nor there."""
    async with telephones() as phones:

        async def elsewhere(_request: web.Request) -> web.Response:
            return web.Response(status=307, headers={"Location": f"{phones.address}/other"})

        phones.answer = elsewhere
        with pytest.raises(NotSentError, match="307"):
            await phones.gateway().send(HOSTILE)
        assert len(phones.arrived) == 1


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (200, '{"code": 17, "msg": "余额不足"}', "余额不足"),
        (500, "{}", "500"),
        (200, "", "未受理"),
        (200, "\0" * 200_000, "未受理"),
    ],
)
async def test_an_answer_that_is_no_yes_is_a_no(status: int, body: str, why: str) -> None:
    """The status alone proves nothing; long and binary answers do no harm; the reason never holds the number."""
    async with telephones() as phones:

        async def answers(_request: web.Request) -> web.Response:
            return web.Response(status=status, text=body)

        phones.answer = answers
        with pytest.raises(NotSentError, match=why) as refused:
            await phones.gateway().send(HOSTILE)
        assert len(str(refused.value)) < 600
        assert "\0" not in str(refused.value)
        assert HOSTILE.recipient not in str(refused.value)


async def test_a_gateway_that_does_not_answer_or_is_not_there_is_waited_for_no_longer() -> None:
    """The timeout holds for headers and for a body that drips."""
    async with telephones() as phones:

        async def drips(request: web.Request) -> web.StreamResponse:
            answer = web.StreamResponse()
            await answer.prepare(request)
            while True:
                await answer.write(b" ")

        phones.answer = drips
        gateway = phones.gateway(timeout_seconds=0.2)
        with pytest.raises(NotSentError):
            await gateway.send(HOSTILE)
    async with telephones() as phones:
        gone = phones.gateway(url="http://127.0.0.1:1/send")
        with pytest.raises(NotSentError, match="无法连接"):
            await gone.send(HOSTILE)


@pytest.mark.parametrize(
    "address",
    [
        "http://{recipient}.example/",
        "ftp://gateway/",
        "http://user:pass@gateway/",
        "gateway",
        "http:///x",
        "http://g/{text}",
    ],
)
def test_where_messages_go_is_the_operators_word_alone(address: str) -> None:
    """No text reaches host or path; only http and https are spoken."""
    with pytest.raises(ValidationError):
        SmsGateway(url=address)


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pattern that is none keeps the service from starting."""
    monkeypatch.setenv("HOTLINE_SMS", '{"url": "https://gateway/", "success": "("}')
    with pytest.raises(SettingsError, match="HOTLINE_SMS"):
        load()
