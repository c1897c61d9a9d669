"""Over HTTP: the archive of a unit, and tickets as a file (R14.8, R25.1, R25.2)."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from common import clock
from tests.case_kit import ANSWER, City, city
from tests.http_kit import Answer
from tickets.desk import Acting
from tickets.workflow_terms import Actor, Role


async def closed(at: City) -> str:
    """A ticket of the housing department whose caller is satisfied."""
    number = await at.signed()
    assert (await at.move(number, "submit_answer", "housing", **ANSWER)).status == 201
    assert (await at.move(number, "close", callback="satisfied", solved=True)).status == 201
    return number


async def marked(at: City, number: str) -> None:
    """The leader marks it confidential."""
    store, desk = at.desk.at.tickets, at.desk.at.desk
    ticket = await store.by_number(number)
    assert ticket is not None
    acting = Acting(Actor("u", "12345", Role.LEADER), clock.now())
    await desk.describe(ticket.id, acting, replace(ticket.details, matter="涉密"), confidential=True)


def rows(answer: Answer) -> list[dict[str, str]]:
    """The file's rows by their headings."""
    assert answer.status == 200, answer.body.decode()
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"), newline="")))


@pytest.mark.covers("R14.8")
async def test_a_unit_sees_the_classes_of_its_own_archive(tmp_path: Path, database_url: str) -> None:
    """What the housing department has closed stands in its archive and level 1's, and in nobody else's."""
    async with city(tmp_path, database_url) as at:
        number = await closed(at)
        year = int(number[:4])
        shelf = {"archive_class": "供暖", "year": year, "count": 1}
        listed = f"/archive/tickets?archive_class=供暖&year={year}"
        for token, sees in (("housing", True), ("reader", True), ("urban", False)):
            assert (await at.get("/archive", token)).json["shelves"] == ([shelf] if sees else [])
            found = (await at.get(listed, token)).json["tickets"]
            assert [one["number"] for one in found] == ([number] if sees else [])


@pytest.mark.covers("R25.1", "R25.2")
async def test_an_export_holds_what_the_one_who_asks_may_see_and_is_audited(tmp_path: Path, database_url: str) -> None:
    """Its own for a unit, all for level 1, never the confidential; who the caller is only for a reason."""
    async with city(tmp_path, database_url) as at:
        number, other, secret = await at.signed(), await at.open(), await at.open()
        await marked(at, secret)
        everything = rows(await at.get("/exports/tickets.csv"))
        assert [row["工单编号"] for row in everything] == [other, number]
        assert "13854301001" not in str(everything)
        assert "联系方式" not in everything[0]
        assert all(row["导出标记"].startswith("api.token 20") for row in everything)
        (own,) = rows(await at.get("/exports/tickets.csv?reveal=上门核实", "housing"))
        assert (own["工单编号"], own["联系方式"]) == (number, "13854301001")
        assert rows(await at.get("/exports/tickets.csv", "street")) == []
        assert [row["工单编号"] for row in rows(await at.get("/exports/tickets.csv?status=in_handling"))] == [number]
        exports = [(objects, why) for action, objects, why in await at.desk.audited() if action == "tickets.export"]
        assert exports == [(f"{other} {number}", ""), (number, "上门核实"), (number, "")]


@pytest.mark.covers("A16")
async def test_a_caller_who_asked_to_be_hidden_stays_so_in_a_units_export(tmp_path: Path) -> None:
    """The unit gives a reason, and is still not told who it was; level 1 is."""
    async with city(tmp_path) as at:
        number = await at.signed()
        store, desk = at.desk.at.tickets, at.desk.at.desk
        ticket = await store.by_number(number)
        assert ticket is not None
        acting = Acting(Actor("u", "12345", Role.LEADER), clock.now())
        await desk.describe(ticket.id, acting, replace(ticket.details, hide_identity=True))
        (hidden,) = rows(await at.get("/exports/tickets.csv?reveal=上门核实", "housing"))
        assert (hidden["诉求人"], hidden["联系方式"], hidden["地址"], hidden["来电号码"]) == ("", "", "", "")
        (known,) = rows(await at.get("/exports/tickets.csv?reveal=回访核实"))
        assert known["联系方式"] == "13854301001"
