"""Units hand entries in over HTTP, owners consent and level 1 reviews them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.case_kit import City, city
from tests.http_kit import TOKEN, Answer

SUBSIDY = {
    "title": "供暖补贴怎么申领",
    "body": "持身份证到社区登记。",
    "entry_class": "policy",
    "source": "滨政字〔2026〕1号",
    "published_on": "2026-11-24",
}


async def propose(at: City, bearer: str = "housing", **more: object) -> Any:
    """A proposal's receipt."""
    answer = await at.send("POST", "/knowledge/proposals", {**SUBSIDY, **more}, bearer)
    assert answer.status == 201, answer.body.decode()
    return answer.json


async def decide(at: City, proposal: str, how: str, token: str = TOKEN, **told: object) -> Answer:
    """Approve, consent to or refuse one."""
    return await at.send("POST", f"/knowledge/proposals/{proposal}/{how}", told, token)


async def waiting(at: City, token: str = TOKEN) -> list[str]:
    """The ids of the proposals that somebody sees waiting."""
    return [one["id"] for one in (await at.get("/knowledge/proposals", token)).json["proposals"]]


async def titles(at: City) -> list[str]:
    """What is found by 供暖."""
    return [one["title"] for one in (await at.get("/knowledge/entries?query=供暖")).json["entries"]]


@pytest.mark.covers("R20.1")
async def test_a_unit_hands_in_and_level_1_publishes(tmp_path: Path, database_url: str) -> None:
    """Until a reviewer of level 1 has approved it is not found; neither its unit nor an agent may approve it."""
    async with city(tmp_path, database_url) as at:
        receipt = await propose(at)
        assert (receipt["stage"], await titles(at)) == ("awaiting_review", [])
        assert await waiting(at) == await waiting(at, "housing") == [receipt["proposal"]]
        for token in ("housing", "agent"):
            refused = await decide(at, receipt["proposal"], "approve", token)
            assert (refused.status, refused.is_problem) == (403, True)
        done = await decide(at, receipt["proposal"], "approve")
        assert (done.status, done.json["stage"]) == (200, "accepted")
        assert await titles(at) == ["供暖补贴怎么申领"]
        assert await waiting(at) == []
        assert (await at.get(f"/knowledge/entries/{done.json['entry']}")).json["owner"] == "住建局"
        assert (await decide(at, receipt["proposal"], "approve")).status == 409


@pytest.mark.covers("R20.1")
async def test_nobody_reviews_their_own_and_a_refusal_has_a_reason(tmp_path: Path, database_url: str) -> None:
    """What level 1's own person proposed waits for another; what is refused is never found."""
    async with city(tmp_path, database_url) as at:
        own = await propose(at, TOKEN)
        assert (await decide(at, own["proposal"], "approve")).status == 409
        assert (await decide(at, own["proposal"], "refuse")).status == 422
        done = await decide(at, own["proposal"], "refuse", why="来源不明")
        assert (done.status, done.json["stage"]) == (200, "refused")
        assert await titles(at) == await waiting(at) == []


@pytest.mark.covers("R20.3")
async def test_another_units_entry_waits_for_its_owner(tmp_path: Path, database_url: str) -> None:
    """The owner alone is asked; units that have no part in it do not see the proposal at all."""
    async with city(tmp_path, database_url) as at:
        first = await propose(at)
        entry = (await decide(at, first["proposal"], "approve")).json["entry"]
        change = await propose(at, "urban", title="供暖补贴网上申领", entry=entry)
        assert change["stage"] == "awaiting_consent"
        assert await waiting(at, "housing") == await waiting(at, "urban") == [change["proposal"]]
        assert await waiting(at, "street") == []
        assert (await decide(at, change["proposal"], "consent", "street")).status == 404
        assert (await decide(at, change["proposal"], "consent", "urban")).status == 409
        agreed = await decide(at, change["proposal"], "consent", "housing")
        assert (agreed.status, agreed.json["stage"]) == (200, "awaiting_review")
        assert (await decide(at, change["proposal"], "approve")).status == 200
        whole = (await at.get(f"/knowledge/entries/{entry}")).json
        assert (whole["title"], whole["owner"], whole["version"]) == ("供暖补贴网上申领", "住建局", 2)


async def test_the_same_key_makes_one_proposal(tmp_path: Path, database_url: str) -> None:
    """Sent again it gives the first answer; refused, the key stays free."""
    async with city(tmp_path, database_url) as at:
        unknown = {**SUBSIDY, "entry": "unknown"}
        assert (await at.send("POST", "/knowledge/proposals", unknown, "housing", key="the-same-key-1")).status == 409
        first = await at.send("POST", "/knowledge/proposals", SUBSIDY, "housing", key="the-same-key-1")
        again = await at.send("POST", "/knowledge/proposals", SUBSIDY, "housing", key="the-same-key-1")
        assert (first.status, again.status, again.body) == (201, 201, first.body)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert await waiting(at) == [first.json["proposal"]]


async def test_what_is_no_entry_is_refused(tmp_path: Path, database_url: str) -> None:
    """Missing, contradictory, unknown or unwritable: 422 with what is wrong; a reading token writes nothing."""
    async with city(tmp_path, database_url) as at:
        for wrong in (
            {"title": ""},
            {"body": "\x00"},
            {"entry_class": "rumour"},
            {"published_on": "2026-13-01"},
            {"expires_on": "2020-01-01"},
            {"entry_class": "announcement"},
            {"owner": "没有的局"},
        ):
            answer = await at.send("POST", "/knowledge/proposals", {**SUBSIDY, **wrong}, "housing")
            assert (answer.status, answer.is_problem) == (422, True), wrong
        assert (await at.send("POST", "/knowledge/proposals", SUBSIDY, "reader")).status == 403
        assert (await decide(at, "unknown", "approve")).status == 404
        assert await waiting(at) == []


@pytest.mark.covers("R20.3")
async def test_level_1_writes_in_a_units_name_and_the_unit_consents(tmp_path: Path, database_url: str) -> None:
    """The unit sees it waiting; until it agrees nobody publishes it, then it is the unit's. Others may not do this."""
    async with city(tmp_path, database_url) as at:
        written = await propose(at, TOKEN, owner="住建局")
        assert written["stage"] == "awaiting_consent"
        assert await waiting(at, "housing") == [written["proposal"]]
        assert await waiting(at, "urban") == []
        assert (await decide(at, written["proposal"], "consent")).status == 409
        agreed = await decide(at, written["proposal"], "consent", "housing")
        assert (agreed.status, agreed.json["stage"]) == (200, "awaiting_review")
        assert (await decide(at, written["proposal"], "approve")).status == 409  # its own author
        refused = await at.send("POST", "/knowledge/proposals", {**SUBSIDY, "owner": "城管局"}, "housing")
        assert (refused.status, refused.is_problem) == (409, True)


@pytest.mark.covers("R20.2")
async def test_an_entry_is_looked_over_and_withdrawn_by_its_owner_or_level_1(tmp_path: Path, database_url: str) -> None:
    """Confirmed, the next look is due later; withdrawn, it is found no more and can be neither again; once per key."""
    async with city(tmp_path, database_url) as at:
        entry = (await decide(at, (await propose(at))["proposal"], "approve")).json["entry"]

        async def do(how: str, bearer: str = "housing", key: str = "", **told: object) -> Answer:
            return await at.send("POST", f"/knowledge/entries/{entry}/{how}", told, bearer, key=key)

        for token in ("urban", "agent"):
            for how, told in (("confirm", {}), ("withdraw", {"why": "过时"})):
                refused = await do(how, token, **told)
                assert (refused.status, refused.is_problem) == (409, True)
        assert (await do("confirm", "reader")).status == 403
        due = (await at.get(f"/knowledge/entries/{entry}")).json["review_by"]
        for token in ("housing", TOKEN):
            confirmed = await do("confirm", token)
            assert (confirmed.status, confirmed.json["withdrawn"]) == (200, False)
            assert confirmed.json["review_by"] >= due
        assert (await do("withdraw")).status == 422
        first = await do("withdraw", key="withdraw-key-1", why="政策已废止")
        again = await do("withdraw", key="withdraw-key-1", why="政策已废止")
        assert (first.status, first.json["withdrawn"], again.body) == (200, True, first.body)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert await titles(at) == []
        assert (await at.get(f"/knowledge/entries/{entry}")).json["withdrawn"] is True
        assert (await do("withdraw", why="再撤")).status == (await do("confirm")).status == 409
        unknown = await at.send("POST", "/knowledge/entries/unknown/confirm", {}, "housing")
        assert (unknown.status, unknown.is_problem) == (404, True)
