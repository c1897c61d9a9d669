"""Files that our people bring to a ticket over HTTP: looked at, kept, listed, handed out, and named in moves."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from common import clock
from hotline.scanning import Unscanned
from tests import files_kit as files
from tests.case_kit import DETAILS, City, city
from tests.http_kit import MOST_BYTES, TOKEN, Answer
from tickets.attachment_rows import Scan, judge, of_ticket
from tickets.attachment_scans import Scans
from tickets.attachment_shelf import Shelf
from tickets.store.tables import tickets

#: Who bears it stands in ``tests.case_kit``.
HOUSING = "housing"


def shelf(folder: Path) -> Shelf:
    """Where the files of the interface stand."""
    return Shelf(folder / "attachments", MOST_BYTES)


async def bring(
    at: City, number: str, data: bytes = files.PDF, name: str = "书面说明.pdf", token: str = HOUSING, **headers: str
) -> Answer:
    """Somebody brings a file to a ticket."""
    return await at.desk.bring(f"/api/v1/tickets/{number}/attachments?name={quote(name)}", data, token, **headers)


async def listed(at: City, number: str, token: str = TOKEN) -> list[Any]:
    """A ticket's files as somebody sees them."""
    answer = await at.get(f"/tickets/{number}/attachments", token)
    assert answer.status == 200, answer.body.decode()
    found: list[Any] = answer.json["attachments"]
    return found


@pytest.mark.covers("R14.2", "R25.2")
async def test_a_file_is_brought_listed_and_handed_out(tmp_path: Path, database_url: str) -> None:
    """By the unit that has the ticket, for all who see it; not before it is scanned; all of it is written down."""
    async with city(tmp_path, database_url) as at:
        number = await at.signed()
        brought = await bring(at, number)
        assert brought.status == 201, brought.body.decode()
        told = brought.json
        assert (told["name"], told["media_type"], told["size"]) == ("书面说明.pdf", "application/pdf", len(files.PDF))
        assert (told["who"], told["scan"]) == ("u-housing（住建局）", "waiting")
        assert await listed(at, number) == await listed(at, number, "housing") == [told]
        path = brought.headers["Location"].removeprefix("/api/v1")
        early = await at.get(path)
        assert (early.status, early.is_problem, "还没有扫描完" in early.json["detail"]) == (409, True, True)
        await Scans(at.desk.at.tickets, shelf(tmp_path), Unscanned()).scan_waiting()
        got = await at.get(path)
        assert (got.status, hashlib.sha256(got.body).digest()) == (200, hashlib.sha256(files.PDF).digest())
        assert got.headers["Content-Type"] == "application/pdf"
        audited = [(action, objects) for action, objects, _ in await at.desk.audited()]
        assert ("attachments.add", f"{number} {told['id']}") in audited
        assert ("attachments.read", f"{number} {told['id']}") in audited


@pytest.mark.covers("R4.1")
async def test_what_the_scanner_refuses_is_never_handed_out(tmp_path: Path, database_url: str) -> None:
    """Not to level 1 either; the problem says so in words."""
    async with city(tmp_path, database_url) as at:
        number = await at.signed()
        told = (await bring(at, number)).json
        sha256 = hashlib.sha256(files.PDF).hexdigest()
        await at.desk.at.tickets.run(lambda work: judge(work, sha256, Scan.REFUSED, "EICAR"))
        answer = await at.get(f"/tickets/{number}/attachments/{told['id']}")
        assert (answer.status, answer.is_problem) == (409, True)
        assert "含有害内容" in answer.json["detail"]
        assert (await listed(at, number))[0]["scan"] == "refused"


@pytest.mark.covers("R4.1")
@pytest.mark.parametrize(
    ("name", "data", "status", "words"),
    [
        ("照片.jpg", files.EXE, 422, "不符"),
        ("网页.html", files.HTML, 422, "不能上传这种类型"),
        ("表.docx", files.office("word/document.xml", "word/vbaProject.bin"), 422, "宏"),
        ("空.pdf", b"", 422, "空"),
        ("大.jpg", files.JPEG + bytes(MOST_BYTES), 422, "超过"),
        ("", files.PDF, 400, "name"),
        ("行\n行.pdf", files.PDF, 400, "name"),
    ],
)
async def test_what_may_not_be_attached_is_refused_in_words(
    tmp_path: Path, name: str, data: bytes, status: int, words: str
) -> None:
    """As for a citizen: by its content, not by its name; of what is refused nothing stays."""
    async with city(tmp_path) as at:
        number = await at.signed()
        answer = await bring(at, number, data, name)
        assert (answer.status, answer.is_problem) == (status, True)
        assert words in answer.json["detail"]
        assert await listed(at, number) == []
        assert [path for path in (tmp_path / "attachments").rglob("*") if path.is_file()] == []


@pytest.mark.covers("R14.8", "R25.1")
async def test_only_who_sees_a_ticket_may_bring_to_it(tmp_path: Path, database_url: str) -> None:
    """Another unit and a confidential ticket answer as if there were none; who may only read may not bring."""
    async with city(tmp_path, database_url) as at:
        number = await at.signed()
        assert (await bring(at, number, token="urban")).status == 404
        assert (await bring(at, number, token="reader")).status == 403
        assert (await bring(at, number, token="nobody")).status == 401
        assert (await bring(at, number)).status == 201
        change = tickets.update().where(tickets.c.number == number).values(confidential=True)
        await at.desk.at.database.write(lambda connection: connection.execute(change))
        assert (await bring(at, number, files.PNG, "图.png", TOKEN)).status == 404


@pytest.mark.covers("A16", "R23.1")
async def test_of_a_hidden_caller_units_see_what_units_have_brought(tmp_path: Path, database_url: str) -> None:
    """The unit's own written statement, for itself and those above it; not what level 1 or the caller has brought."""
    async with city(tmp_path, database_url) as at:
        number = await at.open(details={**DETAILS, "hide_identity": True})
        told = {"unit": "住建局", "basis": "派单目录", "for_unit": "小区供暖管道漏水"}
        assert (await at.move(number, "dispatch", **told)).status == 201
        letter = (await bring(at, number, files.PNG, "来信.png", TOKEN)).json
        statement = (await bring(at, number)).json
        assert await listed(at, number) == [letter, statement]
        assert await listed(at, number, "housing") == [statement]
        assert (await at.get(f"/tickets/{number}/attachments/{letter['id']}", "housing")).status == 404


async def test_the_same_file_brought_again_is_the_same_attachment(tmp_path: Path, database_url: str) -> None:
    """Sent again after a lost answer, or four times at once: one row; another person's is their own."""
    async with city(tmp_path, database_url) as at:
        number = await at.signed()
        answers = await asyncio.gather(*(bring(at, number) for _ in range(4)))
        assert {answer.status for answer in answers} == {201}
        assert len({answer.json["id"] for answer in answers}) == 1
        assert (await bring(at, number, token=TOKEN)).json["id"] != answers[0].json["id"]
        assert len(await listed(at, number)) == 2


async def test_a_form_or_json_is_not_a_file(tmp_path: Path) -> None:
    """Only the bytes themselves, under the one media type, and not packed on the way."""
    async with city(tmp_path) as at:
        number = await at.signed()
        for name, value in (
            ("Content-Type", "multipart/form-data; boundary=x"),
            ("Content-Type", "application/json"),
            ("Content-Encoding", "gzip"),
        ):
            headers: dict[str, Any] = {name: value}
            answer = await bring(at, number, gzip.compress(files.PDF), **headers)
            assert (answer.status, answer.is_problem) == (415, True), value
        assert await listed(at, number) == []


async def test_an_archived_ticket_takes_no_more(tmp_path: Path) -> None:
    """What is settled stays as it is (R14.8)."""
    async with city(tmp_path) as at:
        number = await at.open()
        assert (await at.move(number, "answer_at_once", answer="已电话答复")).status == 201
        assert (await bring(at, number, token=TOKEN)).status == 201
        assert (await at.move(number, "archive")).status == 201
        answer = await bring(at, number, files.PNG, "图.png", TOKEN)
        assert (answer.status, "已归档" in answer.json["detail"]) == (409, True)


@pytest.mark.covers("R23.1")
async def test_a_written_statement_is_a_file_of_that_ticket(tmp_path: Path, database_url: str) -> None:
    """Neither words nor another ticket's file will do, nor one with harmful content; one that is there does."""
    async with city(tmp_path, database_url) as at:
        number, other = await at.signed(), await at.signed()
        told = {"ground": "R23.1", "reason": "法院已受理", "explained_at": clock.now().isoformat()}
        foreign = (await bring(at, other)).json["id"]
        bad = (await bring(at, number, files.PNG, "图.png")).json["id"]
        books = at.desk.at.tickets
        harmful = hashlib.sha256(files.PNG).hexdigest()
        await books.run(lambda work: judge(work, harmful, Scan.REFUSED, "EICAR"))
        for statement in ("见附件", foreign, bad):
            refused = await at.move(number, "request_termination", "housing", statement_id=statement, **told)
            assert (refused.status, refused.json["type"]) == (409, "urn:hotline12345:problem:not-ready")
            assert "书面说明" in refused.json["detail"]
        good = (await bring(at, number)).json["id"]
        done = await at.move(number, "request_termination", "housing", statement_id=good, **told)
        assert (done.status, done.json["status"]) == (201, "termination_requested")
        ticket = await books.by_number(number)
        assert ticket is not None
        kept = await books.read(lambda connection: of_ticket(connection, ticket.id, books.sealing))
        assert good in {one.id for one in kept}
