"""The words of the workflow: states, moves, who acts, what is told with a move, and a case as it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from common.roles import Role as Role  # noqa: PLC0414 - exported: the workflow speaks of roles too
from common.worded import Worded
from tickets.disputes import Dispute
from tickets.ruleset import RuleSet
from tickets.unit_tree import UnitTree


class Status(Worded):
    """Where a ticket stands. Cards (yellow, red) are an overlay and no state."""

    DRAFT = "draft", "草稿"
    AWAITING_REVIEW = "awaiting_review", "待审核"
    AWAITING_SIGNATURE = "awaiting_signature", "待签收"
    IN_HANDLING = "in_handling", "办理中"
    CO_HANDLING = "co_handling", "协同办理"
    HANDLED_AGAIN = "handled_again", "重新办理"
    SUPERVISED = "supervised", "督办"
    RETURN_REQUESTED = "return_requested", "申请退回中"
    EXTENSION_REQUESTED = "extension_requested", "申请延期中"
    WAITING_FOR_MATERIAL = "waiting_for_material", "待补充材料"
    ADJUDICATION = "adjudication", "职责裁定中"
    TERMINATION_REQUESTED = "termination_requested", "申请不再办理中"
    AWAITING_UPPER_REVIEW = "awaiting_upper_review", "待上级审核"
    AWAITING_CALLBACK = "awaiting_callback", "待回访"
    NO_FURTHER_HANDLING = "no_further_handling", "不再办理"
    NOT_ACCEPTED = "not_accepted", "不予受理"
    ANSWERED = "answered", "已直办"
    LINKED = "linked", "已关联"
    CLOSED = "closed", "已办结"
    ARCHIVED = "archived", "已归档"


class Relation(Worded):
    """How the actor's unit stands to the ticket."""

    HOTLINE = "hotline", "一级机构"
    #: The one unit that is answerable now (R3.2).
    ACCOUNTABLE = "accountable", "责任单位"
    #: Was passed the ticket and has not signed (R21.1).
    OFFERED = "offered", "待签收单位"
    #: Gave the ticket to the accountable unit.
    UPPER = "upper", "交办的上级机构"
    #: The unit of level 2 in whose branch the accountable unit is (R18-19, R24.1).
    LEVEL_2 = "level_2", "二级机构"
    #: Stands anywhere above the accountable unit.
    ABOVE = "above", "上级机构"
    #: Has an open task (A10).
    CO_HANDLER = "co_handler", "协办单位"
    #: Named the co-handlers (A11).
    NAMER = "namer", "指定协办的机构"
    #: The body of the level to which this dispute goes (R21.3).
    ADJUDICATING = "adjudicating", "受理该争议的裁定机构"
    ANYWHERE = "anywhere", ""


class Acceptance(StrEnum):
    """What the caller said to the unit's own answer (R24.1)."""

    ACCEPTED = "accepted"
    DISPUTED = "disputed"
    NOT_REACHED = "not_reached"


class CallbackResult(StrEnum):
    """How the callback ended (R14.6, A7, A28). Unreached is not satisfied."""

    SATISFIED = "satisfied"
    PARTIAL = "partial"
    DISSATISFIED = "dissatisfied"
    REFUSED = "refused"
    UNREACHED = "unreached"
    NO_CONTACT = "no_contact"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an account's id, the unit for which it acts, and its role there."""

    who: str
    unit: str
    role: Role


@dataclass(frozen=True, slots=True, repr=False)
class Facts:
    """What is told with a move; each row of the table says which fields it requires. Instants are aware.

    Printed it shows which fields were told, never what: no log and no error may hold it (R25.1).
    """

    matter: str = ""
    answer: str = ""
    reason_code: str = ""
    lawful_channel: str = ""
    reason: str = ""
    basis: str = ""
    suggestion: str = ""
    handling_ticket: str = ""
    unit: str = ""
    exception: str = ""
    co_handlers: tuple[str, ...] = ()
    return_by: datetime | None = None
    apply_by: datetime | None = None
    due: datetime | None = None
    inner_return_by: datetime | None = None
    inner_due: datetime | None = None
    working_days: int | None = None
    notice_id: str = ""
    ground: str = ""
    explained_at: datetime | None = None
    statement_id: str = ""
    facts_found: str = ""
    done: str = ""
    result: str = ""
    answered_at: datetime | None = None
    contact: str = ""
    acceptance: Acceptance | None = None
    callback: CallbackResult | None = None
    attempts: tuple[datetime, ...] = ()
    sms_id: str = ""
    read_by: str = ""
    solved: bool | None = None
    opinions: str = ""
    channel: str = ""
    ruling: str = ""
    #: What is disputed, and the body that the desk found for it (R21.3).
    dispute: Dispute | None = None
    adjudicator: str = ""
    archive_class: str = ""
    #: When the issuer was reported to, or when it decided (A27).
    told_at: datetime | None = None
    #: The caller wishes to get number and query code of what was answered at once (A18).
    wants_notice: bool | None = None
    #: Whether the claim is found reasonable (A8).
    reasonable: bool | None = None
    #: The knowledge entry that a question was answered from (A19).
    entry: str = ""
    #: What units get of a matter without who said it (A16).
    for_unit: str = field(default="", repr=False)
    #: A number or note that came with the move; free of any rule.
    remark: str = ""

    def __repr__(self) -> str:
        return f"Facts({', '.join(name for name in self.__slots__ if getattr(self, name))})"


#: The fields of Facts as people read them.
FIELD_WORDS = {
    "matter": "诉求事项",
    "answer": "答复内容",
    "reason_code": "不予受理理由代码",
    "lawful_channel": "应走的法定渠道",
    "reason": "理由",
    "basis": "依据",
    "suggestion": "建议",
    "handling_ticket": "承办的工单",
    "unit": "承办单位",
    "co_handlers": "协办单位",
    "return_by": "退回期限",
    "apply_by": "申请延期期限",
    "due": "办结期限",
    "inner_due": "内部期限",
    "told_at": "报告上级或上级批复的时间",
    "wants_notice": "诉求人需要受理告知",
    "working_days": "延期工作日数",
    "notice_id": "告知记录",
    "ground": "不再办理的情形",
    "explained_at": "向诉求人解释的时间",
    "statement_id": "书面说明附件",
    "facts_found": "查明的事实",
    "done": "采取的措施",
    "result": "办理结果",
    "answered_at": "答复诉求人的时间",
    "contact": "与诉求人联系情况",
    "acceptance": "诉求人是否认可",
    "callback": "回访结果",
    "read_by": "阅看人",
    "solved": "问题是否解决",
    "ruling": "裁定意见",
    "dispute": "争议类别",
    "reasonable": "诉求是否合理",
    "entry": "答复所依据的知识条目编号",
    "archive_class": "存档类别",
    "for_unit": "给承办单位的文字（不含诉求人信息）",
}


#: The grounds of Article 23 on which nothing further is done (R23.1-4).
TERMINATION_GROUNDS = {
    "R23.1": "已经诉讼、仲裁、行政复议、行政处罚、信访等作出决定或者正在处理",
    "R23.2": "不符合法律、法规、规章及政策规定",
    "R23.3": "已依法办理并回复,仍以同一事实、同一理由重复提出",
    "R23.4": "法律法规、规章等规定的其他情形",
}


@dataclass(frozen=True, slots=True)
class Case:
    """A ticket as its history has made it. ``unit`` is the one accountable unit; there always is exactly one (R3.2).

    ``givers`` are the units through which it came, level 1 first: the last of them is the upper unit that decides.
    ``work`` is the state of handling that a decided request goes back to. ``transferred`` stays true once any unit has
    had the ticket (R14.6). ``forced`` is the unit that a ruling has bound to it (A22). ``issuer`` is who gave the
    ticket to the hotline from above: it is reported to and signs off before the ticket closes (A27). ``namers``
    says which unit named each co-handler (A10). ``adjudicator`` is the body that decides the ``dispute`` (R21.3); empty
    where the city has registered none.
    """

    status: Status
    unit: str
    givers: tuple[str, ...] = ()
    work: Status = Status.IN_HANDLING
    transferred: bool = False
    signed: bool = False
    offered_to: str = ""
    tasks: tuple[str, ...] = ()
    named_by: str = ""
    namers: tuple[tuple[str, str], ...] = ()
    returned_to: tuple[str, ...] = ()
    dispute: Dispute | None = None
    adjudicator: str = ""
    ruled: str = ""
    forced: str = ""
    rounds: int = 0
    endorsed: bool = False
    asked_days: int = 0
    granted_days: int = 0
    extended_days: int = 0
    extensions: int = 0
    pause_asked: bool = False
    pauses: int = 0
    #: What the last callback that reached somebody came to in this round, and what the clerk made of the claim (A8).
    called: CallbackResult | None = None
    solved: bool | None = None
    proposed: bool | None = None
    appealed: bool = False
    withdrawn: bool = False
    issuer: str = ""
    reported: bool = False
    signed_off: bool = False
    return_by: datetime | None = None
    inner_return_by: datetime | None = None
    inner_due: datetime | None = None
    #: The inner limits of those through whose hands it went below level 2, while it is with a unit below them.
    inner_kept: tuple[tuple[datetime | None, datetime | None], ...] = ()
    apply_by: datetime | None = None
    due: datetime | None = None

    @property
    def upper(self) -> str:
        """The unit that gave the ticket to the accountable one; its own while level 1 has it."""
        return self.givers[-1] if self.givers else self.unit

    @property
    def level_2(self) -> str:
        """The unit of level 2 through which it came to a unit below; empty where level 1 or 2 has it."""
        return self.givers[1] if len(self.givers) > 1 else ""

    def namer(self, unit: str) -> str:
        """Which unit named this co-handler (A10)."""
        return dict(self.namers).get(unit, self.named_by)

    @property
    def back(self) -> Status:
        """The state that a decided request goes back to."""
        if not self.signed:
            return Status.AWAITING_SIGNATURE
        return Status.CO_HANDLING if self.tasks else self.work


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a move is judged by besides the case: the units, the rules in force for it, and the instant."""

    tree: UnitTree
    rules: RuleSet
    now: datetime
