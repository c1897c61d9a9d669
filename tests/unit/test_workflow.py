"""The workflow as a civil servant would check it: the paths of Articles 14, 21–24, and what may not be done."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from common.clock import CIVIL
from tests.unit.workflow_world import NOW, TREE, Desk, actor, answer, at
from tickets.disputes import Dispute
from tickets.ruleset import DEFAULT_RULES
from tickets.unit_tree import UnitTree
from tickets.workflow import IllegalMoveError, Step, possible, replay
from tickets.workflow_moves import Move
from tickets.workflow_table import ROWS, TABLE
from tickets.workflow_terms import Acceptance, CallbackResult, Facts, Role, Status

WHY = Facts(reason="不属本单位职责", basis="三定方案", suggestion="转住建局")
UNSOLVED = Facts(callback=CallbackResult.DISSATISFIED, solved=False)
DISPUTED = replace(WHY, dispute=Dispute.DUTY, adjudicator="编办")


@pytest.fixture
def desk() -> Desk:
    """A ticket of an agent, at the hour at which all scenarios begin."""
    return Desk()


@pytest.mark.covers("R14.3", "R14.4", "R14.6", "A17", "R14.8")
def test_a_ticket_goes_from_intake_to_the_archive(desk: Desk) -> None:
    """Review, dispatch, signature, answer, callback, closing by level 1, archive; the history rebuilds it."""
    desk.dispatched("住建局").signed("住建局")
    desk.do(Move.SUBMIT_ANSWER, "住建局", Role.HANDLER, answer())
    assert desk.stands() is Status.AWAITING_CALLBACK
    assert desk.case.unit == "住建局"
    desk.do(Move.CLOSE, "12345", Role.CALLBACK_CLERK, Facts(callback=CallbackResult.SATISFIED, solved=True))
    desk.do(Move.ARCHIVE, "12345", Role.SYSTEM, Facts(archive_class="住建"))
    assert desk.stands() is Status.ARCHIVED
    assert replay(desk.first, desk.steps, TREE, DEFAULT_RULES) == desk.case
    assert desk.steps[2].cites == ("A2",)


@pytest.mark.covers("A17")
def test_a_unit_cannot_close_and_is_told_what_it_can_do(desk: Desk) -> None:
    """The error says what was tried, by whom, why not, and what is possible; the ticket stays as it was."""
    desk.dispatched("住建局").signed("住建局")
    with pytest.raises(IllegalMoveError) as refused:
        desk.do(Move.CLOSE, "住建局", Role.HANDLER, Facts(callback=CallbackResult.SATISFIED, solved=True))
    says = str(refused.value)
    assert "住建局的承办人员u1要「办结」,不能办理:只有在待回访时才能办理" in says
    assert "工单状态为办理中" in says
    assert "提交办理结果" in says
    assert desk.stands() is Status.IN_HANDLING
    desk.do(Move.SUBMIT_ANSWER, "住建局", Role.HANDLER, answer())
    with pytest.raises(IllegalMoveError, match="应由一级机构回访员/回访主管办理"):
        desk.do(Move.CLOSE, "住建局", Role.HANDLER, Facts(callback=CallbackResult.SATISFIED, solved=True))


@pytest.mark.covers("R22.6", "A22")
def test_a_return_needs_reason_basis_and_suggestion_all_three(desk: Desk) -> None:
    """Each of the three that is missing is named; blanks do not count."""
    desk.dispatched("住建局").signed("住建局")
    with pytest.raises(IllegalMoveError, match="缺少依据、建议"):
        desk.do(Move.REQUEST_RETURN, "住建局", Role.HANDLER, Facts(reason="不属本单位", basis="  "))
    desk.do(Move.REQUEST_RETURN, "住建局", Role.HANDLER, WHY)
    assert desk.case.unit == "住建局"


@pytest.mark.covers("R22.6", "A22", "R21.3")
def test_a_second_return_goes_to_adjudication_then_a_forced_dispatch_that_cannot_be_returned(desk: Desk) -> None:
    """Unit A returns, unit B may not: adjudication rules, the ruling binds both the reviewer and the unit."""
    desk.dispatched("住建局").signed("住建局").do(Move.REQUEST_RETURN, "住建局", Role.HANDLER, WHY)
    with pytest.raises(IllegalMoveError, match="只有在"):
        desk.do(Move.REQUEST_ADJUDICATION, "住建局", Role.HANDLER, DISPUTED)
    desk.do(Move.ACCEPT_RETURN, "12345", Role.REVIEWER)
    assert (desk.case.unit, desk.case.due) == ("12345", None)
    desk.dispatched("城管局", submit=False).signed("城管局")
    with pytest.raises(IllegalMoveError, match="再退须申请职责裁定"):
        desk.do(Move.REQUEST_RETURN, "城管局", Role.HANDLER, WHY)
    desk.do(Move.REQUEST_ADJUDICATION, "城管局", Role.HANDLER, DISPUTED)
    with pytest.raises(IllegalMoveError, match="尚未作出裁定"):
        desk.do(Move.FORCE_DISPATCH, "12345", Role.REVIEWER, Facts(unit="住建局", due=NOW, apply_by=NOW))
    desk.do(Move.RULE, "编办", Role.ADJUDICATOR, Facts(ruling="由住建局承办", basis="三定方案", unit="住建局"))
    with pytest.raises(IllegalMoveError, match="裁定的承办单位是「住建局」"):
        desk.do(Move.FORCE_DISPATCH, "12345", Role.REVIEWER, Facts(unit="城管局", due=NOW, apply_by=NOW))
    desk.do(Move.FORCE_DISPATCH, "12345", Role.REVIEWER, Facts(unit="住建局", due=NOW, apply_by=NOW)).signed("住建局")
    for move in (Move.REQUEST_RETURN, Move.REQUEST_ADJUDICATION):
        with pytest.raises(IllegalMoveError, match="A22"):
            desk.do(move, "住建局", Role.HANDLER, WHY)


@pytest.mark.covers("R22.6", "R21.3")
def test_after_two_working_days_only_adjudication_is_left(desk: Desk) -> None:
    """A return after its limit is refused with the limit named; before it adjudication is not open."""
    desk.dispatched("住建局").signed("住建局")
    with pytest.raises(IllegalMoveError, match="应先申请退回"):
        desk.do(Move.REQUEST_ADJUDICATION, "住建局", Role.HANDLER, DISPUTED)
    desk.now += timedelta(days=3)
    with pytest.raises(IllegalMoveError, match="退回期限2026-11-26 00:00已过"):
        desk.do(Move.REQUEST_RETURN, "住建局", Role.HANDLER, WHY)
    desk.do(Move.REQUEST_ADJUDICATION, "住建局", Role.HANDLER, DISPUTED)
    assert desk.stands() is Status.ADJUDICATION


@pytest.mark.covers("R22.6")
def test_a_return_that_is_refused_does_not_set_the_limit_back(desk: Desk) -> None:
    """The due day is the same before and after."""
    due = desk.dispatched("住建局").signed("住建局").case.due
    desk.do(Move.REQUEST_RETURN, "住建局", Role.HANDLER, WHY)
    desk.do(Move.REFUSE_RETURN, "12345", Role.REVIEWER, Facts(reason="属住建局职责"))
    assert (desk.stands(), desk.case.due) == (Status.IN_HANDLING, due)


@pytest.mark.covers("R21.1", "A12", "R18", "R24.1")
def test_level_2_stays_responsible_until_level_3_signs_and_looks_at_its_answer(desk: Desk) -> None:
    """Passed down, declined, passed down again and signed; level 3's return goes to level 2, its answer too."""
    desk.dispatched("滨城区").signed("滨城区")
    down = Facts(unit="市西街道", return_by=at("2026-11-25T00:00"))
    desk.do(Move.PASS_DOWN, "滨城区", Role.HANDLER, down)
    assert desk.case.unit == "滨城区"
    desk.do(Move.DECLINE, "市西街道", Role.HANDLER, WHY)
    assert (desk.stands(), desk.case.unit) == (Status.IN_HANDLING, "滨城区")
    desk.do(Move.PASS_DOWN, "滨城区", Role.HANDLER, down).do(Move.SIGN, "市西街道", Role.HANDLER)
    assert (desk.stands(), desk.case.unit) == (Status.IN_HANDLING, "市西街道")
    desk.do(Move.REQUEST_RETURN, "市西街道", Role.HANDLER, WHY)
    with pytest.raises(IllegalMoveError, match="应由交办的上级机构"):
        desk.do(Move.ACCEPT_RETURN, "12345", Role.REVIEWER)
    desk.do(Move.REFUSE_RETURN, "滨城区", Role.DEPUTY, Facts(reason="属街道职责"))
    desk.do(Move.SUBMIT_ANSWER, "市西街道", Role.HANDLER, answer())
    assert desk.stands() is Status.AWAITING_UPPER_REVIEW
    desk.do(Move.RETURN_ANSWER, "滨城区", Role.DEPUTY, Facts(reason="只罗列条文"))
    desk.do(Move.SUBMIT_ANSWER, "市西街道", Role.HANDLER, answer()).do(Move.APPROVE_ANSWER, "滨城区", Role.DEPUTY)
    assert desk.stands() is Status.AWAITING_CALLBACK


@pytest.mark.covers("A12")
def test_what_level_3_returns_is_level_2s_again_and_level_2_may_still_return_it(desk: Desk) -> None:
    """Level 2's own 2 WD keep running while level 3 has it."""
    desk.dispatched("滨城区").signed("滨城区")
    desk.do(Move.PASS_DOWN, "滨城区", Role.HANDLER, Facts(unit="市西街道", return_by=at("2026-11-25T00:00")))
    desk.do(Move.SIGN, "市西街道", Role.HANDLER).do(Move.REQUEST_RETURN, "市西街道", Role.HANDLER, WHY)
    desk.do(Move.ACCEPT_RETURN, "滨城区", Role.PRINCIPAL)
    assert (desk.case.unit, desk.case.return_by) == ("滨城区", at("2026-11-26T00:00"))
    desk.do(Move.REQUEST_RETURN, "滨城区", Role.HANDLER, WHY).do(Move.ACCEPT_RETURN, "12345", Role.REVIEWER)
    assert (desk.stands(), desk.case.unit) == (Status.AWAITING_REVIEW, "12345")


@pytest.mark.covers("R11.1")
def test_dispatch_follows_the_tree_and_skips_a_level_only_as_a_marked_exception(desk: Desk) -> None:
    """Straight to a street office is refused without the exception's reason; nobody dispatches sideways or up."""
    desk.submitted()
    with pytest.raises(IllegalMoveError, match="越级"):
        desk.dispatched("市西街道", submit=False)
    with pytest.raises(IllegalMoveError, match="不是下级单位"):
        desk.dispatched("外星局", submit=False)
    desk.dispatched("市西街道", submit=False, exception="暴雪抢险").signed("市西街道")
    with pytest.raises(IllegalMoveError, match="不是下级单位"):
        desk.do(Move.PASS_DOWN, "市西街道", Role.HANDLER, Facts(unit="滨城区", return_by=NOW))


@pytest.mark.covers("R21.2", "A10", "A11")
def test_the_nearest_common_upper_unit_names_the_lead_and_open_tasks_hold_the_parent(desk: Desk) -> None:
    """Level 1 names across departments; the lead finishes when every task is done or waived."""
    desk.dispatched("住建局", co_handlers=("城管局", "滨城区")).signed("住建局")
    assert desk.stands() is Status.CO_HANDLING
    with pytest.raises(IllegalMoveError, match="协办任务尚未完成:城管局、滨城区"):
        desk.do(Move.SUBMIT_ANSWER, "住建局", Role.HANDLER, answer())
    with pytest.raises(IllegalMoveError, match="应由协办单位"):
        desk.do(Move.FINISH_TASK, "住建局", Role.HANDLER, Facts(result="已配合"))
    desk.do(Move.FINISH_TASK, "城管局", Role.HANDLER, Facts(result="已配合"))
    with pytest.raises(IllegalMoveError, match="应由指定协办的机构"):
        desk.do(Move.WAIVE_TASK, "住建局", Role.DEPUTY, Facts(unit="滨城区", reason="不需要"))
    desk.do(Move.WAIVE_TASK, "12345", Role.REVIEWER, Facts(unit="滨城区", reason="不需要"))
    desk.do(Move.SUBMIT_ANSWER, "住建局", Role.HANDLER, answer())
    assert desk.stands() is Status.AWAITING_CALLBACK


@pytest.mark.covers("R21.2", "A11")
def test_a_unit_does_not_name_its_own_co_handlers_nor_level_1_inside_a_district(desk: Desk) -> None:
    """Between two streets of a district the district names; the lead itself never does."""
    desk.dispatched("滨城区").signed("滨城区")
    desk.do(Move.PASS_DOWN, "滨城区", Role.HANDLER, Facts(unit="市西街道", return_by=NOW + timedelta(days=1)))
    desk.do(Move.SIGN, "市西街道", Role.HANDLER)
    named = Facts(co_handlers=("北镇街道",))
    with pytest.raises(IllegalMoveError, match="应由共同的上级机构「滨城区」"):
        desk.do(Move.NAME_CO_HANDLERS, "12345", Role.REVIEWER, named)
    with pytest.raises(IllegalMoveError, match="应由上级机构"):
        desk.do(Move.NAME_CO_HANDLERS, "市西街道", Role.DEPUTY, named)
    desk.do(Move.NAME_CO_HANDLERS, "滨城区", Role.DEPUTY, named)
    with pytest.raises(IllegalMoveError, match="不能作协办单位"):
        desk.do(Move.NAME_CO_HANDLERS, "滨城区", Role.DEPUTY, named)
    with pytest.raises(IllegalMoveError, match="协办单位重复"):
        desk.do(Move.NAME_CO_HANDLERS, "滨城区", Role.DEPUTY, Facts(co_handlers=("梁才街道", "梁才街道")))


@pytest.mark.covers("R22.4", "A4", "A5", "A18")
def test_an_extension_needs_consent_counts_when_the_caller_knows_and_ends_at_ten_days(desk: Desk) -> None:
    """Asked in time, consented, told; the second only by a leader; ten WD together; a third never."""
    desk.dispatched("住建局").signed("住建局")
    with pytest.raises(IllegalMoveError, match="不得超过10个工作日"):
        desk.do(Move.REQUEST_EXTENSION, "住建局", Role.HANDLER, Facts(reason="等材料", working_days=11))
    due = desk.case.due
    desk.extend(6)
    assert (desk.case.extended_days, desk.case.due) == (0, due)
    with pytest.raises(IllegalMoveError, match="尚未告知诉求人"):
        desk.do(Move.REQUEST_EXTENSION, "住建局", Role.HANDLER, Facts(reason="等材料", working_days=1))
    desk.told(at("2026-12-09T00:00"))
    assert (desk.case.extended_days, desk.case.due) == (6, at("2026-12-09T00:00"))
    with pytest.raises(IllegalMoveError, match="尚可申请1至4个"):
        desk.do(Move.REQUEST_EXTENSION, "住建局", Role.HANDLER, Facts(reason="等材料", working_days=5))
    with pytest.raises(IllegalMoveError, match="只能由一级机构负责人批准"):
        desk.extend(4)
    desk.do(Move.APPROVE_EXTENSION, "12345", Role.LEADER)
    desk.told(at("2026-12-15T00:00"))
    assert (desk.case.extended_days, desk.case.due) == (10, at("2026-12-15T00:00"))
    with pytest.raises(IllegalMoveError, match="已延期2次"):
        desk.do(Move.REQUEST_EXTENSION, "住建局", Role.HANDLER, Facts(reason="等材料", working_days=1))


@pytest.mark.covers("A5")
def test_an_extension_asked_for_too_late_is_refused_and_recorded_as_late(desk: Desk) -> None:
    """On the due day the request is no longer possible; that it was made is a step of the history."""
    desk.dispatched("住建局").signed("住建局")
    asked = Facts(reason="等材料", working_days=3)
    with pytest.raises(IllegalMoveError, match="尚在期限内"):
        desk.do(Move.REQUEST_EXTENSION_LATE, "住建局", Role.HANDLER, asked)
    desk.now = at("2026-11-30T09:00")
    with pytest.raises(IllegalMoveError, match="申请延期期限2026-11-28 00:00已过"):
        desk.do(Move.REQUEST_EXTENSION, "住建局", Role.HANDLER, asked)
    desk.do(Move.REQUEST_EXTENSION_LATE, "住建局", Role.HANDLER, asked)
    assert (desk.stands(), desk.steps[-1].cites) == (Status.IN_HANDLING, ("A5",))


@pytest.mark.covers("A4")
def test_level_2_looks_first_at_an_extension_for_level_3(desk: Desk) -> None:
    """Level 1 cannot consent before the district has looked at it."""
    desk.dispatched("滨城区").signed("滨城区")
    desk.do(Move.PASS_DOWN, "滨城区", Role.HANDLER, Facts(unit="市西街道", return_by=NOW + timedelta(days=1)))
    desk.do(Move.SIGN, "市西街道", Role.HANDLER)
    desk.do(Move.REQUEST_EXTENSION, "市西街道", Role.HANDLER, Facts(reason="等材料", working_days=3))
    with pytest.raises(IllegalMoveError, match="须先由二级机构初审"):
        desk.do(Move.APPROVE_EXTENSION, "12345", Role.REVIEWER)
    desk.do(Move.ENDORSE_EXTENSION, "滨城区", Role.DEPUTY).do(Move.APPROVE_EXTENSION, "12345", Role.REVIEWER)
    assert desk.case.granted_days == 3


@pytest.mark.covers("A26", "R14.2")
def test_waiting_for_material_needs_level_1s_consent_once_with_the_caller_told(desk: Desk) -> None:
    """Asked by the unit, consented with a notice, resumed with the moved limit, and never again."""
    desk.dispatched("住建局").signed("住建局")
    with pytest.raises(IllegalMoveError, match="承办单位没有申请待补充"):
        desk.do(Move.PAUSE, "12345", Role.REVIEWER, Facts(notice_id="n1"))
    desk.do(Move.ASK_FOR_PAUSE, "住建局", Role.HANDLER, Facts(reason="缺房产证"))
    with pytest.raises(IllegalMoveError, match="缺少告知记录"):
        desk.do(Move.PAUSE, "12345", Role.REVIEWER)
    desk.do(Move.PAUSE, "12345", Role.REVIEWER, Facts(notice_id="n1"))
    assert desk.stands() is Status.WAITING_FOR_MATERIAL
    desk.do(Move.RESUME, "12345", Role.SYSTEM, Facts(due=at("2026-12-03T00:00"), return_by=NOW, apply_by=NOW))
    assert (desk.stands(), desk.case.due) == (Status.IN_HANDLING, at("2026-12-03T00:00"))
    with pytest.raises(IllegalMoveError, match="只能使用一次"):
        desk.do(Move.ASK_FOR_PAUSE, "住建局", Role.HANDLER, Facts(reason="缺房产证"))


@pytest.mark.covers("R23.1", "R23.2", "R23.3", "R23.4", "R14.7")
def test_no_further_handling_needs_an_explanation_a_statement_consent_and_a_reader(desk: Desk) -> None:
    """Without the written statement it is refused; before it closes a clerk has read it and the caller was called."""
    desk.dispatched("住建局").signed("住建局")
    asked = Facts(ground="R23.1", reason="法院已判决", explained_at=NOW)
    with pytest.raises(IllegalMoveError, match="缺少书面说明附件"):
        desk.do(Move.REQUEST_TERMINATION, "住建局", Role.HANDLER, asked)
    desk.do(Move.REQUEST_TERMINATION, "住建局", Role.HANDLER, replace(asked, statement_id="a1"))
    desk.do(Move.APPROVE_TERMINATION, "12345", Role.REVIEWER)
    assert desk.stands() is Status.NO_FURTHER_HANDLING
    with pytest.raises(IllegalMoveError, match="缺少阅看人"):
        desk.do(Move.CLOSE, "12345", Role.CALLBACK_CLERK, Facts(callback=CallbackResult.SATISFIED, solved=True))
    desk.do(
        Move.CLOSE, "12345", Role.CALLBACK_CLERK, Facts(callback=CallbackResult.SATISFIED, solved=True, read_by="u9")
    )
    assert desk.stands() is Status.CLOSED


@pytest.mark.covers("R14.4", "R14.5", "R24.1")
def test_an_answer_has_all_its_parts_and_says_what_the_caller_said(desk: Desk) -> None:
    """Each missing part is named; the answer to the caller cannot lie in the future; disputed may be submitted."""
    desk.dispatched("住建局").signed("住建局")
    with pytest.raises(IllegalMoveError, match="缺少采取的措施、诉求人是否认可"):
        desk.do(Move.SUBMIT_ANSWER, "住建局", Role.HANDLER, replace(answer(), done="", acceptance=None))
    with pytest.raises(IllegalMoveError, match="不能晚于现在"):
        desk.do(
            Move.SUBMIT_ANSWER, "住建局", Role.HANDLER, replace(answer(), answered_at=desk.now + timedelta(minutes=1))
        )
    desk.do(Move.SUBMIT_ANSWER, "住建局", Role.HANDLER, replace(answer(), acceptance=Acceptance.DISPUTED))
    assert desk.stands() is Status.AWAITING_CALLBACK


@pytest.mark.covers("R14.7", "A8", "A9")
def test_two_rounds_again_then_supervised(desk: Desk) -> None:
    """Dissatisfied: only the callback supervisor sends it back; after the second round it is supervised."""
    desk.dispatched("住建局").signed("住建局")
    back = Facts(reason="未解决", due=at("2026-12-04T00:00"))
    for expected in (Status.HANDLED_AGAIN, Status.HANDLED_AGAIN, Status.SUPERVISED, Status.SUPERVISED):
        desk.do(Move.SUBMIT_ANSWER, "住建局", Role.HANDLER, answer())
        with pytest.raises(IllegalMoveError, match="由回访主管认定"):
            desk.do(Move.CLOSE, "12345", Role.CALLBACK_CLERK, UNSOLVED)
        with pytest.raises(IllegalMoveError, match="应由一级机构回访主管办理"):
            desk.do(Move.SEND_BACK, "12345", Role.CALLBACK_CLERK, back)
        desk.do(Move.SEND_BACK, "12345", Role.CALLBACK_SUPERVISOR, back)
        assert desk.stands() is expected
    assert desk.case.rounds == 2


@pytest.mark.covers("A8")
def test_a_unit_may_appeal_once_and_an_unreasonable_claim_stays_dissatisfied(desk: Desk) -> None:
    """The appeal is granted by a level-1 leader; the supervisor closes with a reason, never as satisfied."""
    desk.dispatched("住建局").signed("住建局").do(Move.SUBMIT_ANSWER, "住建局", Role.HANDLER, answer())
    desk.do(Move.SEND_BACK, "12345", Role.CALLBACK_SUPERVISOR, Facts(reason="未解决", due=NOW))
    desk.do(Move.APPEAL, "住建局", Role.DEPUTY, Facts(reason="诉求不合理"))
    with pytest.raises(IllegalMoveError, match="已申诉过一次"):
        desk.do(Move.APPEAL, "住建局", Role.DEPUTY, Facts(reason="诉求不合理"))
    desk.do(Move.GRANT_APPEAL, "12345", Role.LEADER, Facts(reason="确不合理"))
    with pytest.raises(IllegalMoveError, match="没有表示不满意"):
        desk.do(
            Move.CLOSE_AS_UNREASONABLE,
            "12345",
            Role.CALLBACK_SUPERVISOR,
            Facts(callback=CallbackResult.SATISFIED, reason="x", read_by="u9"),
        )
    unreasonable = replace(UNSOLVED, reason="要求违法", read_by="u9")
    desk.do(Move.CLOSE_AS_UNREASONABLE, "12345", Role.CALLBACK_SUPERVISOR, unreasonable)
    assert desk.steps[-1].facts.callback is CallbackResult.DISSATISFIED


@pytest.mark.covers("A7", "R14.7")
@pytest.mark.parametrize(
    ("attempts", "changes", "says"),
    [
        (("2026-11-24T09:00", "2026-11-24T15:00", "2026-11-24T19:00"), {}, "分2天"),
        (("2026-11-24T09:00", "2026-11-25T09:00", "2026-11-26T10:00"), {}, "2个时段"),
        (("2026-11-24T09:00", "2026-11-25T15:00"), {}, "至少3次"),
        (("2026-11-24T09:00", "2026-11-25T15:00", "2026-11-25T16:00"), {"sms_id": ""}, "应先发短信"),
        (("2026-11-24T09:00", "2026-11-25T15:00", "2026-11-25T16:00"), {"read_by": ""}, "阅看答复"),
        (("2026-11-24T09:00", "2026-11-25T15:00", "2026-11-25T16:00"), {}, ""),
    ],
)
def test_unreached_closes_only_after_enough_attempts_a_message_and_a_reading(
    desk: Desk, attempts: tuple[str, ...], changes: dict[str, str], says: str
) -> None:
    """Three attempts, two days, two parts of the day, then SMS, then its answer read; closed as unreached."""
    desk.dispatched("住建局").signed("住建局").do(Move.SUBMIT_ANSWER, "住建局", Role.HANDLER, answer())
    told = Facts(
        callback=CallbackResult.UNREACHED, attempts=tuple(at(text) for text in attempts), sms_id="s1", read_by="u9"
    )
    facts = replace(told, **changes)  # type: ignore[arg-type]  # the table names text fields only
    if says:
        with pytest.raises(IllegalMoveError, match=says):
            desk.do(Move.CLOSE, "12345", Role.CALLBACK_CLERK, facts)
    else:
        desk.do(Move.CLOSE, "12345", Role.CALLBACK_CLERK, facts)
        assert desk.stands() is Status.CLOSED


@pytest.mark.covers("R14.6")
def test_a_ticket_that_was_transferred_is_called_back_even_if_answered_after_its_return(desk: Desk) -> None:
    """Answered at once without transfer needs no callback; after a return the same answer does."""
    desk.submitted()
    direct = Desk().submitted().do(Move.ANSWER_AT_ONCE, "12345", Role.AGENT, Facts(answer="请见政策"))
    assert direct.stands() is Status.ANSWERED
    desk.dispatched("住建局", submit=False).signed("住建局").do(Move.REQUEST_RETURN, "住建局", Role.HANDLER, WHY)
    desk.do(Move.ACCEPT_RETURN, "12345", Role.REVIEWER)
    desk.do(Move.ANSWER_AT_ONCE, "12345", Role.REVIEWER, Facts(answer="请见政策"))
    assert desk.stands() is Status.AWAITING_CALLBACK


@pytest.mark.covers("R6.1", "R22.1")
def test_out_of_scope_is_told_with_its_reason_and_lawful_channel_and_may_be_overridden(desk: Desk) -> None:
    """Without the channel to take it is not refused; an override carries its justification."""
    desk.submitted()
    with pytest.raises(IllegalMoveError, match="缺少应走的法定渠道"):
        desk.do(Move.REFUSE, "12345", Role.AGENT, Facts(reason_code="R6.2"))
    desk.do(Move.REFUSE, "12345", Role.AGENT, Facts(reason_code="R6.2", lawful_channel="人民法院"))
    desk.do(Move.ACCEPT_AFTER_ALL, "12345", Role.LEADER, Facts(reason="涉及供暖安全"))
    assert desk.stands() is Status.AWAITING_REVIEW


@pytest.mark.covers("A25", "A13")
def test_the_caller_may_urge_supplement_and_withdraw_and_level_1_still_closes(desk: Desk) -> None:
    """Each is a step; withdrawn goes to the callback team; a ticket that was not withdrawn cannot close as such."""
    desk.dispatched("住建局").signed("住建局")
    desk.do(Move.URGE, "", Role.CALLER).do(Move.SUPPLEMENT, "", Role.CALLER, Facts(matter="又漏水了"))
    assert desk.stands() is Status.IN_HANDLING
    desk.do(Move.WITHDRAW, "", Role.CALLER, Facts(reason="已解决"))
    desk.do(Move.CLOSE, "12345", Role.CALLBACK_CLERK, Facts(callback=CallbackResult.WITHDRAWN))
    linked = Desk().submitted().do(Move.LINK, "12345", Role.REVIEWER, Facts(handling_ticket="t1"))
    linked.do(Move.CALL_BACK_LINKED, "12345", Role.SYSTEM)
    with pytest.raises(IllegalMoveError, match="没有撤诉"):
        linked.do(Move.CLOSE, "12345", Role.CALLBACK_CLERK, Facts(callback=CallbackResult.WITHDRAWN))
    linked.do(Move.EXAMINE_AGAIN, "12345", Role.CALLBACK_SUPERVISOR, Facts(reason="此户未解决"))
    assert linked.stands() is Status.AWAITING_REVIEW


@pytest.mark.covers("R3.3", "A9")
def test_an_overdue_ticket_is_supervised(desk: Desk) -> None:
    """Before the due instant it is not, from it on it is."""
    desk.dispatched("住建局").signed("住建局")
    with pytest.raises(IllegalMoveError, match="尚未超期"):
        desk.do(Move.SUPERVISE, "12345", Role.SYSTEM, Facts(reason="超期"))
    desk.now = at("2026-12-01T00:00")
    desk.do(Move.SUPERVISE, "12345", Role.SYSTEM, Facts(reason="超期"))
    assert desk.stands() is Status.SUPERVISED


def test_what_is_possible_is_listed_with_what_it_requires(desk: Desk) -> None:
    """A handler of another unit may do nothing; the accountable unit sees its moves with their fields."""
    desk.dispatched("住建局").signed("住建局")
    assert possible(desk.case, actor("城管局", Role.HANDLER), desk.world) == ()
    offers = {option.move: option.requires for option in possible(desk.case, actor("住建局", Role.HANDLER), desk.world)}
    assert offers[Move.REQUEST_RETURN] == ("reason", "basis", "suggestion")
    assert Move.REQUEST_EXTENSION_LATE not in offers


def test_a_history_that_was_tampered_with_does_not_replay(desk: Desk) -> None:
    """A step left out, out of order, or saying something else is found."""
    desk.dispatched("住建局").signed("住建局")
    steps = desk.steps

    def rebuilt(*altered: Step) -> None:
        replay(desk.first, altered, TREE, DEFAULT_RULES)

    with pytest.raises(ValueError, match="step 1 of the history"):
        rebuilt(*steps[1:])
    with pytest.raises(ValueError, match="does not lead to"):
        rebuilt(steps[0], replace(steps[1], unit="城管局"))
    with pytest.raises(ValueError, match="does not follow"):
        rebuilt(replace(steps[0], row="invented"))


def test_the_table_has_no_dead_end_no_lost_state_and_cites_every_row() -> None:
    """Each move stands in the table, each state is reached and left (but the archive), each row names its article."""
    assert {row.move for row in TABLE} == set(Move)
    assert len(ROWS) == len(TABLE)
    left = set().union(*(row.frm for row in TABLE if row.to != "stay"))
    assert left == set(Status) - {Status.ARCHIVED}
    reached = {row.to for row in TABLE} | {Status.DRAFT, Status.IN_HANDLING}
    assert set(Status) <= reached
    assert all(row.cites for row in TABLE)


def test_the_tree_knows_levels_and_the_nearest_common_upper_unit() -> None:
    """Levels count from 1 at the root; a unit that hangs under nothing is refused."""
    assert (TREE.level("12345"), TREE.level("滨城区"), TREE.level("市西街道")) == (1, 2, 3)
    assert TREE.nearest_common_upper("市西街道", "北镇街道") == "滨城区"
    assert TREE.nearest_common_upper("市西街道", "滨城区") == "12345"
    with pytest.raises(ValueError, match="does not hang under"):
        UnitTree("12345", {"a": "b", "b": "a"})
    assert datetime(2026, 11, 24, 9, tzinfo=CIVIL) == NOW
