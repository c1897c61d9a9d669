"""The workflow as one table. Each row: a move, from which states, to which, who may take it, what it requires, why."""

from __future__ import annotations

from tickets import workflow_conditions as c
from tickets import workflow_effects as e
from tickets.workflow_moves import Move
from tickets.workflow_row import By, Row
from tickets.workflow_terms import Relation, Role, Status

_S, _M, _R = Status, Move, Role


def _by(relation: Relation, *roles: Role) -> By:
    return By(relation, frozenset(roles))


_AGENT = _by(Relation.HOTLINE, _R.AGENT, _R.REVIEWER)
_REVIEWER = _by(Relation.HOTLINE, _R.REVIEWER, _R.LEADER)
_DISPATCHER = _by(Relation.HOTLINE, _R.DISPATCHER, _R.REVIEWER, _R.LEADER)
_LEADER = _by(Relation.HOTLINE, _R.LEADER)
_CALLBACK = _by(Relation.HOTLINE, _R.CALLBACK_CLERK, _R.CALLBACK_SUPERVISOR)
_CALLBACK_SUPERVISOR = _by(Relation.HOTLINE, _R.CALLBACK_SUPERVISOR)
_UNIT = _by(Relation.ACCOUNTABLE, _R.HANDLER, _R.DEPUTY, _R.PRINCIPAL)
_OFFERED = _by(Relation.OFFERED, _R.HANDLER, _R.DEPUTY, _R.PRINCIPAL)
_UPPER = _by(Relation.UPPER, _R.REVIEWER, _R.LEADER, _R.LEVEL2_REVIEWER, _R.DEPUTY, _R.PRINCIPAL)
_LEVEL_2 = _by(Relation.LEVEL_2, _R.DEPUTY, _R.PRINCIPAL, _R.LEVEL2_REVIEWER)
_GIVER = _by(Relation.UPPER, _R.HANDLER, _R.DEPUTY, _R.PRINCIPAL)
_NAMER = _by(Relation.NAMER, _R.REVIEWER, _R.LEADER, _R.LEVEL2_REVIEWER, _R.DEPUTY, _R.PRINCIPAL)
_CO_HANDLER = _by(Relation.CO_HANDLER, _R.HANDLER, _R.DEPUTY, _R.PRINCIPAL)
_ADJUDICATOR = _by(Relation.ANYWHERE, _R.ADJUDICATOR)
#: While level 1 has the ticket itself, news of the caller are its own to read.
_AT_LEVEL_1 = _by(Relation.ACCOUNTABLE, _R.REVIEWER, _R.LEADER, _R.CALLBACK_CLERK, _R.CALLBACK_SUPERVISOR)
_SYSTEM = _by(Relation.HOTLINE, _R.SYSTEM)
_CALLER = _by(Relation.ANYWHERE, _R.CALLER)


def _on(*states: Status) -> frozenset[Status]:
    return frozenset(states)


_WORK = _on(_S.IN_HANDLING, _S.CO_HANDLING, _S.HANDLED_AGAIN, _S.SUPERVISED)
#: Decisions are awaited while the unit goes on working: it may still finish.
_ASKED = _on(_S.EXTENSION_REQUESTED)
_INTERRUPTED = _on(_S.RETURN_REQUESTED, _S.EXTENSION_REQUESTED, _S.WAITING_FOR_MATERIAL, _S.TERMINATION_REQUESTED)
_WITH_UNIT = _WORK | _INTERRUPTED | _on(_S.AWAITING_SIGNATURE)
_CALLED_BACK = _on(_S.AWAITING_CALLBACK, _S.NO_FURTHER_HANDLING)
_OPEN = _WITH_UNIT | _CALLED_BACK | _on(_S.AWAITING_REVIEW, _S.ADJUDICATION, _S.AWAITING_UPPER_REVIEW, _S.LINKED)
_ENDED = _on(_S.CLOSED, _S.ANSWERED, _S.NOT_ACCEPTED)
_WHY = ("reason", "basis", "suggestion")
_ANSWER = ("facts_found", "done", "result", "answered_at", "contact", "acceptance")

TABLE: tuple[Row, ...] = (
    # Intake and review
    Row(_M.SUBMIT, _on(_S.DRAFT), _S.AWAITING_REVIEW, (_AGENT,), ("R14.1", "R14.3"), ("matter",)),
    Row(
        _M.ANSWER_AT_ONCE,
        _on(_S.DRAFT, _S.AWAITING_REVIEW),
        _S.ANSWERED,
        (_AGENT,),
        ("R14.3", "R22.1"),
        ("answer",),
        when=(c.may_end_here,),
        variant="direct",
    ),
    Row(
        _M.ANSWER_AT_ONCE,
        _on(_S.AWAITING_REVIEW),
        _S.AWAITING_CALLBACK,
        (_AGENT,),
        ("R22.1", "R14.6"),
        ("answer",),
        when=(c.owed_to_somebody,),
        variant="transferred",
    ),
    Row(
        _M.REFUSE,
        _on(_S.DRAFT, _S.AWAITING_REVIEW),
        _S.NOT_ACCEPTED,
        (_AGENT,),
        ("R6.1", "R22.1"),
        ("reason_code", "lawful_channel"),
        when=(c.may_end_here,),
        variant="direct",
    ),
    Row(
        _M.REFUSE,
        _on(_S.AWAITING_REVIEW),
        _S.AWAITING_CALLBACK,
        (_AGENT,),
        ("R6.1", "R22.1", "R14.6"),
        ("reason_code", "lawful_channel"),
        when=(c.owed_to_somebody,),
        variant="transferred",
    ),
    Row(_M.ACCEPT_AFTER_ALL, _on(_S.NOT_ACCEPTED), _S.AWAITING_REVIEW, (_REVIEWER,), ("R6.1",), ("reason",)),
    Row(_M.LINK, _on(_S.AWAITING_REVIEW), _S.LINKED, (_DISPATCHER,), ("A13",), ("handling_ticket",)),
    Row(_M.CALL_BACK_LINKED, _on(_S.LINKED), _S.AWAITING_CALLBACK, (_SYSTEM, _REVIEWER), ("A13", "R14.6")),
    # Dispatch, signing, passing down
    Row(
        _M.DISPATCH,
        _on(_S.AWAITING_REVIEW),
        _S.AWAITING_SIGNATURE,
        (_DISPATCHER,),
        ("R14.3", "R21.0", "R21.2", "R11.1", "A2", "A11"),
        ("unit", "basis", "return_by", "due"),
        checks=(c.along_an_edge, c.named_by_the_nearest),
        effect=e.deliver,
    ),
    Row(
        _M.RECALL,
        _on(_S.AWAITING_SIGNATURE),
        _S.AWAITING_REVIEW,
        (_DISPATCHER,),
        ("R21.0", "A3"),
        ("reason",),
        when=(c.not_offered, c.with_level_1, c.not_forced),
        effect=e.to_level_1,
    ),
    Row(
        _M.SIGN,
        _on(_S.AWAITING_SIGNATURE),
        "back",
        (_UNIT,),
        ("A2",),
        when=(c.not_offered,),
        effect=e.sign,
        variant="delivered",
    ),
    Row(
        _M.SIGN,
        _on(_S.AWAITING_SIGNATURE),
        "back",
        (_OFFERED,),
        ("A2", "R21.1"),
        effect=e.accept_offer,
        variant="offered",
    ),
    Row(_M.ACKNOWLEDGE, _WITH_UNIT, "stay", (_UNIT, _OFFERED, _CO_HANDLER), ("R7.2",)),
    Row(
        _M.REPORT, _OPEN - _CALLED_BACK, "stay", (_UNIT, _OFFERED, _CO_HANDLER, _REVIEWER), ("R7.2",), ("facts_found",)
    ),
    Row(
        _M.PASS_DOWN,
        _WORK,
        _S.AWAITING_SIGNATURE,
        (_UNIT,),
        ("R11.1", "R18", "R21.1"),
        ("unit", "return_by"),
        checks=(c.along_an_edge,),
        effect=e.offer,
    ),
    Row(
        _M.TAKE_BACK,
        _on(_S.AWAITING_SIGNATURE),
        "back",
        (_UNIT,),
        ("R21.1",),
        ("reason",),
        when=(c.offered,),
        effect=e.drop_offer,
    ),
    Row(
        _M.DECLINE,
        _on(_S.AWAITING_SIGNATURE),
        "back",
        (_OFFERED,),
        ("R21.1", "A12"),
        _WHY,
        when=(c.declined_in_time,),
        effect=e.drop_offer,
    ),
    Row(
        _M.SET_INNER_DUE,
        _WITH_UNIT,
        "stay",
        (_GIVER,),
        ("R18",),
        ("inner_due",),
        when=(c.below_level_2,),
        checks=(c.inside_the_own_limit,),
        effect=e.set_inner_due,
    ),
    # Lead and co-handlers
    Row(
        _M.NAME_CO_HANDLERS,
        _WORK,
        _S.CO_HANDLING,
        (_by(Relation.ABOVE, _R.REVIEWER, _R.LEADER, _R.DEPUTY, _R.PRINCIPAL),),
        ("R21.2", "A10", "A11"),
        ("co_handlers",),
        checks=(c.named_by_the_nearest,),
        effect=e.add_tasks,
    ),
    Row(
        _M.FINISH_TASK,
        _on(_S.CO_HANDLING),
        "back",
        (_CO_HANDLER,),
        ("A10",),
        ("result",),
        checks=(c.own_task,),
        effect=e.finish_task,
    ),
    Row(
        _M.FINISH_TASK,
        _WITH_UNIT - _on(_S.CO_HANDLING),
        "stay",
        (_CO_HANDLER,),
        ("A10",),
        ("result",),
        checks=(c.own_task,),
        effect=e.finish_task,
        variant="meanwhile",
    ),
    Row(
        _M.WAIVE_TASK,
        _on(_S.CO_HANDLING),
        "back",
        (_NAMER,),
        ("A10",),
        ("unit", "reason"),
        checks=(c.an_open_task,),
        effect=e.waive_task,
    ),
    # Returns and adjudication
    Row(
        _M.REQUEST_RETURN,
        _WORK | _on(_S.AWAITING_SIGNATURE),
        _S.RETURN_REQUESTED,
        (_UNIT,),
        ("R22.6", "A12", "A22"),
        _WHY,
        when=(c.dispatched, c.not_offered, c.not_bound, c.first_return, c.return_in_time),
        effect=e.count_return,
    ),
    Row(
        _M.ACCEPT_RETURN,
        _on(_S.RETURN_REQUESTED),
        _S.AWAITING_REVIEW,
        (_UPPER,),
        ("R22.6", "A22", "A3"),
        when=(c.with_level_1,),
        effect=e.to_level_1,
        variant="level_1",
    ),
    Row(
        _M.ACCEPT_RETURN,
        _on(_S.RETURN_REQUESTED),
        "back",
        (_UPPER,),
        ("R22.6", "A12"),
        when=(c.below_level_2,),
        effect=e.to_upper,
        variant="level_2",
    ),
    Row(_M.REFUSE_RETURN, _on(_S.RETURN_REQUESTED), "back", (_UPPER,), ("R22.6", "A22"), ("reason",)),
    Row(
        _M.REQUEST_ADJUDICATION,
        _WORK | _on(_S.AWAITING_SIGNATURE),
        _S.ADJUDICATION,
        (_UNIT,),
        ("R21.3", "R22.6", "A22"),
        _WHY,
        when=(c.dispatched, c.not_offered, c.not_forced, c.return_no_more),
    ),
    Row(
        _M.RULE,
        _on(_S.ADJUDICATION),
        "stay",
        (_ADJUDICATOR,),
        ("R21.3",),
        ("ruling", "basis", "unit"),
        when=(c.not_ruled,),
        checks=(c.a_unit_below, c.not_in_ones_own_cause),
        effect=e.note_ruling,
    ),
    Row(
        _M.FORCE_DISPATCH,
        _on(_S.ADJUDICATION),
        _S.AWAITING_SIGNATURE,
        (_REVIEWER,),
        ("R21.3", "A22"),
        ("unit", "due"),
        when=(c.ruled,),
        checks=(c.as_ruled, c.named_by_the_nearest),
        effect=e.deliver_forced,
    ),
    # Extension
    Row(
        _M.REQUEST_EXTENSION,
        _WORK,
        _S.EXTENSION_REQUESTED,
        (_UNIT,),
        ("R22.4", "A4", "A5"),
        ("reason", "working_days"),
        when=(c.apply_in_time, c.extension_left),
        checks=(c.within_ten_days,),
        effect=e.ask_days,
    ),
    Row(
        _M.REQUEST_EXTENSION_LATE,
        _WORK,
        "stay",
        (_UNIT,),
        ("A5",),
        ("reason", "working_days"),
        when=(c.apply_late,),
    ),
    Row(
        _M.ENDORSE_EXTENSION,
        _on(_S.EXTENSION_REQUESTED),
        "stay",
        (_LEVEL_2,),
        ("A4",),
        when=(c.below_level_2, c.not_endorsed),
        effect=e.endorse,
    ),
    Row(
        _M.APPROVE_EXTENSION,
        _on(_S.EXTENSION_REQUESTED),
        "back",
        (_REVIEWER,),
        ("R22.4", "A4"),
        when=(c.endorsed_or_direct, c.leader_for_the_second),
        effect=e.grant_days,
    ),
    Row(
        _M.REFUSE_EXTENSION,
        _on(_S.EXTENSION_REQUESTED),
        "back",
        (_REVIEWER, _UPPER),
        ("R22.4", "A4"),
        ("reason",),
        effect=e.drop_days,
    ),
    Row(
        _M.RECORD_EXTENSION_NOTICE,
        _WITH_UNIT | _on(_S.AWAITING_UPPER_REVIEW),
        "stay",
        (_UNIT, _REVIEWER, _SYSTEM),
        ("R22.4", "A18"),
        ("notice_id", "reason", "due"),
        when=(c.extension_granted,),
        effect=e.count_days,
    ),
    # Waiting for material
    Row(
        _M.ASK_FOR_PAUSE,
        _WORK,
        "stay",
        (_UNIT,),
        ("A26", "R14.2"),
        ("reason",),
        when=(c.not_paused_before,),
        effect=e.ask_pause,
    ),
    Row(
        _M.PAUSE,
        _WORK,
        _S.WAITING_FOR_MATERIAL,
        (_REVIEWER,),
        ("A26", "R14.2"),
        ("notice_id",),
        when=(c.pause_asked, c.not_paused_before),
        effect=e.pause,
    ),
    Row(
        _M.REFUSE_PAUSE,
        _WORK,
        "stay",
        (_REVIEWER,),
        ("A26",),
        ("reason",),
        when=(c.pause_asked,),
        effect=e.refuse_pause,
    ),
    Row(
        _M.RESUME,
        _on(_S.WAITING_FOR_MATERIAL),
        "back",
        (_UNIT, _REVIEWER, _SYSTEM),
        ("A26",),
        ("due",),
        effect=e.shift_limits,
    ),
    # No further handling
    Row(
        _M.REQUEST_TERMINATION,
        _WORK,
        _S.TERMINATION_REQUESTED,
        (_UNIT,),
        ("R23.1", "R23.2", "R23.3", "R23.4"),
        ("ground", "reason", "explained_at", "statement_id"),
        when=(c.dispatched, c.no_open_task),
        checks=(c.one_of_article_23, c.explained_by_now),
    ),
    Row(_M.APPROVE_TERMINATION, _on(_S.TERMINATION_REQUESTED), _S.NO_FURTHER_HANDLING, (_REVIEWER,), ("R23.1",)),
    Row(_M.REFUSE_TERMINATION, _on(_S.TERMINATION_REQUESTED), "back", (_REVIEWER, _UPPER), ("R23.1",), ("reason",)),
    # The answer and its review
    Row(
        _M.SUBMIT_ANSWER,
        _WORK | _ASKED,
        _S.AWAITING_CALLBACK,
        (_UNIT,),
        ("R14.4", "R14.5", "R24.1", "A10"),
        _ANSWER,
        when=(c.with_level_1, c.no_open_task),
        checks=(c.answered_by_now,),
        effect=e.drop_days,
        variant="level_1",
    ),
    Row(
        _M.SUBMIT_ANSWER,
        _WORK | _ASKED,
        _S.AWAITING_UPPER_REVIEW,
        (_UNIT,),
        ("R14.4", "R14.5", "R24.1", "A10"),
        _ANSWER,
        when=(c.below_level_2, c.no_open_task),
        checks=(c.answered_by_now,),
        effect=e.drop_days,
        variant="level_2",
    ),
    Row(_M.APPROVE_ANSWER, _on(_S.AWAITING_UPPER_REVIEW), _S.AWAITING_CALLBACK, (_LEVEL_2,), ("R24.1", "R18")),
    Row(_M.RETURN_ANSWER, _on(_S.AWAITING_UPPER_REVIEW), "back", (_LEVEL_2,), ("R14.5", "R24.1"), ("reason",)),
    # Callback, handling again, closing
    Row(_M.RECORD_CALLBACK, _CALLED_BACK, "stay", (_CALLBACK,), ("R14.6", "A7"), ("callback",)),
    Row(
        _M.SEND_BACK,
        _CALLED_BACK,
        _S.HANDLED_AGAIN,
        (_CALLBACK_SUPERVISOR,),
        ("R14.7", "A8", "A9"),
        ("reason", "due"),
        when=(c.dispatched, c.rounds_left),
        effect=e.again,
        variant="again",
    ),
    Row(
        _M.SEND_BACK,
        _CALLED_BACK,
        _S.SUPERVISED,
        (_CALLBACK_SUPERVISOR,),
        ("R14.7", "A9"),
        ("reason", "due"),
        when=(c.dispatched, c.rounds_spent),
        effect=e.supervise,
        variant="supervised",
    ),
    Row(
        _M.EXAMINE_AGAIN,
        _on(_S.AWAITING_CALLBACK),
        _S.AWAITING_REVIEW,
        (_CALLBACK_SUPERVISOR,),
        ("R14.7", "A13"),
        ("reason",),
        when=(c.with_level_1_itself,),
        effect=e.examine_again,
    ),
    # Reported to whoever gave the ticket from above, who signs off or sends back
    Row(
        _M.REPORT_BACK,
        _CALLED_BACK,
        "stay",
        (_REVIEWER,),
        ("A27",),
        ("answer", "told_at"),
        when=(c.from_above, c.not_signed_off),
        checks=(c.told_by_now,),
        effect=e.report_back,
    ),
    Row(
        _M.SIGN_OFF,
        _CALLED_BACK,
        "stay",
        (_REVIEWER,),
        ("A27",),
        ("basis", "told_at"),
        when=(c.from_above, c.not_signed_off, c.reported_back),
        checks=(c.told_by_now,),
        effect=e.sign_off,
    ),
    Row(
        _M.SENT_BACK_BY_ISSUER,
        _CALLED_BACK,
        _S.HANDLED_AGAIN,
        (_REVIEWER,),
        ("A27", "A9"),
        ("reason", "told_at", "due"),
        when=(c.from_above, c.not_signed_off, c.reported_back, c.dispatched, c.rounds_left),
        checks=(c.told_by_now,),
        effect=e.again,
        variant="again",
    ),
    Row(
        _M.SENT_BACK_BY_ISSUER,
        _CALLED_BACK,
        _S.SUPERVISED,
        (_REVIEWER,),
        ("A27", "A9"),
        ("reason", "told_at", "due"),
        when=(c.from_above, c.not_signed_off, c.reported_back, c.dispatched, c.rounds_spent),
        checks=(c.told_by_now,),
        effect=e.supervise,
        variant="supervised",
    ),
    Row(
        _M.SENT_BACK_BY_ISSUER,
        _CALLED_BACK,
        _S.AWAITING_REVIEW,
        (_REVIEWER,),
        ("A27",),
        ("reason", "told_at"),
        when=(c.from_above, c.not_signed_off, c.reported_back, c.with_level_1_itself),
        checks=(c.told_by_now,),
        effect=e.examine_again,
        variant="level_1",
    ),
    Row(
        _M.APPEAL,
        _on(_S.HANDLED_AGAIN, _S.SUPERVISED),
        "stay",
        (_UNIT,),
        ("A8",),
        ("reason",),
        when=(c.not_appealed,),
        effect=e.appeal,
    ),
    Row(
        _M.GRANT_APPEAL,
        _on(_S.HANDLED_AGAIN, _S.SUPERVISED),
        _S.AWAITING_CALLBACK,
        (_LEADER,),
        ("A8",),
        ("reason",),
        when=(c.appealed,),
    ),
    Row(
        _M.SUPERVISE,
        _WORK - _on(_S.SUPERVISED),
        "back",
        (_LEADER, _SYSTEM),
        ("A9", "R3.3"),
        ("reason",),
        when=(c.dispatched, c.overdue_or_spent),
        effect=e.supervise,
    ),
    Row(
        _M.SUPERVISE,
        _INTERRUPTED | _on(_S.AWAITING_SIGNATURE, _S.AWAITING_UPPER_REVIEW),
        "stay",
        (_LEADER, _SYSTEM),
        ("A9", "R3.3"),
        ("reason",),
        when=(c.dispatched, c.not_supervised, c.overdue_or_spent),
        effect=e.supervise_meanwhile,
        variant="meanwhile",
    ),
    Row(
        _M.CLOSE,
        _on(_S.AWAITING_CALLBACK),
        _S.CLOSED,
        (_CALLBACK,),
        ("R14.6", "R14.7", "A7", "A17"),
        ("callback",),
        when=(c.settled_above,),
        checks=(c.callback_may_close,),
    ),
    Row(
        _M.CLOSE,
        _on(_S.NO_FURTHER_HANDLING),
        _S.CLOSED,
        (_CALLBACK,),
        ("R14.6", "R14.7", "R23.1", "A17"),
        ("callback", "read_by"),
        when=(c.settled_above,),
        checks=(c.callback_may_close,),
        variant="no_further_handling",
    ),
    Row(
        _M.CLOSE_AS_UNREASONABLE,
        _CALLED_BACK,
        _S.CLOSED,
        (_CALLBACK_SUPERVISOR,),
        ("A8", "A17"),
        ("callback", "reason", "read_by"),
        when=(c.settled_above,),
        checks=(c.dissatisfied,),
    ),
    Row(_M.ARCHIVE, _ENDED, _S.ARCHIVED, (_REVIEWER, _CALLBACK, _SYSTEM), ("R14.8",), ("archive_class",)),
    # The clock speaks: cards and our own limits are overlays, moved limits change no state
    Row(_M.WARN, _OPEN, "stay", (_SYSTEM,), ("R3.3", "A24"), ("ground", "reason")),
    Row(
        _M.SHIFT_LIMITS,
        _WITH_UNIT | _on(_S.AWAITING_UPPER_REVIEW),
        "stay",
        (_SYSTEM,),
        ("R22.3", "A24", "A26"),
        ("due", "reason"),
        when=(c.dispatched,),
        effect=e.shift_limits,
    ),
    # Another house has it too: ours stays as it is and where it is, and all who see it see what they tell of it
    Row(_M.HAND_OVER, frozenset(_S) - _on(_S.ARCHIVED), "stay", (_SYSTEM,), ("R16.2",), ("reason",)),
    Row(_M.PARTNER_NEWS, frozenset(_S) - _on(_S.ARCHIVED), "stay", (_SYSTEM,), ("R16.2",), ("reason",)),
    # The caller comes back; the unit that has it has seen that
    Row(_M.READ_NEWS, _OPEN, "stay", (_UNIT, _AT_LEVEL_1), ("A25",)),
    Row(_M.URGE, _OPEN, "stay", (_CALLER, _AGENT), ("A25",)),
    Row(_M.SUPPLEMENT, _OPEN, "stay", (_CALLER, _AGENT), ("A25", "R14.2"), ("matter",)),
    Row(
        _M.WITHDRAW,
        _OPEN,
        _S.AWAITING_CALLBACK,
        (_CALLER, _AGENT),
        ("A25",),
        ("reason",),
        effect=e.withdraw,
    ),
)

OF_MOVE = {move: tuple(row for row in TABLE if row.move is move) for move in Move}
#: Rows by the name that the history stores.
ROWS = {row.name: row for row in TABLE}
