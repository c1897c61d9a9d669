"""What the caller is told, and when: each notice once, discreet where they asked for it, none without a number."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hotline.sms import ShownOnly
from tests import files_kit as files
from tests.citizen import citizen
from tests.city import AGENT, CLERK, LEADER, REVIEWER, SUPERVISOR, WHY, City, city, handler, heating
from tests.city import at as civil_time
from tests.http_kit import TOKEN
from tests.outside_kit import served
from tickets.attachment_rows import of_ticket
from tickets.model import Status, Ticket
from tickets.notice_api import NoticePages
from tickets.outbox import Outbox
from tickets.store import tables_links, tables_work
from tickets.workflow import IllegalMoveError
from tickets.workflow_moves import Move
from tickets.workflow_terms import CallbackResult, Facts

PUBLIC = "https://12345.example"
MISSED = Facts(callback=CallbackResult.UNREACHED)
PAGE = {"Accept": "text/html"}


async def kinds(at: City, ticket: Ticket) -> list[str]:
    """Of which kinds the caller was told, in this order."""
    return [text.partition(" ")[0] for text in await at.told(ticket)]


@pytest.mark.covers("A18")
async def test_number_and_code_are_told_once_however_often_it_is_sent(database_url: str) -> None:
    """Sent to 住建局, returned, sent to 城管局: one 受理告知, with number and query code."""
    async with city(database_url) as at:
        ticket = await at.dispatched()
        await at.do(ticket, Move.REQUEST_RETURN, handler("住建局"), WHY)
        await at.do(ticket, Move.ACCEPT_RETURN, REVIEWER)
        await at.sent(ticket, "城管局", reason="属市政设施")
        (only,) = await at.told(ticket)
        assert only.startswith("accepted 13854300001: 【12345】您的诉求已受理")
        assert ticket.number in only
        assert f"查询码{ticket.query_code}" in only


@pytest.mark.covers("A18", "R22.1")
async def test_answered_at_once_the_caller_gets_number_and_code_only_if_they_wish(database_url: str) -> None:
    """Who has heard the answer on the telephone needs no message; who asks for one gets it."""
    async with city(database_url) as at:
        quiet, wishing = await at.drafted(), await at.drafted()
        await at.do(quiet, Move.ANSWER_AT_ONCE, AGENT, Facts(answer="供暖期至3月15日"))
        await at.do(wishing, Move.ANSWER_AT_ONCE, AGENT, Facts(answer="供暖期至3月15日", wants_notice=True))
        assert await kinds(at, quiet) == []
        assert await kinds(at, wishing) == ["accepted"]


@pytest.mark.covers("A18", "R6.2", "R22.1")
async def test_what_is_not_accepted_is_told_with_reason_and_lawful_channel(database_url: str) -> None:
    """A matter before the court: told why, and where to go; taken after all, number and code follow."""
    async with city(database_url) as at:
        ticket = await at.submitted()
        await at.do(ticket, Move.REFUSE, AGENT, Facts(reason_code="r6_2"))
        (told,) = await at.told(ticket)
        assert "已进入诉讼、仲裁、行政复议等法律渠道" in told
        assert "请通过正在受理的人民法院、仲裁机构或行政复议机关解决" in told
        await at.do(ticket, Move.ACCEPT_AFTER_ALL, REVIEWER, Facts(reason="另有新的事项"))
        await at.sent(ticket, "住建局")
        assert await kinds(at, ticket) == ["not_accepted", "accepted"]


@pytest.mark.covers("A13", "A18", "R22.4")
async def test_each_of_several_callers_is_told_for_themselves(database_url: str) -> None:
    """A neighbour linked to the handled ticket gets number and code of their own, the extension, and the end."""
    async with city(database_url) as at:
        ticket = await at.signed()
        other = await at.do(await at.submitted(), Move.LINK, REVIEWER, Facts(handling_ticket=ticket.id))
        await at.do(ticket, Move.REQUEST_EXTENSION, handler("住建局"), Facts(reason="更换主管道", working_days=5))
        await at.do(ticket, Move.APPROVE_EXTENSION, REVIEWER)
        await at.do(ticket, Move.RECORD_EXTENSION_NOTICE, handler("住建局"), Facts(notice_id="短信"))
        await at.do(ticket, Move.SUBMIT_ANSWER, handler("住建局"), at.answer())
        mine, theirs = await at.told(ticket), await at.told(other)
        assert await kinds(at, ticket) == await kinds(at, other) == ["accepted", "extended", "finished"]
        assert "因更换主管道，办理期限延至2026年12月08日" in theirs[1]
        assert all(ticket.number in text for text in mine)
        assert all(other.number in text for text in theirs)


@pytest.mark.covers("A13", "A18")
async def test_a_linked_ticket_that_is_examined_again_is_not_accepted_twice(database_url: str) -> None:
    """Linked, called back, and then sent to a unit by itself: number and code were told with the link."""
    async with city(database_url) as at:
        ticket = await at.signed()
        other = await at.do(await at.submitted(), Move.LINK, REVIEWER, Facts(handling_ticket=ticket.id))
        await at.do(ticket, Move.SUBMIT_ANSWER, handler("住建局"), at.answer())
        await at.do(other, Move.EXAMINE_AGAIN, SUPERVISOR, Facts(reason="本户仍不热"))
        await at.sent(other, "住建局")
        assert await kinds(at, other) == ["accepted", "finished"]


@pytest.mark.covers("A26", "A18", "R14.2")
async def test_with_the_consent_to_wait_the_caller_is_told_what_by_when_and_where(database_url: str) -> None:
    """Asked for on Tuesday nobody is told; with level 1's consent: what is missing, until when, and a link."""
    async with city(database_url, public_url=PUBLIC) as at:
        ticket = await at.signed()
        await at.do(ticket, Move.ASK_FOR_PAUSE, handler("住建局"), Facts(reason="热费票据照片"))
        assert await kinds(at, ticket) == ["accepted"]
        paused = await at.do(ticket, Move.PAUSE, REVIEWER)
        told = (await at.told(ticket))[1]
        assert "需要补充材料：热费票据照片。请于2026年12月01日前打开 https://12345.example/public/material/" in told
        (*_, last) = await at.books.tickets.history(paused.id)
        (notice,) = [row for row in await at.rows(tables_work.notices) if row["kind"] == "waiting"]
        assert last.facts.notice_id == notice["id"]


@pytest.mark.covers("R14.2", "R25.2")
async def test_the_link_is_the_callers_alone(database_url: str) -> None:
    """Staff read what was told, and where it leads to, but not the part of the link by which it opens."""
    async with city(database_url, public_url=PUBLIC) as at:
        ticket = await at.signed()
        await at.do(ticket, Move.ASK_FOR_PAUSE, handler("住建局"), Facts(reason="票据"))
        await at.do(ticket, Move.PAUSE, REVIEWER)
        found = re.search(r"material/([A-Za-z0-9_-]+)", (await at.told(ticket))[1])
        assert found is not None
        store = at.books.tickets
        outbox = Outbox(store, ShownOnly(Path("nowhere"), lambda: at.now), lambda: at.now)
        async with served(at.books, NoticePages(store, outbox)) as client:
            address, token = f"/api/v1/tickets/{ticket.number}/notices", {"Authorization": f"Bearer {TOKEN}"}
            async with client.get(address, headers=token) as answer:
                body = await answer.text()
        assert f"{PUBLIC}/public/material/******" in body
        assert found[1] not in body
        # Nor does the table give it away.
        assert found[1] not in str(await at.rows(tables_links.upload_links))


@pytest.mark.covers("A26")
async def test_level_1_may_refuse_to_wait(database_url: str) -> None:
    """Not consented to, nobody is asked for anything, and the one pause is still there to be asked for."""
    async with city(database_url) as at:
        ticket = await at.signed()
        await at.do(ticket, Move.ASK_FOR_PAUSE, handler("住建局"), Facts(reason="票据"))
        with pytest.raises(IllegalMoveError, match="缺少理由"):
            await at.do(ticket, Move.REFUSE_PAUSE, REVIEWER)
        kept = await at.do(ticket, Move.REFUSE_PAUSE, REVIEWER, Facts(reason="可自行查询"))
        assert (kept.status, kept.turn) == (Status.IN_HANDLING, ticket.turn)
        with pytest.raises(IllegalMoveError, match="没有申请待补充"):
            await at.do(ticket, Move.PAUSE, REVIEWER)
        assert await kinds(at, ticket) == ["accepted"]
        assert (await at.do(ticket, Move.ASK_FOR_PAUSE, handler("住建局"), Facts(reason="现场照片"))).case.pause_asked


@pytest.mark.covers("R14.2", "A25", "A16")
async def test_the_link_brings_material_once_and_shows_nothing(database_url: str, tmp_path: Path) -> None:
    """Opened it names no ticket; what is brought stands with the ticket; a second time the link has run out."""
    async with citizen(database_url, tmp_path, public_url=PUBLIC) as who:
        here = who.here
        ticket = await here.signed()
        await here.do(ticket, Move.ASK_FOR_PAUSE, handler("住建局"), Facts(reason="热费票据"))
        await here.do(ticket, Move.PAUSE, REVIEWER)
        found = re.search(r"/public/material/[A-Za-z0-9_-]+", (await here.told(ticket))[1])
        assert found is not None
        page = (await who.get(found[0], **PAGE)).body.decode()
        assert f'action="{found[0]}"' in page
        assert ticket.number not in page
        assert 'name="code"' not in page
        assert "13854300001" not in page
        brought = await who.post(found[0], {"matter": "票据见附件"}, (("票据.jpg", files.JPEG),))
        assert brought.status == 201
        store = here.books.tickets
        assert [one.name for one in await store.read(lambda c: of_ticket(c, ticket.id, store.sealing))] == ["票据.jpg"]
        assert (await here.fresh(ticket)).news == ("supplement",)
        again = await who.post(found[0], {"matter": "再来一次"}, (("b.jpg", files.JPEG),))
        assert (again.status, again.is_problem) == (404, True)
        assert "已使用过或已过期" in (await who.get(found[0], **PAGE)).body.decode()


@pytest.mark.covers("R14.2")
async def test_a_refused_file_does_not_use_the_link_up_and_time_does(database_url: str, tmp_path: Path) -> None:
    """Four files where three may stand: refused, and the link still holds; after the five days it does not."""
    async with citizen(database_url, tmp_path, public_url=PUBLIC) as who:
        here = who.here
        ticket = await here.signed()
        await here.do(ticket, Move.ASK_FOR_PAUSE, handler("住建局"), Facts(reason="热费票据"))
        await here.do(ticket, Move.PAUSE, REVIEWER)
        link = (await here.told(ticket))[1].partition(PUBLIC)[2].partition(" ")[0]
        four = tuple((f"{n}.png", files.PNG) for n in range(4))
        assert (await who.post(link, {"matter": "四张"}, four)).status == 422
        assert (await who.get(link)).status == 200
        assert (await who.get(link[:-3] + "xyz")).status == 404
        kept = who.kept
        here.now = civil_time("2026-12-02T00:00")
        late = await who.post(link, {"matter": "晚了"}, four[:1])
        assert late.status == 404
        assert who.kept == kept


@pytest.mark.covers("A18", "A7")
async def test_the_survey_goes_out_once_when_it_was_tried_often_enough(database_url: str) -> None:
    """Three calls on one morning are not enough; with the first on another day, at another time, one message goes."""
    async with city(database_url) as at:
        ticket = await at.answered()
        for instant in ("2026-11-25T09:00", "2026-11-25T09:30", "2026-11-25T10:00", "2026-11-26T15:00"):
            assert "survey" not in await kinds(at, ticket)
            at.now = civil_time(instant)
            await at.do(ticket, Move.RECORD_CALLBACK, CLERK, MISSED)
        await at.do(ticket, Move.RECORD_CALLBACK, CLERK, MISSED)
        assert await kinds(at, ticket) == ["accepted", "finished", "survey"]
        closing = Facts(callback=CallbackResult.UNREACHED, read_by="回访员")
        with pytest.raises(IllegalMoveError, match="应先发短信"):
            await at.do(ticket, Move.CLOSE, CLERK, closing)
        (survey,) = [row for row in await at.rows(tables_work.notices) if row["kind"] == "survey"]
        await at.books.desk.notice_sent(survey["id"], {"gateway": "ok"}, at.now)
        closed = await at.do(ticket, Move.CLOSE, CLERK, closing)
        (*_, last) = await at.books.tickets.history(closed.id)
        assert last.facts.sms_id == survey["id"]


@pytest.mark.covers("A16", "A18")
async def test_who_hides_is_written_to_discreetly(database_url: str) -> None:
    """隐去信息: no notice names the matter, the reason or the channel, and none has a link."""
    async with city(database_url, public_url=PUBLIC) as at:
        ticket = await at.signed(details=heating(hide_identity=True))
        await at.do(ticket, Move.ASK_FOR_PAUSE, handler("住建局"), Facts(reason="热费票据"))
        await at.do(ticket, Move.PAUSE, REVIEWER)
        await at.do(ticket, Move.RESUME, REVIEWER)
        await at.do(ticket, Move.REQUEST_EXTENSION, handler("住建局"), Facts(reason="主管道", working_days=2))
        await at.do(ticket, Move.APPROVE_EXTENSION, LEADER)
        await at.do(ticket, Move.SUBMIT_ANSWER, handler("住建局"), at.answer())
        told = await at.told(ticket)
        assert await kinds(at, ticket) == ["accepted", "waiting", "extended", "finished"]
        assert all(ticket.number in text for text in told)
        assert not [text for text in told if re.search("诉求|暖|票据|主管道|http", text)]
        assert await at.rows(tables_links.upload_links) == []


@pytest.mark.covers("A28", "A18")
async def test_without_a_number_nobody_is_told_anything(database_url: str) -> None:
    """No number was left: no notice at any step, no link, and the ticket closes after a clerk's reading."""
    async with city(database_url, public_url=PUBLIC) as at:
        ticket = await at.sent(await at.submitted(number=""), "住建局")
        await at.do(ticket, Move.SIGN, handler("住建局"))
        await at.do(ticket, Move.ASK_FOR_PAUSE, handler("住建局"), Facts(reason="票据"))
        await at.do(ticket, Move.PAUSE, REVIEWER)
        await at.do(ticket, Move.RESUME, REVIEWER)
        await at.do(ticket, Move.SUBMIT_ANSWER, handler("住建局"), at.answer())
        assert await at.told(ticket) == []
        assert await at.rows(tables_links.upload_links) == []
        with pytest.raises(IllegalMoveError, match="阅看答复"):
            await at.do(ticket, Move.CLOSE, CLERK, Facts(callback=CallbackResult.NO_CONTACT))
        read = Facts(callback=CallbackResult.NO_CONTACT, read_by="回访员")
        assert (await at.do(ticket, Move.CLOSE, CLERK, read)).status is Status.CLOSED
