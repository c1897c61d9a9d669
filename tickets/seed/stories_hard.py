"""The stories in which something is the matter: disputes, delays, refusals, emergencies."""

from __future__ import annotations

from datetime import timedelta

from tickets.details import Refusal
from tickets.seed import acts
from tickets.seed.scene import Scene, Story
from tickets.workflow_moves import Move
from tickets.workflow_terms import Acceptance, CallbackResult, Facts, Role

_NOT_OURS = Facts(reason="经核实不属本单位职责", basis="本单位三定规定", suggestion="建议转交行业主管部门办理")
_GROUNDS = (
    ("R23.1", "该事项已由人民法院受理,正在审理中"),
    ("R23.2", "诉求不符合现行政策规定"),
    ("R23.3", "此前已依法办理并答复,诉求人以同一事实和理由重复提出"),
    ("R23.4", "属于规章规定的不再办理的其他情形"),
)


def returned(s: Scene) -> Story:
    """Sent to the wrong unit, returned with reason, basis and suggestion, sent to the right one (R22.6)."""
    yield from acts.submitted(s)
    yield from acts.dispatched(s, acts.other(s))
    s.office(1, 8)
    yield from s.do(Move.REQUEST_RETURN, s.handler(), _NOT_OURS)
    s.office(0.5, 4)
    yield from s.do(Move.ACCEPT_RETURN, s.level_1(Role.REVIEWER))
    yield from acts.dispatched(s)
    yield from acts.handled(s)
    yield from acts.called_back(s)


def adjudicated(s: Scene) -> Story:
    """The return is refused, the unit insists, the adjudicators rule, and the unit is bound (R21.3)."""
    yield from acts.submitted(s)
    right = acts.lead(s)[0]
    yield from acts.dispatched(s, acts.other(s))
    s.office(0.5, 3)
    yield from s.do(Move.REQUEST_RETURN, s.handler(), _NOT_OURS)
    s.office(0.5, 3)
    yield from s.do(Move.REFUSE_RETURN, s.level_1(Role.REVIEWER), reason="与该单位职能相近,请先行办理")
    s.office(0.5, 2)
    yield from s.do(Move.REQUEST_ADJUDICATION, s.handler(), _NOT_OURS)
    s.office(3, 12)
    ruling = Facts(ruling="按三定规定由该单位承办", basis="市级部门职责边界清单", unit=right)
    yield from s.do(Move.RULE, s.of("bianban", Role.ADJUDICATOR), ruling)
    s.soon(20, 90)
    yield from s.do(Move.FORCE_DISPATCH, s.level_1(Role.REVIEWER), unit=right)
    yield from acts.handled(s)
    yield from acts.called_back(s)


def redone(s: Scene) -> Story:
    """Not solved: handled again within the limit (R14.7, R24.1)."""
    yield from acts.to_callback(s)
    yield from acts.sent_back(s, "问题没有彻底解决,又出现了")
    s.working_days(s.lag / 2)
    yield from acts.answered(s, more=",并安排专人每日巡查")
    yield from acts.called_back(s)


def difficult(s: Scene) -> Story:
    """Still not solved after two rounds: supervised (A9)."""
    yield from acts.to_callback(s)
    for why in ("没有处理就回复了", "只处理了一半", "过几天又反弹"):
        yield from acts.sent_back(s, why)
        s.office(3, 9)
        yield from acts.answered(s, Acceptance.DISPUTED, more=",扩大整治范围")
    yield from acts.called_back(s)


def appealed(s: Scene) -> Story:
    """The unit appeals against being sent back, and the leader agrees (A8)."""
    yield from acts.to_callback(s)
    yield from acts.sent_back(s, "要求赔偿十万元")
    s.office(1, 4)
    yield from s.do(Move.APPEAL, s.handler(), reason="赔偿要求没有法律依据,已告知诉讼渠道")
    s.office(1, 5)
    yield from s.do(Move.GRANT_APPEAL, s.level_1(Role.LEADER), reason="经复核,承办单位已尽职")
    s.soon(30, 200)
    yield from _unreasonable(s)


def unreasonable(s: Scene) -> Story:
    """The supervisor finds the claim unreasonable; it stays dissatisfied in the raw rate (A8)."""
    yield from acts.to_callback(s)
    yield from acts.dissatisfied(s, "要求免除全部费用")
    yield from acts.judged(s, "要求没有依据", reasonable=False)
    s.soon(20, 120)
    yield from _unreasonable(s)


def _unreasonable(s: Scene) -> Story:
    supervisor = s.level_1(Role.CALLBACK_SUPERVISOR)
    facts = Facts(
        callback=CallbackResult.DISSATISFIED, solved=False, reason="诉求超出法律政策规定", read_by=supervisor.who
    )
    yield from s.do(Move.CLOSE_AS_UNREASONABLE, supervisor, facts)


def overdue(s: Scene) -> Story:
    """The unit lets the limit pass: yellow card, red card, supervised, answered late (R3.3)."""
    yield from acts.submitted(s)
    yield from acts.dispatched(s)
    yield from acts.signed(s)
    s.working_days(s.rng.uniform(6.5, 9))
    yield from acts.answered(s)
    yield from acts.called_back(s)


def signed_late(s: Scene) -> Story:
    """The unit signs after the limit for signing, and has the less time (A2)."""
    yield from acts.submitted(s)
    yield from acts.dispatched(s)
    s.working_days(2.2)
    yield from acts.handled(s)
    yield from acts.called_back(s)


def terminated(s: Scene) -> Story:
    """No further handling, explained to the caller and stated in writing (R23)."""
    yield from acts.submitted(s)
    yield from acts.dispatched(s)
    yield from acts.signed(s)
    s.working_days(1)
    ground, why = s.rng.choice(_GROUNDS)
    facts = Facts(ground=ground, reason=why, explained_at=s.now - timedelta(hours=1), statement_id="演示书面说明")
    yield from s.do(Move.REQUEST_TERMINATION, s.handler(), facts)
    s.office(0.5, 5)
    yield from s.do(Move.APPROVE_TERMINATION, s.level_1(Role.REVIEWER))
    yield from acts.called_back(s)


def refused(s: Scene) -> Story:
    """Out of scope: the reason and the lawful channel are told (R6)."""
    yield from s.draft()
    s.at_once(2, 6)
    yield from s.do(Move.REFUSE, s.level_1(Role.AGENT), reason_code=s.rng.choice(list(Refusal)).value)
    if s.halt is None and s.rng.random() < 0.2:  # noqa: PLR2004 - one in five is looked at once more
        s.soon(60, 300)
        yield from s.do(Move.ACCEPT_AFTER_ALL, s.level_1(Role.REVIEWER), reason="经核实未进入诉讼程序,属受理范围")
        yield from acts.dispatched(s)
        yield from acts.handled(s)
        yield from acts.called_back(s)


def reported(s: Scene) -> Story:
    """A report on persons or units: confidential, and never to whom it is about (A15, A16)."""
    yield from s.draft(confidential=True)
    s.at_once(2, 5)
    yield from s.do(Move.SUBMIT, s.level_1(Role.AGENT))
    yield from acts.dispatched(s)
    yield from acts.signed(s)
    s.working_days(s.lag)
    yield from acts.answered(s)
    yield from acts.called_back(s)


def emergency(s: Scene) -> Story:
    """An emergency: to all concerned within minutes, acknowledged by each, reported on (R7.2)."""
    yield from s.draft()
    s.at_once(1, 3)
    yield from s.do(Move.SUBMIT, s.level_1(Role.AGENT))
    s.at_once(2, 6)
    unit, basis, helping = acts.lead(s)
    county = s.register.place_path(s.known.details.place)[1]
    facts = Facts(unit=unit, basis=basis, co_handlers=(*helping, county))
    yield from s.do(Move.DISPATCH, s.level_1(Role.REVIEWER), facts)
    slow = s.rng.random() < 0.4  # noqa: PLR2004 - some units sleep
    s.at_once(*((24, 34) if slow else (1, 6)))
    yield from s.do(Move.SIGN, s.of(unit))
    for helper in s.known.case.tasks:
        s.at_once(1, 4)
        yield from s.do(Move.ACKNOWLEDGE, s.of(helper), channel="telephone" if slow else "screen")
    s.at_once(50, 75)
    yield from s.do(Move.REPORT, s.of(unit), facts_found=s.matter.found)
    s.at_once(60 * 20, 60 * 23)
    yield from s.do(Move.REPORT, s.of(unit), facts_found=s.matter.result)
    yield from acts.answered(s)
    yield from acts.called_back(s)


def recalled(s: Scene) -> Story:
    """The reviewer sees the mistake before the unit signs."""
    yield from acts.submitted(s)
    yield from acts.dispatched(s, acts.other(s))
    s.at_once(3, 15)
    yield from s.do(Move.RECALL, s.level_1(Role.REVIEWER), reason="派错单位")
    yield from acts.dispatched(s)
    yield from acts.handled(s)
    yield from acts.called_back(s)


def declined(s: Scene) -> Story:
    """A township gives it back to its county, which handles it itself (A12)."""
    yield from acts.submitted(s)
    yield from acts.dispatched(s)
    yield from acts.signed(s)
    if acts.may_pass_down(s):
        place = s.known.details.place
        s.office(0.5, 2)
        yield from s.do(Move.PASS_DOWN, s.handler(), unit=place)
        s.office(0.5, 3)
        yield from s.do(Move.DECLINE, s.of(place), _NOT_OURS)
    s.working_days(1)
    yield from acts.answered(s)
    yield from acts.called_back(s)
