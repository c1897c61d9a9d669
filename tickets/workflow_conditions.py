"""What must hold before a move: each returns why it may not be made, in Chinese, or an empty text.

A *when* looks at the case, the actor and the surroundings, so that what is possible can be listed beforehand; a *check*
also looks at what is told with the move.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from common.clock import civil
from tickets.callback_table import WHAT_FOLLOWS, Follows
from tickets.ruleset import RuleId, RuleSet
from tickets.workflow_terms import TERMINATION_GROUNDS, Actor, CallbackResult, Case, Facts, Role, Status, Surroundings

When = Callable[[Case, Actor, Surroundings], str]
Check = Callable[[Case, Actor, Facts, Surroundings], str]


def with_level_1(case: Case, _: Actor, world: Surroundings) -> str:
    """The upper unit is level 1 (R11.1)."""
    return "" if case.upper == world.tree.root else "上级机构不是一级机构"


def below_level_2(case: Case, _: Actor, world: Surroundings) -> str:
    """The upper unit is not level 1: it looks first (R18–19, R24.1)."""
    return "" if case.upper != world.tree.root else "上级机构是一级机构"


def dispatched(case: Case, _: Actor, world: Surroundings) -> str:
    """A unit has had the ticket."""
    return "" if case.unit != world.tree.root else "工单没有承办单位"


def with_level_1_itself(case: Case, _: Actor, world: Surroundings) -> str:
    """Level 1 has the ticket itself."""
    return "" if case.unit == world.tree.root else "工单已有承办单位"


def may_end_here(case: Case, _: Actor, __: Surroundings) -> str:
    """No unit has ever had the ticket, so no callback is owed (R14.6), nor a report to anybody above (A27)."""
    if case.issuer:
        return "上级交办件须报告上级并由其销号(A27)"
    return "" if not case.transferred else "工单曾经转办,须经回访(第十四条)"


def owed_to_somebody(case: Case, _: Actor, __: Surroundings) -> str:
    """Some unit has had the ticket: it is called back (R14.6); or somebody above waits for the report (A27)."""
    return "" if case.transferred or case.issuer else "工单未曾转办"


def from_above(case: Case, _: Actor, __: Surroundings) -> str:
    """The ticket was given to the hotline from above (A27)."""
    return "" if case.issuer else "不是上级交办件"


def not_signed_off(case: Case, _: Actor, __: Surroundings) -> str:
    """What the issuer has signed off is settled with it (A27)."""
    return "" if not case.signed_off else "上级已销号(A27)"


def reported_back(case: Case, _: Actor, __: Surroundings) -> str:
    """The issuer decides on what it was told (A27)."""
    return "" if case.reported else "尚未报告交办上级(A27)"


def settled_above(case: Case, _: Actor, __: Surroundings) -> str:
    """A ticket from above is reported back and signed off before it closes (A27)."""
    if not case.issuer or case.signed_off:
        return ""
    return f"上级交办件,{'已报告' if case.reported else '尚未报告'}{case.issuer},待其销号后才能办结(A27)"


def not_offered(case: Case, _: Actor, __: Surroundings) -> str:
    """No transfer waits for a signature (R21.1)."""
    return "" if not case.offered_to else "已转交下级,尚待其签收"


def offered(case: Case, _: Actor, __: Surroundings) -> str:
    """A transfer waits for a signature (R21.1)."""
    return "" if case.offered_to else "没有待签收的转交"


def no_open_task(case: Case, _: Actor, __: Surroundings) -> str:
    """The parent does not finish while a co-handler's task is open (A10)."""
    return "" if not case.tasks else f"协办任务尚未完成:{'、'.join(case.tasks)}(A10)"


def last_task(case: Case, _: Actor, __: Surroundings) -> str:
    """Only one task is open."""
    return "" if len(case.tasks) == 1 else "还有其他协办任务"


def first_return(case: Case, _: Actor, __: Surroundings) -> str:
    """A second return to the same upper unit goes to adjudication (A22)."""
    return "" if case.upper not in case.returned_to else "此件已退回过一次,再退须申请职责裁定(A22)"


def return_in_time(case: Case, _: Actor, world: Surroundings) -> str:
    """Within 2 WD, from level 3 to level 2 within 1 WD (R22.6, A12)."""
    by = _return_by(case, world)
    return "" if by is None or world.now < by else f"退回期限{civil(by):%Y-%m-%d %H:%M}已过,须申请职责裁定(第二十二条)"


def declined_in_time(case: Case, _: Actor, world: Surroundings) -> str:
    """What level 2 has passed down is given back within 1 WD, signed or not (A12)."""
    by = case.inner_return_by
    return "" if by is None or world.now < by else f"退还期限{civil(by):%Y-%m-%d %H:%M}已过,请签收后申请职责裁定(A12)"


def return_no_more(case: Case, actor: Actor, world: Surroundings) -> str:
    """Adjudication is for what can no longer be returned: a second return, or a late one (R22.6, A22)."""
    spent = first_return(case, actor, world) or return_in_time(case, actor, world)
    return "" if spent else "尚在退回期限内,应先申请退回(第二十二条)"


def not_bound(case: Case, _: Actor, __: Surroundings) -> str:
    """The unit that a ruling has bound cannot return it; one below it may return to it (A22, A12)."""
    return "" if case.unit != case.forced else "此件经裁定强制派单,不得再退(A22)"


def not_forced(case: Case, _: Actor, __: Surroundings) -> str:
    """A forced dispatch is not taken to adjudication again, nor recalled (R21.3, A22)."""
    return "" if not case.forced else "此件已经裁定强制派单(A22)"


def ruled(case: Case, _: Actor, __: Surroundings) -> str:
    """The ruling has been given (R21.3)."""
    return "" if case.ruled else "尚未作出裁定"


def not_ruled(case: Case, _: Actor, __: Surroundings) -> str:
    """No ruling has been given yet; it is binding (R21.3)."""
    return "" if not case.ruled else "已作出裁定,裁定有约束力(第二十一条)"


def apply_in_time(case: Case, _: Actor, world: Surroundings) -> str:
    """Filed by the end of the WD before the due day (R22.4, A5)."""
    if case.apply_by is None:
        return "此件不能申请延期"
    return "" if world.now < case.apply_by else f"申请延期期限{civil(case.apply_by):%Y-%m-%d %H:%M}已过(A5)"


def apply_late(case: Case, actor: Actor, world: Surroundings) -> str:
    """Too late: it is refused, and recorded as late (A5)."""
    return "" if apply_in_time(case, actor, world) else "尚在期限内,应申请延期"


def extension_left(case: Case, _: Actor, world: Surroundings) -> str:
    """Two extensions at most, ten WD together (A4)."""
    if case.granted_days:
        return "已同意的延期尚未告知诉求人(A18)"
    if case.extensions >= world.rules.extensions:
        return f"已延期{case.extensions}次(A4)"
    return "" if case.extended_days < world.rules.limits[RuleId.EXTENSION].amount else "延期合计已满(A4)"


def endorsed_or_direct(case: Case, _: Actor, world: Surroundings) -> str:
    """Level 2 looks at it first (A4)."""
    return "" if case.endorsed or case.upper == world.tree.root else "须先由二级机构初审(A4)"


def not_endorsed(case: Case, _: Actor, __: Surroundings) -> str:
    """Level 2 has not looked yet (A4)."""
    return "" if not case.endorsed else "二级机构已经初审(A4)"


def leader_for_the_second(case: Case, actor: Actor, _: Surroundings) -> str:
    """A second extension only by a level-1 leader (A4)."""
    return "" if case.extensions == 0 or actor.role is Role.LEADER else "第二次延期只能由一级机构负责人批准(A4)"


def extension_granted(case: Case, _: Actor, __: Surroundings) -> str:
    """An extension waits for its notice (A18)."""
    return "" if case.granted_days else "没有待告知的延期"


def not_paused_before(case: Case, _: Actor, world: Surroundings) -> str:
    """Once only (A26)."""
    return "" if case.pauses < world.rules.pauses else "待补充只能使用一次(A26)"


def pause_asked(case: Case, _: Actor, __: Surroundings) -> str:
    """The unit has asked for it (A26)."""
    return "" if case.pause_asked else "承办单位没有申请待补充"


def rounds_left(case: Case, _: Actor, world: Surroundings) -> str:
    """Two rounds of handling again (A9)."""
    return "" if case.rounds < world.rules.rounds else f"已重办{case.rounds}轮,应转督办(A9)"


def rounds_spent(case: Case, actor: Actor, world: Surroundings) -> str:
    """After two rounds it is supervised (A9)."""
    return "" if rounds_left(case, actor, world) else "尚可发回重办"


def overdue_or_spent(case: Case, actor: Actor, world: Surroundings) -> str:
    """Supervised when overdue or still not satisfied after a second handling."""
    if case.due is not None and world.now >= case.due:
        return ""
    return "" if not rounds_spent(case, actor, world) else "尚未超期,也未重办满轮次"


def not_supervised(case: Case, _: Actor, __: Surroundings) -> str:
    """It is not supervised yet."""
    return "" if case.work is not Status.SUPERVISED else "已是督办件"


def not_appealed(case: Case, _: Actor, __: Surroundings) -> str:
    """One appeal (A8)."""
    return "" if not case.appealed else "已申诉过一次(A8)"


def appealed(case: Case, _: Actor, __: Surroundings) -> str:
    """The unit has appealed (A8)."""
    return "" if case.appealed else "承办单位没有申诉"


def along_an_edge(_: Case, actor: Actor, facts: Facts, world: Surroundings) -> str:
    """One level down; level 1 straight to level 3 only as a marked exception (R11.1)."""
    if facts.unit not in world.tree or actor.unit not in world.tree.above(facts.unit):
        return f"「{facts.unit}」不是下级单位(第十一条)"
    if world.tree.above(facts.unit)[0] == actor.unit:
        return ""
    if actor.unit == world.tree.root and facts.exception:
        return ""
    return f"不能越级派单到「{facts.unit}」,确需越级的须注明例外(第十一条)"


def named_by_the_nearest(case: Case, actor: Actor, facts: Facts, world: Surroundings) -> str:
    """The nearest common upper unit names lead and co-handlers (R21.2, A11)."""
    if not facts.co_handlers:
        return ""
    lead = facts.unit or case.unit
    for unit in facts.co_handlers:
        if unit not in world.tree or unit == lead or unit in case.tasks or unit == world.tree.root:
            return f"「{unit}」不能作协办单位"
    if len(set(facts.co_handlers)) < len(facts.co_handlers):
        return "协办单位重复"
    nearest = world.tree.nearest_common_upper(lead, *facts.co_handlers)
    return "" if actor.unit == nearest else f"应由共同的上级机构「{nearest}」指定牵头和协办(第二十一条)"


def as_ruled(case: Case, _: Actor, facts: Facts, __: Surroundings) -> str:
    """The ruling is binding (R21.3)."""
    return "" if facts.unit == case.ruled else f"裁定的承办单位是「{case.ruled}」(第二十一条)"


def a_unit_below(_: Case, __: Actor, facts: Facts, world: Surroundings) -> str:
    """A ruling names a unit that can handle."""
    return "" if facts.unit in world.tree.parents else f"「{facts.unit}」不是承办单位"


def within_its_level(case: Case, _: Actor, facts: Facts, world: Surroundings) -> str:
    """A body decides at its own level: between the unit over it and those below that one (R21.3)."""
    top = world.tree.parents.get(case.adjudicator, world.tree.root)
    named = facts.unit
    inside = named == top or (named in world.tree and top in world.tree.above(named))
    return "" if inside else f"「{case.adjudicator}」只裁定「{top}」及其下级之间的争议(第二十一条)"


def within_ten_days(case: Case, _: Actor, facts: Facts, world: Surroundings) -> str:
    """All extensions together (R22.4, A4)."""
    most = world.rules.limits[RuleId.EXTENSION].amount
    left = most - case.extended_days
    if 1 <= (facts.working_days or 0) <= left:
        return ""
    return f"延期合计不得超过{most}个工作日,尚可申请1至{left}个(第二十二条)"


def own_task(case: Case, actor: Actor, _: Facts, __: Surroundings) -> str:
    """Who finishes a task has it."""
    return "" if actor.unit in case.tasks else "本单位没有未完成的协办任务"


def an_open_task(case: Case, actor: Actor, facts: Facts, __: Surroundings) -> str:
    """What is waived is open, and was named by who waives it (A10)."""
    if facts.unit not in case.tasks:
        return f"「{facts.unit}」没有未完成的协办任务"
    namer = case.namer(facts.unit)
    return "" if actor.unit == namer else f"「{facts.unit}」由「{namer}」指定协办,应由其免除(A10)"


def one_of_article_23(_: Case, __: Actor, facts: Facts, ___: Surroundings) -> str:
    """The ground is one of the article's four (R23.1-4)."""
    if facts.ground in TERMINATION_GROUNDS:
        return ""
    offered = "、".join(f"{code}({words})" for code, words in TERMINATION_GROUNDS.items())
    return f"不再办理的情形应为:{offered}"


def explained_by_now(_: Case, __: Actor, facts: Facts, world: Surroundings) -> str:
    """It has been explained to the caller (R23.1-4)."""
    told = facts.explained_at and facts.explained_at <= world.now
    return "" if told else "向诉求人解释的时间不能晚于现在(第二十三条)"


def not_in_ones_own_cause(case: Case, actor: Actor, _: Facts, __: Surroundings) -> str:
    """Who rules does not belong to a unit that has or had the ticket (R21.3)."""
    own = actor.unit in (case.unit, *case.givers[1:])
    return "" if not own else "裁定人员不能裁定本单位的争议(第二十一条)"


def answered_by_now(_: Case, __: Actor, facts: Facts, world: Surroundings) -> str:
    """The dated answer to the caller has been given (R14.4)."""
    return "" if facts.answered_at and facts.answered_at <= world.now else "答复诉求人的时间不能晚于现在(第十四条)"


def callback_may_close(case: Case, _: Actor, facts: Facts, world: Surroundings) -> str:
    """The truth table of closing (R14.6–7, A7–A8, A25, A28)."""
    result = facts.callback
    if result is CallbackResult.WITHDRAWN and not case.withdrawn:
        return "诉求人没有撤诉"
    said = result is not CallbackResult.WITHDRAWN and _follows(case.called, case.solved)
    follows = Follows.JUDGED if said is Follows.JUDGED else _follows(result, facts.solved)
    if follows is Follows.ASKED:
        return "回访须记录问题是否解决(第十四条)"
    if follows is Follows.JUDGED:
        return "诉求人不满意:由回访主管认定诉求是否合理(A8)"
    if follows is Follows.TRIED and (why := _tried(facts, world.rules)):
        return why
    if follows is not Follows.CLOSES and not facts.read_by:
        return "回访未接通、部分满意、未解决、拒访或无联系方式的,须有工作人员阅看答复(R14.7)"
    return ""


def _tried(facts: Facts, rules: RuleSet) -> str:
    return tried_enough(facts.attempts, rules) or ("" if facts.sms_id else "回访未接通的,应先发短信(A7)")


def _follows(result: CallbackResult | None, solved: bool | None) -> Follows | None:
    return WHAT_FOLLOWS[result, solved] if result else None


def to_be_judged(case: Case, _: Actor, __: Surroundings) -> str:
    """The caller was reached and is not satisfied: whether the claim is reasonable is the question (A8)."""
    judged = _follows(case.called, case.solved) is Follows.JUDGED
    return "" if judged else "没有记录诉求人不满意的回访,无须认定诉求是否合理(A8)"


def proposed(case: Case, _: Actor, __: Surroundings) -> str:
    """The clerk proposes before the supervisor decides (A8)."""
    return "" if case.proposed is not None else "须先由回访员提出诉求是否合理的意见(A8)"


def proposed_if_judged(case: Case, actor: Actor, world: Surroundings) -> str:
    """A doubtful reply goes back without a judgement of the claim; one that dissatisfied does not (R14.7, A8)."""
    return "" if to_be_judged(case, actor, world) else proposed(case, actor, world)


def dissatisfied(_: Case, __: Actor, facts: Facts, ___: Surroundings) -> str:
    """Only who is not satisfied can be found unreasonable; it stays dissatisfied in the raw rate (A8)."""
    found = facts.callback in (CallbackResult.DISSATISFIED, CallbackResult.PARTIAL)
    return "" if found else "诉求人没有表示不满意(A8)"


def tried_enough(attempts: Iterable[datetime], rules: RuleSet) -> str:
    """Why somebody who was not reached must be tried again; empty once it was enough (A7)."""
    tried = [civil(attempt) for attempt in attempts]
    days = {attempt.date() for attempt in tried}
    parts = {0 if attempt.hour < 12 else 1 if attempt.hour < 18 else 2 for attempt in tried}  # noqa: PLR2004 - noon, evening
    enough = (
        len(tried) >= rules.callback_attempts
        and len(days) >= rules.callback_days
        and len(parts) >= rules.callback_parts_of_day
    )
    return (
        ""
        if enough
        else f"回访未接通须至少{rules.callback_attempts}次、分{rules.callback_days}天、"
        f"在{rules.callback_parts_of_day}个时段(A7)"
    )


def told_by_now(_: Case, __: Actor, facts: Facts, world: Surroundings) -> str:
    """What is recorded of the issuer has happened (A27)."""
    return "" if facts.told_at and facts.told_at <= world.now else "报告或批复的时间不能晚于现在(A27)"


def inside_the_own_limit(case: Case, _: Actor, facts: Facts, __: Surroundings) -> str:
    """An inner due date lies before the ticket's own (R18)."""
    late = facts.inner_due and case.due and facts.inner_due > case.due
    return "内部期限不能晚于本单位的办结期限(第十八条)" if late else ""


def _return_by(case: Case, world: Surroundings) -> datetime | None:
    return case.return_by if case.upper == world.tree.root else case.inner_return_by
