"""The knowledge base is looked up and read over HTTP, and each unit sees what it owes there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from common import clock
from common.search import Search
from knowledge.desk import KnowledgeDesk
from knowledge.duties import Duties
from knowledge.model import Clerk, Content, EntryClass
from knowledge.store import KnowledgeStore
from knowledge.tables import knowledge_index
from tests.case_kit import City, city
from tests.http_kit import TOKEN, Answer

HOUSING = Clerk("u-housing", "住建局")
OFFICE = Clerk("zhang", "12345", level_one=True)
SUBSIDY = Content(
    "供暖补贴怎么申领", "持身份证到社区登记。", EntryClass.POLICY, "滨政字〔2026〕1号", date(2026, 11, 24)
)


def next_day(day: date, count: int) -> date:
    """Every day is a working day here; the interface itself asks the register."""
    return day + timedelta(days=count)


@dataclass(frozen=True, slots=True)
class Shelf:
    """The knowledge base behind the interface, written to by its own desk."""

    at: City
    now: datetime

    @property
    def store(self) -> KnowledgeStore:
        """Its books."""
        return KnowledgeStore(self.at.desk.at.database.reads, self.at.desk.at.ledger)

    async def published(self, content: Content, clerk: Clerk = HOUSING) -> str:
        """The id of a new entry that level 1 has reviewed."""
        search = Search(self.at.desk.at.database.reads, knowledge_index)
        desk = KnowledgeDesk(self.store, search, after=next_day, now=lambda: self.now)
        return (await desk.approve((await desk.propose(content, clerk)).id, OFFICE)).id

    async def get(self, path: str, token: str = TOKEN, **query: str | int) -> Answer:
        """One address of the knowledge base."""
        return await self.at.get(f"/knowledge/{path}?{urlencode(query)}", token)


@pytest.mark.covers("R22.1", "R20.1")
async def test_a_seat_finds_and_reads_what_it_may_answer_from(tmp_path: Path, database_url: str) -> None:
    """Reviewed entries are found by their words, class and unit, and read with their versions; proposals are not."""
    async with city(tmp_path, database_url) as at:
        shelf = Shelf(at, clock.now())
        entry = await shelf.published(SUBSIDY)
        search = Search(at.desk.at.database.reads, knowledge_index)
        desk = KnowledgeDesk(shelf.store, search, after=next_day, now=clock.now)
        waiting = await desk.propose(replace(SUBSIDY, title="供暖缴费"), HOUSING)
        (row,) = (await shelf.get("entries", "agent", query="补贴 供暖")).json["entries"]
        assert (row["id"], row["owner"], row["class_words"], row["valid"]) == (entry, "住建局", "政策法规", True)
        for narrowed, count in (({"unit": "住建局"}, 1), ({"unit": "城管局"}, 0), ({"entry_class": "guide"}, 0)):
            assert len((await shelf.get("entries", query="供暖", **narrowed)).json["entries"]) == count
        whole = (await shelf.get(f"entries/{entry}", "street")).json
        assert (whole["body"], whole["withdrawn"]) == (SUBSIDY.body, False)
        assert [one["version"] for one in whole["versions"]] == [1]
        for unknown in (waiting.entry_id, "unknown", "x" * 160):
            assert (await shelf.get(f"entries/{unknown}")).status == 404


async def test_what_has_expired_is_read_but_not_found(tmp_path: Path, database_url: str) -> None:
    """After its last day an entry is no answer any more, and says so; its text can still be read."""
    async with city(tmp_path, database_url) as at:
        shelf = Shelf(at, datetime(2020, 1, 6, 2, tzinfo=UTC))
        old = replace(SUBSIDY, published_on=date(2020, 1, 6), expires_on=date(2020, 3, 15))
        entry = await shelf.published(old)
        assert (await shelf.get("entries", query="供暖")).json["entries"] == []
        whole = (await shelf.get(f"entries/{entry}")).json
        assert (whole["valid"], whole["expires_on"]) == (False, "2020-03-15")


async def test_pages_of_a_look_up_follow_each_other(tmp_path: Path, database_url: str) -> None:
    """Following next gives every entry once and ends."""
    async with city(tmp_path, database_url) as at:
        shelf = Shelf(at, clock.now())
        entries = {await shelf.published(replace(SUBSIDY, title=f"供暖问答{n}")) for n in range(5)}
        seen: list[str] = []
        more: dict[str, str] = {}
        while True:
            page = (await shelf.get("entries", query="供暖", limit=2, **more)).json
            seen += [row["id"] for row in page["entries"]]
            if page["next"] is None:
                break
            more = {"cursor": page["next"]}
        assert (len(seen), set(seen)) == (5, entries)


async def test_announcements_in_force_are_listed(tmp_path: Path, database_url: str) -> None:
    """Those that have not expired, with their text."""
    async with city(tmp_path, database_url) as at:
        today = clock.civil(clock.now()).date()
        notice = replace(SUBSIDY, entry_class=EntryClass.ANNOUNCEMENT, published_on=today, expires_on=today)
        late = replace(notice, published_on=date(2020, 1, 6), expires_on=date(2020, 1, 7))
        shelf = Shelf(at, clock.now())
        entry = await shelf.published(notice)
        await shelf.published(late)
        listed = (await shelf.get("announcements")).json["announcements"]
        assert [(one["id"], one["body"]) for one in listed] == [(entry, SUBSIDY.body)]


@pytest.mark.covers("R20.2")
async def test_each_unit_sees_what_it_owes_and_level_1_what_all_owe(tmp_path: Path, database_url: str) -> None:
    """Entries not handed in and not looked over, with their days by the register's calendar; nobody else's."""
    async with city(tmp_path, database_url) as at:
        then = datetime(2020, 9, 30, 2, tzinfo=UTC)
        shelf = Shelf(at, then)
        entry = await shelf.published(replace(SUBSIDY, published_on=date(2020, 9, 30)))
        duties = Duties(shelf.store, after=next_day, now=lambda: then, level_one="12345")
        task = await duties.note_publication("城管局", "路灯管理办法", "滨政字〔2020〕9号", date(2020, 9, 30))
        search = Search(at.desk.at.database.reads, knowledge_index)
        desk = KnowledgeDesk(shelf.store, search, after=next_day, now=lambda: then)
        proposal = await desk.propose(replace(SUBSIDY, title="停暖公告"), HOUSING)

        async def owed(token: str, **query: str) -> dict[str, list[tuple[str, str, str]]]:
            units = (await shelf.get("overdue", token, **query)).json["units"]
            return {one["unit"]: [(item["owed"], item["id"], item["due"]) for item in one["items"]] for one in units}

        # Of the holidays of 2020 the first working day after 30 September is 9 October.
        whole = {
            "12345": [("approval", proposal.id, "2020-10-09")],
            "住建局": [("review", entry, "2021-03-29")],
            "城管局": [("entry", task.id, "2020-10-01")],
        }
        assert await owed(TOKEN) == whole
        assert await owed(TOKEN, unit="城管局") == {"城管局": whole["城管局"]}
        assert await owed("housing") == {"住建局": whole["住建局"]}
        assert await owed("housing", unit="城管局") == await owed("street") == {}


@pytest.mark.parametrize("path", ["entries", "entries?query=", "entries?query=供暖&entry_class=x", "overdue?unit="])
async def test_what_makes_no_sense_is_refused(path: str, tmp_path: Path) -> None:
    """400 with what is wrong."""
    async with city(tmp_path) as at:
        answer = await at.get(f"/knowledge/{path}")
        assert (answer.status, answer.is_problem) == (400, True)


async def test_a_cursor_of_another_list_is_refused(tmp_path: Path, database_url: str) -> None:
    """The cursor of the list of tickets is none of a look-up."""
    async with city(tmp_path, database_url) as at:
        for _ in range(2):
            await at.open()
        cursor = (await at.get("/tickets?limit=1")).json["next"]
        answer = await at.get(f"/knowledge/entries?query=供暖&cursor={cursor}")
        assert (answer.status, answer.is_problem) == (400, True)


async def test_nobody_without_a_token_reads_the_base(tmp_path: Path) -> None:
    """401 for each of its addresses."""
    async with city(tmp_path) as at:
        for path in ("entries?query=供暖", "entries/x", "announcements", "overdue"):
            assert (await at.desk.get(f"/api/v1/knowledge/{path}", token=None)).status == 401
