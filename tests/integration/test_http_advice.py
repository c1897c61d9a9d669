"""What a clerk is told before a ticket is sent, and what is like a text, over HTTP (R21.0)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.case_kit import ANSWER, DETAILS, City, city
from tests.http_kit import TOKEN
from tickets.store.tables import tickets

WHY = {"reason": "非本单位职责", "basis": "三定方案", "suggestion": "转城管局"}


async def go(at: City, number: str, *way: tuple[str, str, dict[str, Any]]) -> None:
    """Somebody after somebody makes a move."""
    for token, move, told in way:
        answer = await at.move(number, move, token, **told)
        assert answer.status == 201, answer.body.decode()


async def closed(at: City, **details: Any) -> str:
    """A ticket that the housing department has handled."""
    number = await at.open(details={**DETAILS, **details})
    await go(
        at,
        number,
        (TOKEN, "dispatch", {"unit": "住建局", "basis": "派单目录", "for_unit": DETAILS["matter"]}),
        ("housing", "sign", {}),
        ("housing", "submit_answer", ANSWER),
        (TOKEN, "close", {"callback": "satisfied", "solved": True}),
    )
    return number


async def hide(at: City, number: str) -> None:
    """A ticket becomes confidential behind the index's back."""
    change = tickets.update().where(tickets.c.number == number).values(confidential=True)
    await at.desk.at.database.write(lambda connection: connection.execute(change))


async def advice(at: City, number: str) -> Any:
    """What the clerk is told."""
    answer = await at.get(f"/tickets/{number}/advice")
    assert answer.status == 200, answer.body.decode()
    return answer.json


async def like(at: City, text: str, token: str = TOKEN, **more: Any) -> Any:
    """The like of a text."""
    answer = await at.send("POST", "/search/similar", {"text": text, **more}, token)
    assert answer.status == 200, answer.body.decode()
    return answer.json["tickets"]


@pytest.mark.covers("R21.0")
async def test_the_clerk_is_told_all_that_speaks_for_or_against_a_unit(tmp_path: Path, database_url: str) -> None:
    """What is missing, the catalogue's line, returns and rulings of the like, handled ones, and what may be linked."""
    async with city(tmp_path, database_url) as at:
        handled, returned, ruled = await closed(at), await at.signed(), await at.signed()
        await go(at, returned, ("housing", "request_return", WHY), (TOKEN, "accept_return", {}))
        await go(
            at,
            ruled,
            ("housing", "request_return", WHY),
            (TOKEN, "refuse_return", {"reason": "属你单位"}),
            ("housing", "request_adjudication", WHY),
            ("bianban", "rule", {"ruling": "由城管局办理", "basis": "编办意见", "unit": "城管局"}),
        )
        number = await at.open(details={**DETAILS, "nature": None})
        told = await advice(at, number)
        assert told["missing"] == ["诉求性质"]
        assert (told["lines"][0]["lead"], told["lines"][0]["legal_basis"]) == ("城管局", "编办意见")
        assert [(one["ticket"], one["unit"], one["basis"]) for one in told["rulings"]] == [
            (ruled, "城管局", "编办意见")
        ]
        assert {(one["ticket"], one["unit_name"], one["outcome"]) for one in told["returns"]} == {
            (returned, "市住房和城乡建设局", "accepted"),
            (ruled, "市住房和城乡建设局", "refused"),
        }
        assert [(one["ticket"], one["unit"], one["same_place"]) for one in told["similar"]] == [
            (handled, "住建局", True)
        ]
        assert {one["number"] for one in told["repeats"]} == {returned, ruled}
        assert told["repeats"][0]["caller_number"] == "138****1001"
        audited = [set(objects.split()) for action, objects, _ in await at.desk.audited() if action == "tickets.advice"]
        assert audited == [{number, handled, returned, ruled}]


@pytest.mark.covers("R21.0")
async def test_handled_tickets_are_alike_by_their_text_in_any_category(tmp_path: Path, database_url: str) -> None:
    """Without a category a clerk still learns who handled the like, by which words, and that it was ruled on."""
    async with city(tmp_path, database_url) as at:
        first = await at.signed()
        await go(
            at,
            first,
            ("housing", "request_return", WHY),
            (TOKEN, "refuse_return", {"reason": "属你单位"}),
            ("housing", "request_adjudication", WHY),
            ("bianban", "rule", {"ruling": "由城管局办理", "basis": "编办意见", "unit": "城管局"}),
            (TOKEN, "force_dispatch", {}),
            ("urban", "sign", {}),
            ("urban", "submit_answer", ANSWER),
            (TOKEN, "close", {"callback": "satisfied", "solved": True}),
        )
        bare = {"matter": "供暖管道漏水三天了，室内不热", "address": "长江一路"}
        (one,) = (await advice(at, await at.open(details=bare)))["similar"]
        assert (one["ticket"], one["unit"], one["unit_name"]) == (first, "城管局", "市城市管理局")
        assert one["words"] == ["供暖管道漏水", "室内不热"]
        assert one["returned"] == [{"unit": "住建局", "unit_name": "市住房和城乡建设局", "outcome": "refused"}]
        assert (one["ruled"], one["status"], one["same_place"]) == ("城管局", "closed", False)


@pytest.mark.covers("R21.0", "R25.1", "R25.2")
async def test_the_like_of_any_text_can_be_asked_for(tmp_path: Path, database_url: str) -> None:
    """An agent types what is heard: open and closed ones, narrowed as asked; none confidential; and it is audited."""
    async with city(tmp_path, database_url) as at:
        ended, running = await closed(at), await at.signed()
        text = "楼上供暖管道漏水，家里不热，我的电话13854301001"
        found = await like(at, text)
        assert [(one["ticket"], one["status"]) for one in found] == [(running, "in_handling"), (ended, "closed")]
        assert found[0]["words"] == ["供暖管道漏水", "不热"]
        assert [one["ticket"] for one in await like(at, text, open=False)] == [ended]
        assert [one["ticket"] for one in await like(at, text, limit=1)] == [running]
        assert await like(at, text, category="路灯") == await like(at, "13854301001 王小明") == []
        assert ("tickets.similar", f"{running} {ended}", "") in await at.desk.audited()
        await hide(at, running)
        assert [one["ticket"] for one in await like(at, text)] == [ended]
        assert await at.open(confidential=True) not in [one["ticket"] for one in await like(at, text)]


@pytest.mark.covers("R14.8", "A16")
async def test_a_unit_is_shown_the_like_among_its_own(tmp_path: Path, database_url: str) -> None:
    """Its own tickets only; where the caller is to stay unknown, an address is not matched; the advice is level 1's."""
    async with city(tmp_path, database_url) as at:
        number = await closed(at, hide_identity=True, address="渤海二十路暗街七号")
        assert [one["ticket"] for one in await like(at, DETAILS["matter"], "housing")] == [number]
        assert await like(at, DETAILS["matter"], "urban") == []
        assert await like(at, "渤海二十路暗街七号") == []
        fresh = await at.signed()
        refused = await at.get(f"/tickets/{fresh}/advice", "housing")
        assert (refused.status, refused.is_problem) == (403, True)
        assert (await at.get(f"/tickets/{fresh}/advice", "urban")).status == 403
