"""The mayor's mailbox: letters become tickets, robots do not (R4.1)."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import pytest

from tests import files_kit as files
from tests.citizen import MATTER, citizen
from tickets.attachment_rows import Scan, of_ticket
from tickets.model import Channel, Status
from tickets.store import TicketFilter

PAGE = {"Accept": "text/html"}


@pytest.mark.covers("R4.1", "R3.1")
async def test_a_letter_becomes_a_ticket_with_number_and_code(database_url: str, tmp_path: Path) -> None:
    """Through the one intake record: channel, matter, contact and files; the citizen is told both numbers."""
    async with citizen(database_url, tmp_path) as who:
        answer = await who.write(
            contact="138 5430 1001", name="王某", nature="help", address="黄河五路", files=(("灯.png", files.PNG),)
        )
        assert answer.status == 201
        store = who.here.books.tickets
        ticket = await store.by_number(answer.json["number"])
        assert ticket is not None
        assert re.fullmatch(r"[0-9]{6}", answer.json["query_code"])
        assert (ticket.query_code, ticket.channel) == (answer.json["query_code"], Channel.MAILBOX)
        assert (ticket.status, ticket.caller_number) == (Status.AWAITING_REVIEW, "13854301001")
        assert (ticket.details.matter, ticket.details.caller_name) == (MATTER, "王某")
        [file] = await store.read(lambda connection: of_ticket(connection, ticket.id, store.sealing))
        assert (file.name, file.scan, file.who) == ("灯.png", Scan.WAITING, "诉求人")
        assert who.arrived == [1]


@pytest.mark.covers("R4.1")
async def test_the_page_can_be_used_without_script_and_by_ear(database_url: str, tmp_path: Path) -> None:
    """Chinese, every field with its label, nothing from elsewhere, no script; the answer is a page again."""
    async with citizen(database_url, tmp_path) as who:
        page = await who.get("/public/mailbox", **PAGE)
        text = page.body.decode()
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert '<html lang="zh-CN">' in text
        assert "<script" not in text
        assert "://" not in text
        named = set(re.findall(r'<(?:input|select|textarea) id="([a-z]+)"', text))
        named |= set(re.findall(r'type="checkbox" id="([a-z]+)"', text))
        assert named == set(re.findall(r'<label (?:class="beside" )?for="([a-z]+)"', text))
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "form-action 'self'" in policy
        assert "script-src" not in policy
        token = re.search(r'name="token" value="([^"]+)"', text)
        assert token
        who.here.now += timedelta(minutes=3)
        sent = await who.post("/public/mailbox", {"token": token[1], "matter": MATTER}, (("", b""),), PAGE)
        assert sent.status == 200
        assert "来信已收到" in sent.body.decode()
        assert (await who.get("/public/page.css")).headers["Content-Type"].startswith("text/css")


@pytest.mark.covers("R4.1")
async def test_a_mistake_keeps_what_was_typed(database_url: str, tmp_path: Path) -> None:
    """The page comes back with its reason, what was typed, and nothing of it as a tag."""
    async with citizen(database_url, tmp_path) as who:
        nasty = '</textarea><script>alert("x")</script>{{ 7*7 }}'
        fields = {"token": await who.token(), "matter": nasty, "nature": "bribe", "name": "张三"}
        answer = await who.post("/public/mailbox", fields, headers=PAGE)
        text = answer.body.decode()
        assert answer.status == 422
        assert "请从列出的诉求性质中选择" in text
        assert 'role="alert"' in text
        assert 'value="张三"' in text
        assert "<script" not in text
        assert "{{ 7*7 }}" in text


async def test_the_same_form_sent_twice_is_one_ticket(database_url: str, tmp_path: Path) -> None:
    """A double click, a page loaded again: the same number and code, even at the same instant."""
    async with citizen(database_url, tmp_path) as who:
        token = await who.token()
        answers = await asyncio.gather(*(who.write(token=token) for _ in range(4)))
        assert {answer.status for answer in answers} == {201}
        assert len({answer.body for answer in answers}) == 1
        page = await who.here.books.tickets.page(TicketFilter(), limit=10)
        assert len(page.rows) == 1


@pytest.mark.covers("R4.1")
@pytest.mark.parametrize("trick", ["none", "made up", "too fast", "too old", "trap", "altered"])
async def test_robots_are_refused(database_url: str, tmp_path: Path, trick: str) -> None:
    """No token, a forged one, faster than a hand, a day old, the trap filled in: no ticket, no file kept."""
    async with citizen(database_url, tmp_path) as who:
        token = (await who.get("/public/mailbox")).json["token"]
        more = {"website": "http://spam"} if trick == "trap" else {}
        who.here.now += {"too fast": timedelta(seconds=1), "too old": timedelta(days=1)}.get(
            trick, timedelta(seconds=9)
        )
        made = {"none": "", "made up": "1764000000." + "0" * 32 + "." + "0" * 64, "altered": "9" + token[1:]}
        form = {"token": made.get(trick, token), "matter": MATTER, **more}
        answer = await who.post("/public/mailbox", form, (("a.png", files.PNG),))
        assert answer.status == 422
        assert answer.is_problem
        assert (await who.here.books.tickets.page(TicketFilter(), limit=10)).rows == []
        assert who.kept == []


@pytest.mark.covers("R4.1")
async def test_nobody_floods_the_mailbox(database_url: str, tmp_path: Path) -> None:
    """So many letters an hour from one address; who only says that another sent it is not believed."""
    async with citizen(database_url, tmp_path, mailbox_per_hour=2, trusted_proxies=["192.0.2.0/24"]) as who:
        assert [(await who.write()).status for _ in range(3)] == [201, 201, 429]
        token = await who.token()
        lying = await who.post(
            "/public/mailbox", {"token": token, "matter": MATTER}, headers={"X-Forwarded-For": "8.8.8.8"}
        )
        assert lying.status == 429
        assert lying.headers["Retry-After"] == "3600"
        who.here.now += timedelta(hours=1, minutes=1)
        assert (await who.write()).status == 201


async def test_behind_our_proxy_each_citizen_counts(database_url: str, tmp_path: Path) -> None:
    """The last address that is no proxy of ours counts, whatever the citizen has put before it."""
    async with citizen(database_url, tmp_path, mailbox_per_hour=1, trusted_proxies=["127.0.0.0/8"]) as who:

        async def write(forwarded: str) -> int:
            fields = {"token": await who.token(), "matter": MATTER}
            return (await who.post("/public/mailbox", fields, headers={"X-Forwarded-For": forwarded})).status

        assert await write("198.51.100.7") == 201
        assert await write("198.51.100.8") == 201
        assert await write("203.0.113.1, 198.51.100.7") == 429
        assert await write("2001:db8:1:2::1") == 201
        assert await write("2001:db8:1:2:ffff::9") == 429


@pytest.mark.covers("R25.1", "A15")
async def test_a_report_on_somebody_is_confidential_at_once(database_url: str, tmp_path: Path) -> None:
    """举报 stands in no list from the first moment."""
    async with citizen(database_url, tmp_path) as who:
        answer = await who.write("举报某单位负责人公车私用", nature="accusation")
        ticket = await who.here.books.tickets.by_number(answer.json["number"])
        assert ticket is not None
        assert ticket.confidential
        assert (await who.here.books.tickets.page(TicketFilter(), limit=10)).rows == []


@pytest.mark.covers("A28")
async def test_without_name_and_number_it_is_taken(database_url: str, tmp_path: Path) -> None:
    """A contact that is no telephone number is kept as it is, and is nobody's number."""
    async with citizen(database_url, tmp_path) as who:
        bare = await who.here.books.tickets.by_number((await who.write()).json["number"])
        mail = await who.here.books.tickets.by_number((await who.write(contact="wx: binzhou_001")).json["number"])
        assert bare is not None
        assert mail is not None
        assert (bare.caller_number, mail.caller_number, mail.details.contact) == ("", "", "wx: binzhou_001")


@pytest.mark.covers("R4.1")
@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.png", files.EXE, "不符"),
        ("a.exe", files.EXE, "不能上传这种类型"),
        ("a.png", files.PNG + bytes(70_000), "请压缩"),
        ("../../../../etc/cron.d/a.html", files.HTML, "不能上传这种类型"),
        ("a.docx", files.office("word/document.xml", "word/vbaProject.bin"), "宏"),
    ],
)
async def test_bad_files_are_refused_with_the_letter(
    database_url: str, tmp_path: Path, name: str, data: bytes, why: str
) -> None:
    """The citizen reads what is wrong with the file; there is no ticket without what belongs to it."""
    async with citizen(database_url, tmp_path) as who:
        answer = await who.write(files=((name, data),))
        assert answer.status == 422
        assert answer.is_problem
        assert why in answer.json["detail"]
        assert (await who.here.books.tickets.page(TicketFilter(), limit=10)).rows == []


async def test_more_files_than_allowed_are_refused(database_url: str, tmp_path: Path) -> None:
    """Three here, not four."""
    async with citizen(database_url, tmp_path) as who:
        four = tuple((f"{n}.png", files.PNG) for n in range(4))
        assert (await who.write(files=four)).status == 422
        assert (await who.write(files=four[:3])).status == 201


HOSTILE_BODIES = [
    (b"", "application/json", 415),
    (b"{}", "text/plain", 415),
    (b"matter=" + b"a" * 300_000, "application/x-www-form-urlencoded", 422),
    (b"&".join(b"a%d=1" % n for n in range(500)), "application/x-www-form-urlencoded", 415),
    (b"matter=%ff%fe", "application/x-www-form-urlencoded", 415),
    (b"matter=a\x00b&token=", "application/x-www-form-urlencoded", 422),
    (b"garbage", "multipart/form-data; boundary=x", 415),
    (b"--x\r\n\r\n", "multipart/form-data; boundary=x", 415),
    (b"x", "multipart/form-data", 415),
    (
        b'--x\r\nContent-Disposition: form-data; name="a"\r\nContent-Encoding: gzip\r\n\r\nx\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
        415,
    ),
    (
        b'--x\r\nContent-Disposition: form-data; name="matter"\r\n\r\n' + b"a" * 30_000 + b"\r\n--x--\r\n",
        "multipart/form-data; boundary=x",
        422,
    ),
    (
        b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\nz\r\n--y--\r\n--x--\r\n",
        "multipart/form-data; boundary=x",
        415,
    ),
]


@pytest.mark.parametrize(("body", "kind", "status"), HOSTILE_BODIES)
async def test_what_is_no_form_is_a_problem(tmp_path: Path, body: bytes, kind: str, status: int) -> None:
    """Broken, packed, nested, endless: a clear refusal, never a fault."""
    async with (
        citizen(f"sqlite+aiosqlite:///{tmp_path / 'hotline.db'}", tmp_path) as who,
        who.client.post("/public/mailbox", data=body, headers={"Content-Type": kind}) as answer,
    ):
        assert answer.status == status
        assert answer.content_type == "application/problem+json"
