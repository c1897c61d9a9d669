"""A small city with its register in a real database, and people who act in it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from common.clock import CIVIL
from common.vault import Vault
from tests.books import Books, books
from tickets.catalogue import CatalogueLine, Category
from tickets.desk import Acting
from tickets.desk.clockwork import Fired, fire_due
from tickets.details import Details, Nature
from tickets.disputes import Dispute
from tickets.model import Channel, Kind, Opening, Ticket
from tickets.protecting import protected
from tickets.register import ROOT
from tickets.store import tables_work
from tickets.units import Unit, UnitKind
from tickets.workflow_moves import Move
from tickets.workflow_terms import Acceptance, Actor, CallbackResult, Facts, Role


def at(text: str) -> datetime:
    """A civil time."""
    return datetime.fromisoformat(text).replace(tzinfo=CIVIL)


#: Tuesday morning. What is dispatched now is due at the end of Tuesday 1 December; no feast is near.
TUESDAY = at("2026-11-24T09:00")

UNITS = (
    ROOT,
    Unit("住建局", "市住房城乡建设局", UnitKind.CITY_DEPARTMENT, "12345", ("05433000001",)),
    Unit("城管局", "市城市管理局", UnitKind.CITY_DEPARTMENT, "12345"),
    Unit("编办", "市委编办", UnitKind.CITY_DEPARTMENT, "12345", adjudicates=(Dispute.DUTY,)),
    Unit("司法局", "市司法局", UnitKind.CITY_DEPARTMENT, "12345", adjudicates=(Dispute.LAW,)),
    Unit("滨城区", "滨城区政府", UnitKind.COUNTY, "12345"),
    Unit("市西街道", "市西街道办事处", UnitKind.TOWNSHIP, "滨城区"),
    Unit("北镇街道", "北镇街道办事处", UnitKind.TOWNSHIP, "滨城区"),
    Unit("旧局", "已撤销的局", UnitKind.CITY_DEPARTMENT, "12345", active_until=date(2026, 1, 1)),
)
CATEGORIES = (
    Category("城建", "城乡建设"),
    Category("供暖", "供暖", "城建", required=("address", "小区"), archive_class="住建"),
    Category("路灯", "路灯", "城建"),
    Category("公开", "政府信息公开", statutory="政府信息公开"),
)
CATALOGUE = (CatalogueLine("l1", "供暖", "住建局", "《山东省供热条例》第五条", level=2, source="派单目录2026"),)

AGENT = Actor("小王", "12345", Role.AGENT)
REVIEWER = Actor("审核员", "12345", Role.REVIEWER)
LEADER = Actor("主任", "12345", Role.LEADER)
CLERK = Actor("回访员", "12345", Role.CALLBACK_CLERK)
SUPERVISOR = Actor("回访主管", "12345", Role.CALLBACK_SUPERVISOR)
RULER = Actor("编办老李", "编办", Role.ADJUDICATOR)
JURIST = Actor("司法局老赵", "司法局", Role.ADJUDICATOR)
CALLER = Actor("诉求人", "12345", Role.CALLER)

WHY = Facts(reason="不属本单位职责", basis="三定方案", suggestion="转有权单位")


def handler(unit: str) -> Actor:
    """Who handles in a unit."""
    return Actor(f"{unit}经办人", unit, Role.HANDLER)


def heating(**changed: object) -> Details:
    """No heating in a flat: a complete record."""
    plain: dict[str, Any] = {
        "matter": "家中暖气不热",
        "nature": Nature.HELP,
        "category": "供暖",
        "address": "黄河五路1号",
        "fields": (("小区", "阳光花园"),),
    }
    return Details(**{**plain, **changed})


def lamp(**changed: object) -> Details:
    """A street lamp that is out; no line of the catalogue speaks of it."""
    plain: dict[str, Any] = {"matter": "路灯不亮", "nature": Nature.HELP, "category": "路灯", "place": "市西街道"}
    return Details(**{**plain, **changed})


@dataclass
class City:
    """The city's desk, with a clock that the test sets."""

    books: Books
    now: datetime = TUESDAY
    calls: int = 0

    def acting(self, actor: Actor, seen: int | None = None) -> Acting:
        """Somebody, now."""
        return Acting(actor, self.now, seen)

    async def drafted(self, details: Details | None = None, **changed: Any) -> Ticket:
        """An agent's draft from a call."""
        self.calls += 1
        plain: dict[str, Any] = {
            "call_id": f"n.{self.calls}",
            "number": f"1385430{self.calls:04d}",
            "kind": Kind.MATTER,
            "opened_at": self.now,
            "automatic": False,
            "who": AGENT.who,
            "role": Role.AGENT,
            "channel": Channel.TELEPHONE,
            "draft": True,
            "details": details or heating(),
        }
        return await self.books.desk.open(Opening(**{**plain, **changed}))

    async def do(self, ticket: Ticket, move: Move, actor: Actor, facts: Facts | None = None) -> Ticket:
        """One move, now."""
        return await self.books.desk.move(ticket.id, move, self.acting(actor), facts)

    async def submitted(self, details: Details | None = None, **changed: Any) -> Ticket:
        """Drafted and handed in for review."""
        return await self.do(await self.drafted(details, **changed), Move.SUBMIT, AGENT)

    async def dispatched(self, unit: str = "住建局", details: Details | None = None, **facts: Any) -> Ticket:
        """Sent to a unit."""
        ticket = await self.submitted(details or (heating() if unit == "住建局" else lamp()))
        return await self.sent(ticket, unit, **facts)

    async def sent(self, ticket: Ticket, unit: str, **facts: Any) -> Ticket:
        """The reviewer sends it to a unit."""
        plain = {"for_unit": "暖气不热"} if protected(ticket.details) else {}
        told = Facts(**{"unit": unit, "basis": "派单目录", **plain, **facts})
        return await self.do(ticket, Move.DISPATCH, REVIEWER, told)

    async def signed(self, unit: str = "住建局", details: Details | None = None, **facts: Any) -> Ticket:
        """Sent to a unit, which has signed."""
        return await self.do(await self.dispatched(unit, details, **facts), Move.SIGN, handler(unit))

    def answer(self, acceptance: Acceptance = Acceptance.ACCEPTED) -> Facts:
        """A complete answer of a unit, given now."""
        return Facts(
            facts_found="楼栋阀门损坏",
            done="已更换阀门",
            result="室温达到20度",
            answered_at=self.now,
            contact="电话告知诉求人",
            acceptance=acceptance,
        )

    async def answered(self, unit: str = "住建局", details: Details | None = None) -> Ticket:
        """Handled; the callback is next."""
        return await self.do(await self.signed(unit, details), Move.SUBMIT_ANSWER, handler(unit), self.answer())

    async def closed(self, details: Details | None = None) -> Ticket:
        """The caller is satisfied."""
        ticket = await self.answered(details=details)
        return await self.do(ticket, Move.CLOSE, CLERK, Facts(callback=CallbackResult.SATISFIED, solved=True))

    async def tick(self, now: datetime | None = None) -> Fired:
        """The clock stands at ``now``; what is due fires."""
        self.now = now or self.now
        return await self.books.tickets.run(lambda work: fire_due(work, self.now))

    async def later(self, **span: float) -> None:
        """Time passes, and the timers have fired."""
        await self.tick(self.now + timedelta(**span))

    async def fresh(self, ticket: Ticket) -> Ticket:
        """The ticket as the books have it now."""
        found = await self.books.tickets.get(ticket.id)
        assert found is not None
        return found

    async def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        """All rows of a table."""
        query: Any = sa.select(table).order_by(*table.primary_key)
        return [dict(row._mapping) for row in await self.books.tickets.rows(query)]

    async def told(self, ticket: Ticket, audience: str = "caller") -> list[str]:
        """What was sent about a ticket, oldest first, as kind and text."""
        rows = [row for row in await self.rows(tables_work.notices) if row["ticket_id"] == ticket.id]
        rows.sort(key=lambda row: (row["created_at"], row["seq"], row["id"]))
        return [f"{row['kind']} {row['recipient']}: {row['text']}" for row in rows if row["audience"] == audience]


@contextlib.asynccontextmanager
async def city(where: str | Path, vault: Vault | None = None, *, public_url: str = "") -> AsyncIterator[City]:
    """The city on a database; ``vault`` as in ``books``."""
    async with books(where, public_url=public_url, vault=vault) as at_work:
        await at_work.tickets.seed(TUESDAY)
        await at_work.tickets.put(*UNITS, *CATEGORIES, *CATALOGUE, at=TUESDAY)
        yield City(at_work)
