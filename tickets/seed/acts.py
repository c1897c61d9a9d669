"""What most stories share: taken in, sent, handled, answered, called back."""

from __future__ import annotations

from common.clock import civil
from tickets.model import Channel, Status
from tickets.protecting import proposed, protected
from tickets.seed.scene import Act, Scene
from tickets.workflow_moves import Move
from tickets.workflow_terms import Acceptance, CallbackResult, Facts, Role

#: Who is nearest where the catalogue is silent (R21.2).
_NEAREST = {"11": "shenpi", "14": "xinfang", "19": "shenpi"}


def submitted(s: Scene) -> Act:
    """An agent records it and hands it in; some write to the mailbox instead."""
    if s.rng.random() < 0.08:  # noqa: PLR2004 - one in twelve writes
        s.call = ""
        return (yield from s.draft(channel=Channel.MAILBOX, draft=False, who="caller", role=Role.CALLER))
    if s.rng.random() < 0.15:  # noqa: PLR2004 - one in seven is described after the call
        yield from s.from_call()
        s.at_once(4, 15)
        return (yield from s.describe())
    yield from s.draft()
    s.at_once(1, 4)
    return (yield from s.do(Move.SUBMIT, s.level_1(Role.AGENT)))


def lead(s: Scene) -> tuple[str, str, tuple[str, ...]]:
    """Who leads by the catalogue, by which basis, and who helps."""
    details = s.known.details
    lines = s.register.lines(details.category, details.place, civil(s.now).date())
    if lines:
        return lines[0].lead, lines[0].legal_basis, lines[0].co_handlers
    return _NEAREST.get(details.category[:2], "xinfang"), "职能相近", ()


def other(s: Scene) -> str:
    """A unit whose duty it is not."""
    right = lead(s)[0]
    return s.rng.choice([unit for unit in ("gongxin", "shangwu", "nongye", "wenlv", "fagai") if unit != right])


def dispatched(s: Scene, unit: str = "", co_handlers: tuple[str, ...] = ()) -> Act:
    """A reviewer sends it by the catalogue, or with a reason elsewhere."""
    right, basis, _ = lead(s)
    s.soon(8, 70)
    facts = Facts(
        unit=unit or right,
        basis=basis,
        co_handlers=co_handlers,
        reason="" if unit in ("", right) else "来电所述与该单位职能相近",
        for_unit=proposed(s.known).text if protected(s.known.details) else "",
    )
    return (yield from s.do(Move.DISPATCH, s.level_1(Role.REVIEWER), facts))


def signed(s: Scene) -> Act:
    """The unit signs."""
    s.office(0.3, 4)
    return (yield from s.do(Move.SIGN, s.handler()))


def passed_down(s: Scene) -> Act:
    """A county gives it to the township of the place, or to a department of its own."""
    county, place = s.known.unit, s.known.details.place
    below = [unit for unit in s.register.units if s.register.units[unit].parent == county]
    unit = place if place in below and s.rng.random() < 0.6 else s.rng.choice(below)  # noqa: PLR2004 - more often
    s.office(0.3, 3)
    yield from s.do(Move.PASS_DOWN, s.of(county), unit=unit)
    s.office(0.3, 3)
    return (yield from s.do(Move.SIGN, s.of(unit)))


def may_pass_down(s: Scene) -> bool:
    """It is with a county or a zone, that has units below."""
    return s.known.unit in s.register.place_path(s.known.details.place)[1:]


def answered(s: Scene, acceptance: Acceptance = Acceptance.ACCEPTED, more: str = "") -> Act:
    """Tasks are finished, the answer is given; a level 2 above looks at it first (R24.1)."""
    for unit in s.known.case.tasks:
        s.office(0.2, 2)
        yield from s.do(Move.FINISH_TASK, s.of(unit), result="已按职责配合处置,情况已告牵头单位")
    s.office(0.2, 1)
    yield from s.do(Move.SUBMIT_ANSWER, s.handler(), s.matter.answer(s.now, acceptance, more))
    if s.known.status is Status.AWAITING_UPPER_REVIEW:
        upper = s.known.case.upper
        s.office(0.3, 3)
        if s.rng.random() < 0.1:  # noqa: PLR2004 - one in ten
            yield from s.do(Move.RETURN_ANSWER, s.of(upper, Role.DEPUTY), reason="未写明完成时间,请补充")
            s.office(0.5, 2)
            yield from s.do(Move.SUBMIT_ANSWER, s.handler(), s.matter.answer(s.now, acceptance, ",当日完成"))
            s.office(0.3, 2)
        yield from s.do(Move.APPROVE_ANSWER, s.of(upper, Role.DEPUTY))
    return s.known


def handled(s: Scene) -> Act:
    """Signed, passed down where that is usual, worked on, answered."""
    yield from signed(s)
    if may_pass_down(s) and s.rng.random() < 0.75:  # noqa: PLR2004 - mostly
        yield from passed_down(s)
    s.working_days(s.lag)
    return (yield from answered(s))


def to_callback(s: Scene) -> Act:
    """From the call to the callback."""
    yield from submitted(s)
    yield from dispatched(s)
    return (yield from handled(s))


def called_back(s: Scene) -> Act:
    """A clerk calls: mostly satisfied, sometimes partly."""
    s.soon(60, 600)
    clerk = s.level_1(Role.CALLBACK_CLERK)
    if not (s.known.details.contact or s.known.caller_number):
        return (yield from s.do(Move.CLOSE, clerk, callback=CallbackResult.NO_CONTACT, read_by=clerk.who))
    result = s.rng.choices(
        [CallbackResult.SATISFIED, CallbackResult.PARTIAL, CallbackResult.REFUSED], [0.86, 0.1, 0.04]
    )[0]
    said = {CallbackResult.PARTIAL: "处理了,但时间偏长", CallbackResult.REFUSED: "不愿评价"}.get(result, "满意")
    read = "" if result is CallbackResult.SATISFIED and s.known.status is Status.AWAITING_CALLBACK else clerk.who
    facts = Facts(callback=result, solved=result is not CallbackResult.REFUSED, opinions=said, read_by=read)
    return (yield from s.do(Move.CLOSE, clerk, facts))


def dissatisfied(s: Scene, why: str) -> Act:
    """A clerk calls and hears that it is not solved."""
    s.soon(60, 400)
    facts = Facts(callback=CallbackResult.DISSATISFIED, solved=False, opinions=why)
    return (yield from s.do(Move.RECORD_CALLBACK, s.level_1(Role.CALLBACK_CLERK), facts))


def judged(s: Scene, why: str, *, reasonable: bool) -> Act:
    """The clerk says what they make of the claim, for the supervisor to decide (A8)."""
    s.soon(2, 20)
    facts = Facts(reasonable=reasonable, reason=why)
    return (yield from s.do(Move.PROPOSE_FINDING, s.level_1(Role.CALLBACK_CLERK), facts))


def sent_back(s: Scene, why: str) -> Act:
    """The supervisor finds the claim reasonable and sends it back (A8)."""
    yield from dissatisfied(s, why)
    yield from judged(s, "诉求合理,问题确未解决", reasonable=True)
    s.soon(10, 120)
    return (yield from s.do(Move.SEND_BACK, s.level_1(Role.CALLBACK_SUPERVISOR), reason=why))
