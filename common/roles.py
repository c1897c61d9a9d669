"""In what capacity somebody acts: one list for the whole house (R12.2, R21.3, A7, A17)."""

from __future__ import annotations

from typing import Final

from common.worded import Worded


class Role(Worded):
    """A role of a person in a unit. Stored by its value, which never changes its meaning."""

    AGENT = "agent", "话务员"
    #: Answers live for a department, from a seat in the hall (R15.1, R22.1).
    EXPERT = "expert", "专家座席"
    SHIFT_SUPERVISOR = "shift_supervisor", "值班长"
    REVIEWER = "reviewer", "审核派单员"
    #: Sends tickets on, and decides on nothing.
    DISPATCHER = "dispatcher", "派单员"
    LEADER = "leader", "市长公开电话办公室负责人"
    CALLBACK_CLERK = "callback_clerk", "回访员"
    CALLBACK_SUPERVISOR = "callback_supervisor", "回访主管"
    HANDLER = "handler", "承办人员"
    DEPUTY = "deputy", "分管负责人"
    PRINCIPAL = "principal", "主要负责人"
    #: Looks, for a level 2, at what its level 3 asks and answers (R18-19).
    LEVEL2_REVIEWER = "level2_reviewer", "二级机构审核员"
    ADJUDICATOR = "adjudicator", "裁定人员"
    AUDITOR = "auditor", "审计员"
    SYSTEM_ADMIN = "system_admin", "系统管理员"
    SECURITY_ADMIN = "security_admin", "安全管理员"
    CALLER = "caller", "诉求人"
    SYSTEM = "system", "系统"


#: Who keeps the house's machinery in order holds no other role, and only one of these: nobody watches themselves.
KEEPERS: Final = frozenset({Role.AUDITOR, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN})
#: Roles that no account holds: the caller's own acts, and the clock's.
NOBODYS: Final = frozenset({Role.CALLER, Role.SYSTEM})
