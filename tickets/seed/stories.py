"""The stories of tickets: each walks one ticket through the desk, as people would, by what the workflow allows."""

from __future__ import annotations

from dataclasses import replace

from common.clock import civil, day_bounds
from tickets.from_above import InheritedLimit, Origin
from tickets.model import Kind, Status
from tickets.seed import acts
from tickets.seed.scene import Scene, Story
from tickets.workflow_moves import Move
from tickets.workflow_terms import CallbackResult, Facts, Role


def at_once(s: Scene) -> Story:
    """Answered from the knowledge base while the caller is on the line (R22.1)."""
    yield from s.draft()
    s.at_once(2, 7)
    yield from s.do(Move.ANSWER_AT_ONCE, s.level_1(Role.AGENT), answer=f"{s.matter.done}。{s.matter.result}")


def drafted(s: Scene) -> Story:
    """An agent is still writing it down."""
    yield from s.draft()
    s.working_days(1)
    yield from s.do(Move.SUBMIT, s.level_1(Role.AGENT))


def satisfied(s: Scene) -> Story:
    """Handled, answered, called back, closed."""
    yield from acts.to_callback(s)
    yield from acts.called_back(s)


def co_handled(s: Scene) -> Story:
    """A lead with co-handlers (R21.2)."""
    yield from acts.submitted(s)
    unit, _, helping = acts.lead(s)
    others = [one for one in ("gongan", "chengguan", "zhujian") if one != unit]
    yield from acts.dispatched(s, co_handlers=helping or (s.rng.choice(others),))
    yield from acts.signed(s)
    s.working_days(s.lag)
    yield from acts.answered(s)
    yield from acts.called_back(s)


def extended(s: Scene) -> Story:
    """Specially complex: the unit asks in time for more (R22.4)."""
    yield from acts.submitted(s)
    yield from acts.dispatched(s)
    yield from acts.signed(s)
    s.working_days(1.5)
    days = s.rng.choice((3, 5, 7, 10))
    why = s.rng.choice(("需要采购配件", "需要多部门会商", "等待检测结果", "施工周期较长"))
    yield from s.do(Move.REQUEST_EXTENSION, s.handler(), reason=why, working_days=days)
    s.office(0.5, 4)
    if s.rng.random() < 0.2:  # noqa: PLR2004 - one in five
        yield from s.do(Move.REFUSE_EXTENSION, s.level_1(Role.REVIEWER), reason="不属特别复杂事项")
    else:
        yield from s.do(Move.APPROVE_EXTENSION, s.level_1(Role.REVIEWER))
        s.office(0.2, 2)
        if s.known.case.granted_days:
            yield from s.do(Move.RECORD_EXTENSION_NOTICE, s.handler(), notice_id="电话告知", reason=why)
        s.working_days(days / 2)
    yield from acts.answered(s)
    yield from acts.called_back(s)


def unreached(s: Scene) -> Story:
    """Nobody answers the callback: three attempts, two days, two parts of the day, then a message (A7)."""
    yield from acts.to_callback(s)
    clerk = s.level_1(Role.CALLBACK_CLERK)
    for hour, later in ((10, True), (15, False), (19, True)):
        s.at_hour(hour, later=later)
        yield from s.do(Move.RECORD_CALLBACK, clerk, callback=CallbackResult.UNREACHED)
    s.at_once(5, 30)
    facts = Facts(callback=CallbackResult.UNREACHED, sms_id="演示短信", read_by=clerk.who)
    yield from s.do(Move.CLOSE, clerk, facts)


def paused(s: Scene) -> Story:
    """The unit waits for what the caller is to send (A26)."""
    yield from acts.submitted(s)
    yield from acts.dispatched(s)
    yield from acts.signed(s)
    s.office(1, 5)
    yield from s.do(Move.ASK_FOR_PAUSE, s.handler(), reason="请提供购买凭证或现场照片")
    s.office(0.5, 3)
    yield from s.do(Move.PAUSE, s.level_1(Role.REVIEWER), notice_id="演示短信")
    s.working_days(2)
    yield from s.do(Move.SUPPLEMENT, s.level_1(Role.AGENT), matter="诉求人补充照片三张和凭证一份")
    s.office(0.3, 1)
    if s.known.status is Status.WAITING_FOR_MATERIAL:
        yield from s.do(Move.RESUME, s.handler())
    s.working_days(1)
    yield from acts.answered(s)
    yield from acts.called_back(s)


def urged(s: Scene) -> Story:
    """The caller comes back to ask where it stands (A25)."""
    yield from acts.submitted(s)
    yield from acts.dispatched(s)
    yield from acts.signed(s)
    for said in ("还没有人联系我,什么时候处理", "再催一次,影响正常生活")[: s.rng.randrange(1, 3)]:
        s.working_days(1)
        yield from s.do(Move.URGE, s.level_1(Role.AGENT), remark=said)
    s.working_days(1)
    yield from acts.answered(s)
    yield from acts.called_back(s)


def withdrawn(s: Scene) -> Story:
    """The caller does not pursue it (A25)."""
    yield from acts.submitted(s)
    yield from acts.dispatched(s)
    yield from acts.signed(s)
    s.office(1, 8)
    yield from s.do(Move.WITHDRAW, s.level_1(Role.AGENT), reason="双方已自行协商解决")
    s.soon(60, 300)
    yield from s.do(Move.CLOSE, s.level_1(Role.CALLBACK_CLERK), callback=CallbackResult.WITHDRAWN)


def from_above(s: Scene) -> Story:
    """A ticket from above with its own number and limit (A27)."""
    due = day_bounds(s.register.calendar.add(civil(s.now).date(), 3))[1]
    number = f"鲁转{civil(s.now):%m%d}-{s.rng.randrange(1000):03d}"
    yield from s.draft(
        details=replace(s.matter.details, inherited=InheritedLimit(due, "省政务服务便民热线", number, Origin.PROVINCE))
    )
    s.at_once(1, 3)
    yield from s.do(Move.SUBMIT, s.level_1(Role.AGENT))
    yield from acts.dispatched(s)
    yield from acts.signed(s)
    s.working_days(1)
    yield from acts.answered(s)
    s.soon(30, 200)
    reviewer = s.level_1(Role.REVIEWER)
    yield from s.do(Move.REPORT_BACK, reviewer, answer="已办结,诉求人认可", told_at=s.now, channel="公文")
    s.working_days(1)
    yield from s.do(Move.SIGN_OFF, reviewer, basis=f"{number}号件销号单", told_at=s.now)
    yield from acts.called_back(s)


def message(s: Scene) -> Story:
    """A caller left a message or asked to be called; it waits until somebody has listened."""
    yield from s.from_call(s.rng.choice((Kind.MESSAGE, Kind.CALLBACK)))
    s.soon(20, 200)
    yield from s.describe()
    yield from acts.dispatched(s)
    yield from acts.handled(s)
    yield from acts.called_back(s)


def first_of_many(s: Scene) -> Story:
    """The ticket that is handled for all callers of a matter (A13)."""
    yield from s.draft()
    s.at_once(1, 3)
    yield from s.do(Move.SUBMIT, s.level_1(Role.AGENT))
    yield from acts.dispatched(s)
    if s.bond:
        s.bond.ticket = s.known
    yield from acts.signed(s)
    s.working_days(3.5)
    if s.bond:
        s.bond.ticket = None
    yield from acts.answered(s)
    yield from acts.called_back(s)


def one_of_many(s: Scene) -> Story:
    """Another caller of the same matter: linked, with a record, a notice and a callback of their own (A13)."""
    yield from s.draft()
    s.at_once(1, 3)
    yield from s.do(Move.SUBMIT, s.level_1(Role.AGENT))
    s.soon(5, 30)
    handling = s.bond.ticket if s.bond else None
    if handling is None:
        yield from acts.dispatched(s)
        yield from acts.handled(s)
        yield from acts.called_back(s)
        return
    yield from s.do(Move.LINK, s.level_1(Role.REVIEWER), handling_ticket=handling.id)
    while s.known.status is Status.LINKED:
        s.working_days(1)
        yield from s.wait()
    if s.known.status is Status.AWAITING_CALLBACK:
        yield from acts.called_back(s)


def to_upper_review(s: Scene) -> Story:
    """Passed down to a township, whose answer its county looks at first (R24.1)."""
    yield from acts.submitted(s)
    yield from acts.dispatched(s)
    yield from acts.signed(s)
    if acts.may_pass_down(s):
        yield from acts.passed_down(s)
    yield from acts.answered(s)
    yield from acts.called_back(s)
