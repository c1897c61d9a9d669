"""Level 1's plan of the knowledge base over HTTP: which classes each unit keeps, and how it stands (R20.1)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from common import clock
from common.api.ask import Ask
from common.api.caller import Scope
from common.api.fields import Line, Shown, Stamp, Told
from common.api.operation import Reply, operation
from common.api.problem import BAD_BODY
from knowledge.model import EntryClass
from knowledge.plans import Plan, Standing
from knowledge.store import KnowledgeStore

_TAG = "知识库"


class PlanTold(Told):
    """One line of the plan as it is from now on."""

    unit: Annotated[Line, Field(description="单位的编号。")]
    entry_class: Annotated[EntryClass, Field(description="应当编写和维护的条目类别。")]
    days: Annotated[int, Field(ge=1, le=1000, description="每多少日复核一次。")]
    first_by: Annotated[date, Field(ge=date(1949, 10, 1), le=date(2199, 12, 31), description="最迟在此日有第一条。")]
    active: Annotated[bool, Field(description="false 为撤销这一项。")] = True


class PlanShown(PlanTold):
    """One line, and how it stands."""

    looked_at: Annotated[Stamp | None, Field(description="该类现行条目中最久未复核的，其复核时间；没有条目时为 null。")]
    due: Annotated[date, Field(description="最迟在此日编写或复核。")]
    overdue: bool


class PlanList(Shown):
    """The plan by unit and class."""

    plans: list[PlanShown]


@dataclass(frozen=True, slots=True)
class PlanPages:
    """Level 1 plans; a unit reads its own part. What is overdue stands on the list of all that is (R20.2)."""

    store: KnowledgeStore
    is_unit: Callable[[str], Awaitable[bool]]
    level_one: str
    now: Callable[[], datetime] = clock.now

    @operation("GET", "/api/v1/knowledge/plans", summary="知识库编写和复核计划", tag=_TAG)
    async def list_plans(self, ask: Ask) -> PlanList:
        """All of it for level 1, for a unit its own."""
        mine, today = ask.caller.unit, clock.civil(self.now()).date()
        found = await self.store.plans(today)
        shown = [_shown(one, today) for one in found if mine in (self.level_one, one.plan.unit)]
        return PlanList(plans=shown)

    @operation(
        "PUT",
        "/api/v1/knowledge/plans",
        summary="制定、更改或撤销计划中的一项（一级机构）",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
    )
    async def put_plan(self, ask: Ask, body: PlanTold) -> Reply[PlanTold]:
        """A unit keeps a class of entries and looks at them that often; of one unit and class the last holds."""
        if not await self.is_unit(body.unit):
            raise BAD_BODY.problem("没有 unit 所写的单位，或已停用。请核对编号。")
        plan = Plan(
            body.unit, body.entry_class, body.days, body.first_by, ask.caller.person, self.now(), active=body.active
        )
        with ask.once(lambda _: Reply(body)):
            await self.store.put_plan(plan)
        return Reply(body)


def _shown(one: Standing, today: date) -> PlanShown:
    plan = one.plan
    return PlanShown(
        unit=plan.unit,
        entry_class=plan.entry_class,
        days=plan.days,
        first_by=plan.first_by,
        active=plan.active,
        looked_at=one.looked_at,
        due=one.due,
        overdue=one.due < today,
    )
