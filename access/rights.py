"""The one table of who may do what: every endpoint and every verb of the command line stands in exactly one row.

Written for an auditor to read (``docs/rights.md`` is made from it) and tested entirely. A row says how far a right goes
for a role; whether a ticket lies within that reach, and which moves of it are possible, ``tickets`` decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from common.reach import Reach
from common.roles import KEEPERS, NOBODYS, Role

_R = Role
_EVERYBODY: Final = frozenset(Role) - NOBODYS
_PEOPLE: Final = _EVERYBODY - KEEPERS
_UNITS: Final = frozenset({_R.HANDLER, _R.DEPUTY, _R.PRINCIPAL, _R.LEVEL2_REVIEWER})
_HEADS: Final = frozenset({_R.DEPUTY, _R.PRINCIPAL})
_CALLBACKS: Final = frozenset({_R.CALLBACK_CLERK, _R.CALLBACK_SUPERVISOR})
_DESK: Final = frozenset({_R.REVIEWER, _R.DISPATCHER, _R.LEADER})
_LEVEL_ONE: Final = _DESK | _CALLBACKS | {_R.AGENT, _R.SHIFT_SUPERVISOR}
_DECIDERS: Final = frozenset({_R.REVIEWER, _R.LEADER})


@dataclass(frozen=True)
class Right:
    """One row. ``operations`` are names of the HTTP interface, ``verbs`` those of the command line.

    ``open`` needs nobody; otherwise a role that is not in ``reach`` has no right at all. ``level_one``: it is the whole
    house's and no unit's own, so that nobody has it in another unit, whatever their role. ``cites`` says why.
    """

    id: str
    words: str
    cites: tuple[str, ...]
    reach: Mapping[Role, Reach] = field(default_factory=dict)
    operations: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    open: bool = False
    level_one: bool = False


def _far(everything: Iterable[Role] = (), own: Iterable[Role] = (), self_: Iterable[Role] = ()) -> dict[Role, Reach]:
    reach = dict.fromkeys(self_, Reach.SELF)
    reach |= dict.fromkeys(own, Reach.OWN)
    reach |= dict.fromkeys(everything, Reach.ALL)
    return reach


RIGHTS: Final = (
    Right(
        "house.open",
        "健康检查、接口文档",
        (),
        operations=("healthz", "readyz", "openapi"),
        open=True,
    ),
    Right(
        "register.read",
        "查看机构、类别、派单目录、授权、节假日安排；计算期限",
        ("R11.1", "R21.0"),
        _far(_EVERYBODY),
        (
            "listUnits",
            "listCategories",
            "listCatalogue",
            "listDelegations",
            "listCalendars",
            "computeDeadlines",
        ),
    ),
    Right(
        "register.keep",
        "维护机构、类别、派单目录、节假日安排",
        ("R11.1", "R21.0"),
        _far(_DECIDERS),
        ("putUnit", "putCategory", "addLine", "importCalendar"),
        ("calendar",),
        level_one=True,
    ),
    Right(
        "delegations.grant",
        "授予或收回下级的权限",
        ("R18", "R19"),
        _far({_R.LEADER}, _HEADS),
        ("addDelegation",),
    ),
    Right(
        "rulings.read",
        "查看职责裁定和申请退回的情况（裁定人员看得到全部裁定）",
        ("R21.3",),
        _far(_LEVEL_ONE, _UNITS | {_R.ADJUDICATOR}),
        ("listRulings", "listReturns", "listDisputes"),
    ),
    Right(
        "knowledge.read",
        "检索和阅读知识库",
        ("R20.1", "R22.1"),
        _far(_PEOPLE),
        ("lookUpEntries", "readEntry", "listAnnouncements"),
    ),
    Right(
        "knowledge.write",
        "报送知识条目、登记新发布的政策、同意他单位使用、查看逾期（只涉及本单位的，不含下级）",
        ("R20.1", "R20.2", "R20.3"),
        _far(_LEVEL_ONE, _UNITS | {_R.EXPERT}),
        (
            "listOverdue",
            "listPlans",
            "listProposals",
            "proposeEntry",
            "consentToProposal",
            "refuseProposal",
            "withdrawEntry",
            "confirmEntry",
            "listEntryTasks",
            "notePublication",
        ),
    ),
    Right(
        "knowledge.review",
        "审核发布知识条目，制定编写和复核计划",
        ("R20.1",),
        _far(_DECIDERS),
        ("approveProposal", "putPlan"),
        level_one=True,
    ),
    Right(
        "knowledge.miss",
        "登记答复时知识库中没有的咨询",
        ("A19",),
        _far(_DECIDERS | {_R.AGENT, _R.SHIFT_SUPERVISOR}, {_R.EXPERT}),
        ("noteConsultation",),
    ),
    Right(
        "tickets.read",
        "查看工单、办理过程、期限、附件、协办任务、存档；检索工单",
        ("R14.8", "R25.2"),
        _far(_LEVEL_ONE, _UNITS | {_R.EXPERT, _R.ADJUDICATOR}),
        (
            "listTickets",
            "readTicket",
            "explainDeadlines",
            "listLinks",
            "searchTickets",
            "listTasks",
            "listAcknowledgements",
            "listEmergencies",
            "listReminders",
            "findSimilar",
            "listAttachments",
            "readAttachment",
            "listExchanges",
            "listArchive",
            "listArchived",
        ),
    ),
    Right(
        "notices.read",
        "查看告知诉求人的记录（其中有号码）",
        ("A18",),
        _far(_LEVEL_ONE),
        ("listNotices",),
        level_one=True,
    ),
    Right(
        "tickets.open",
        "新建工单",
        ("R3.1", "R14.1"),
        _far({_R.AGENT, _R.REVIEWER, _R.LEADER}),
        ("openTicket",),
        level_one=True,
    ),
    Right(
        "tickets.describe",
        "补全或更正诉求信息",
        ("R14.1",),
        _far({_R.AGENT, _R.REVIEWER, _R.LEADER}),
        ("describeTicket",),
        level_one=True,
    ),
    Right(
        "tickets.move",
        "办理工单：具体能办什么，见工作流表",
        ("R3.2", "A17"),
        _far(_DESK | _CALLBACKS | {_R.AGENT}, _UNITS | {_R.ADJUDICATOR}),
        ("moveTicket",),
    ),
    Right(
        "tickets.dispatch",
        "派单前的参考：目录、裁定、退回、相似工单、可办的单位",
        ("R21.0",),
        _far(_DESK | {_R.AGENT}),
        ("readAdvice",),
        level_one=True,
    ),
    Right(
        "duties.read",
        "查看本级逾期未办的审核、审批、回访",
        ("A24",),
        _far(_DESK | _CALLBACKS | {_R.SHIFT_SUPERVISOR}, _HEADS | {_R.LEVEL2_REVIEWER, _R.ADJUDICATOR}),
        ("listOverdueDuties",),
    ),
    Right(
        "inspections.make",
        "抽查下级单位已办的工单，审核整改",
        ("R18",),
        _far(_DECIDERS, _HEADS | {_R.LEVEL2_REVIEWER}),
        ("drawSample", "recordFinding", "judgeCorrection"),
    ),
    Right(
        "inspections.read",
        "查看抽查、整改及其汇总",
        ("R18",),
        _far(_DECIDERS, _UNITS),
        ("listInspections", "readInspection", "listCorrections", "summariseInspections"),
    ),
    Right(
        "inspections.answer", "报送整改情况", ("R18",), _far(own=_UNITS - {_R.LEVEL2_REVIEWER}), ("answerCorrection",)
    ),
    Right(
        "tickets.attach",
        "给工单添加附件",
        ("R14.2",),
        _far(_DECIDERS | _CALLBACKS | {_R.AGENT}, _UNITS | {_R.ADJUDICATOR}),
        ("addAttachment",),
    ),
    Right(
        "tickets.judge",
        "检查拟提交的答复，查看对答复的检查意见",
        ("R14.5",),
        _far(_DESK | _CALLBACKS, _UNITS),
        ("checkFeedback", "readFeedbackAdvice"),
    ),
    Right(
        "tickets.export",
        "导出工单",
        ("R25.2",),
        _far(_DECIDERS, _HEADS),
        ("exportTickets",),
        ("export-tickets",),
    ),
    Right(
        "tickets.import",
        "导入他系统的工单",
        ("R3.1",),
        _far(_DECIDERS),
        verbs=("import-tickets",),
        level_one=True,
    ),
    Right(
        "deadlines.recompute",
        "按新的节假日安排重算期限",
        ("R22.3",),
        _far(_DECIDERS),
        verbs=("recompute-deadlines",),
        level_one=True,
    ),
    Right(
        "contacts.reveal",
        "写明理由后查看完整号码和姓名（承办单位仅在工单由其办理期间）",
        ("R25.2", "A16"),
        _far(_DESK | _CALLBACKS | {_R.AGENT, _R.SHIFT_SUPERVISOR}, _UNITS),
    ),
    Right(
        "aside.settle",
        "查看、重发、了结搁置的告知和工单交换",
        ("A18", "R16.2"),
        _far(_DECIDERS | {_R.CALLBACK_SUPERVISOR}),
        (
            "listFailedNotices",
            "retryNotice",
            "closeNotice",
            "listFailedExchanges",
            "retryExchange",
            "closeExchange",
        ),
        level_one=True,
    ),
    Right(
        "exchanges.send",
        "把工单转给其他热线、110",
        ("R16.1", "R16.2"),
        _far({_R.AGENT} | _DECIDERS),
        ("handOver",),
        level_one=True,
    ),
    Right(
        "calls.read",
        "查看来电",
        ("R25.2",),
        _far(_LEVEL_ONE),
        ("listCalls", "readCall"),
        level_one=True,
    ),
    Right(
        "calls.screen",
        "说明某个号码为何被拒接",
        ("R6.5",),
        _far({_R.SHIFT_SUPERVISOR, _R.LEADER}),
        verbs=("screen-call",),
        level_one=True,
    ),
    Right(
        "recordings.hear",
        "听录音",
        ("R25.2",),
        _far(_DECIDERS | _CALLBACKS | {_R.SHIFT_SUPERVISOR}),
        ("hearRecording",),
        level_one=True,
    ),
    Right(
        "figures.read",
        "查看告警和今日数字",
        ("R3.3",),
        _far(_LEVEL_ONE | {_R.AUDITOR, _R.SYSTEM_ADMIN}),
        ("listAlarms", "readFigures"),
        level_one=True,
    ),
    Right(
        "session.open",
        "登录、退出、查看本次登录、改本人密码、绑定动态口令",
        ("R25.2",),
        operations=(
            "signIn",
            "readSession",
            "signOut",
            "giveCode",
            "changePassword",
            "beginSecondFactor",
            "confirmSecondFactor",
        ),
        open=True,
    ),
    Right(
        "own.keep",
        "再次核验身份；查看和结束本人的登录；本人的令牌",
        ("R25.2",),
        _far(self_=_EVERYBODY),
        (
            "proveSession",
            "listSessions",
            "endSession",
            "endSessions",
            "listTokens",
            "makeToken",
            "revokeToken",
        ),
    ),
    Right(
        "accounts.read",
        "查看账号及其身份",
        ("R12.2", "R12.3"),
        _far(KEEPERS | {_R.LEADER, _R.SHIFT_SUPERVISOR}, _HEADS),
        ("listAccounts", "readAccount"),
    ),
    Right(
        "accounts.make",
        "新建账号、更改姓名和登录名、重置密码、解除因输错而暂停的登录",
        ("R12.3",),
        _far({_R.SYSTEM_ADMIN}),
        ("makeAccount", "describeAccount", "resetPassword", "unlockAccount"),
        level_one=True,
    ),
    Right(
        "accounts.block",
        "停用账号",
        ("R12.3",),
        _far({_R.SYSTEM_ADMIN, _R.SECURITY_ADMIN}),
        ("blockAccount",),
        level_one=True,
    ),
    Right(
        "accounts.secure",
        "恢复停用的账号、解除动态口令、授予身份",
        ("R12.3",),
        _far({_R.SECURITY_ADMIN}),
        ("unblockAccount", "dropSecondFactor", "grantRole"),
        level_one=True,
    ),
    Right(
        "roles.confirm",
        "作为第二人确认管理员、审计员、一级机构负责人身份的授予",
        ("R12.3",),
        _far({_R.SECURITY_ADMIN, _R.LEADER}),
        ("confirmGrant", "refuseGrant"),
        level_one=True,
    ),
    Right(
        "roles.session",
        "授予仅本次登录有效的专家座席身份；收回身份（长期的只由安全管理员收回）",
        ("R15.1",),
        _far({_R.SHIFT_SUPERVISOR, _R.LEADER, _R.SECURITY_ADMIN}),
        ("grantSessionRole", "revokeGrant"),
        level_one=True,
    ),
    Right(
        "filings.make",
        "报送本单位及下级的人员变动",
        ("R12.3",),
        _far({_R.LEADER}, _HEADS),
        ("fileStaff",),
    ),
    Right(
        "filings.decide",
        "对下级报送的人员变动予以备案",
        ("R12.3",),
        _far({_R.LEADER, _R.SECURITY_ADMIN}, _HEADS),
        ("confirmFiling", "refuseFiling"),
    ),
    Right(
        "filings.read",
        "查看人员变动备案",
        ("R12.3",),
        _far(KEEPERS | {_R.LEADER}, _HEADS),
        ("listFilings",),
    ),
    Right(
        "audit.read",
        "核验留痕；查询谁看过某人的信息",
        ("R25.2",),
        _far({_R.AUDITOR}),
        verbs=("verify-audit", "who-saw"),
        level_one=True,
    ),
    Right(
        "holds.set",
        "设置和解除保全",
        ("A23",),
        _far({_R.AUDITOR, _R.LEADER}),
        verbs=("hold",),
        level_one=True,
    ),
    Right(
        "house.run",
        "安装、运行、检查本系统：能登录这台机器、能读数据目录的人，即系统管理员",
        (),
        _far({_R.SYSTEM_ADMIN}),
        verbs=(
            "account",
            "alarms",
            "asterisk",
            "backup",
            "check",
            "deadline",
            "demo",
            "prompts",
            "rebuild-search",
            "restore",
            "retention",
            "run",
            "seed-demo",
            "service",
            "token",
            "verify-recordings",
        ),
        level_one=True,
    ),
)


#: The row whose verbs need nobody but whoever may log in to the machine.
OF_THE_MACHINE: Final = "house.run"


@cache
def _by_operation() -> Mapping[str, Right]:
    return {name: right for right in RIGHTS for name in right.operations}


@cache
def _by_verb() -> Mapping[str, Right]:
    return {name: right for right in RIGHTS for name in right.verbs}


@cache
def _by_id() -> Mapping[str, Right]:
    return {right.id: right for right in RIGHTS}


def of_operation(name: str) -> Right:
    """The row in which an operation stands.

    Raises:
        LookupError: it stands in none, and nobody may serve it.
    """
    try:
        return _by_operation()[name]
    except KeyError:
        raise LookupError(f"operation {name} stands in no row of access/rights.py: say there who may do it") from None


def of_verb(name: str) -> Right:
    """The row in which a verb of the command line stands.

    Raises:
        LookupError: it stands in none, and nobody may use it.
    """
    try:
        return _by_verb()[name]
    except KeyError:
        raise LookupError(f"verb {name} stands in no row of access/rights.py: say there who may use it") from None


def of_id(right: str) -> Right:
    """The row of this name.

    Raises:
        KeyError: there is none.
    """
    return _by_id()[right]


def only_of_verbs(right: str) -> bool:
    """Whether a right is of the command line alone, and of people: no request can be made with it."""
    row = _by_id().get(right)
    return row is not None and bool(row.verbs) and not row.operations and row.id != OF_THE_MACHINE


def reach(roles: Iterable[Role], right: str, *, level_one: bool) -> Reach:
    """How far a right goes for somebody who holds these roles, in a unit of level 1 or not.

    Keepers of the house are of level 1 alone (``access.granting``): elsewhere their role is worth nothing.

    Raises:
        KeyError: there is no such right.
    """
    row = _by_id()[right]
    if row.level_one and not level_one:
        return Reach.NONE
    held = [role for role in roles if level_one or role not in KEEPERS]
    found = [row.reach.get(role, Reach.NONE).within(level_one=level_one) for role in held]
    return max(found, key=lambda one: one.rank, default=Reach.NONE)
