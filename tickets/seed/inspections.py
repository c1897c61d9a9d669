"""Samples that level 2 units inspect in the play: some in order, some put right, some still owed (R18)."""

from __future__ import annotations

import random
from datetime import timedelta
from functools import partial

from common.clock import civil
from tickets.desk import Acting
from tickets.desk.inspecting import Draw, Finding, Judgement, answer, draw, find, judge
from tickets.errors import NotReadyError
from tickets.inspection import Point, Result, Verdict
from tickets.seed.plan import Plan
from tickets.seed.scene import Cast
from tickets.store import TicketStore
from tickets.store.inspecting import Found, found_in
from tickets.units import UnitKind
from tickets.workflow_terms import Role

_COUNT = 5
_FAULTS = (
    (Point.NOT_TO_THE_POINT, "答复只引用了文件,未说明如何处理", "重新答复诉求人并报送"),
    (Point.NOT_CONTACTED, "未见与诉求人联系的记录", "三日内联系诉求人"),
    (Point.RECORD_INCOMPLETE, "缺少现场照片", "补充现场照片"),
)


async def inspect(store: TicketStore, plan: Plan) -> int:
    """Each district draws a sample some days before the end of the play; gives how many samples there are."""
    register = await store.register()
    cast, drawn = Cast(register), 0
    at = plan.until - timedelta(days=7)
    for unit in register.units.values():
        if unit.kind not in (UnitKind.COUNTY, UnitKind.ZONE):
            continue
        rng = random.Random(f"{plan.seed} {unit.id}")  # noqa: S311 - a play, not a secret
        acting = Acting(cast.actor(rng, unit.id, Role.DEPUTY), at)
        period = Draw(at - timedelta(days=plan.days), at, count=_COUNT, seed=f"{civil(at):%Y-%m} {plan.seed}")
        try:
            sample = await store.run(partial(draw, acting=acting, asked=period))
        except NotReadyError:
            # Nothing was handled there yet.
            continue
        drawn += 1
        # The last of them nobody has looked at yet.
        for row in (await store.read(partial(found_in, sample_id=sample.id)))[:-1]:
            await _looked_at(store, cast, rng, acting, row)
    return drawn


async def _looked_at(store: TicketStore, cast: Cast, rng: random.Random, acting: Acting, row: Found) -> None:
    """In order; or a fault that is put right, answered, or owed."""
    sample, ticket, unit = row.record.inspection_id, row.record.ticket_id, row.record.unit
    end = rng.choice(("fine", "fine", "settled", "answered", "owed"))
    point, remark, demand = rng.choice(_FAULTS)
    said = Finding(Result.OK) if end == "fine" else Finding(Result.DEFICIENT, (point,), remark, demand, 3)
    await store.run(lambda work: find(work, acting, sample, ticket, said))
    if end in ("settled", "answered"):
        theirs = Acting(cast.actor(rng, unit, Role.HANDLER), acting.now + timedelta(days=2))
        await store.run(lambda work: answer(work, theirs, sample, ticket, "已按要求整改"))
    if end == "settled":
        later = Acting(acting.actor, acting.now + timedelta(days=3))
        await store.run(lambda work: judge(work, later, sample, ticket, Judgement(Verdict.ACCEPTED)))
