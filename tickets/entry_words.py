"""What people read of a step."""

from __future__ import annotations

from tickets.model import Described, Entry, ForUnits, Kind, Opened, Raised, Readers
from tickets.workflow_moves import Move
from tickets.workflow_terms import Facts

_OPENED = {
    Kind.MATTER: "来电由话务员接听，系统建单",
    Kind.EMERGENCY_TRANSFER: "来电转接紧急服务，系统建单",
    Kind.MESSAGE: "来电人留言，系统建单",
    Kind.CALLBACK: "来电人要求回电，系统建单",
}
_RAISED = {
    Kind.MATTER: "同一通来电其后由话务员接听",
    Kind.EMERGENCY_TRANSFER: "同一通来电其后转接紧急服务",
    Kind.MESSAGE: "同一通来电其后留言",
}


def words(entry: Entry) -> str:
    """The step in Chinese, with the reason that was given for it."""
    told = entry.told
    if isinstance(told, Opened):
        if told.automatic:
            return _OPENED[told.kind]
        return "话务员为同一来电的另一事项建单" if told.call_id else "建单"
    if isinstance(told, Raised):
        return "已关联录音" if told.noted else _RAISED[told.kind]
    if isinstance(told, Described | ForUnits):
        return "补全诉求信息" if isinstance(told, Described) else "确认给承办单位的文字"
    if isinstance(told, Readers):
        return f"指定{len(told.readers)}人阅看保密工单：{told.reason}"
    return "：".join(filter(None, (Move.of(entry.row.partition("/")[0]).words, told.reason or told.remark)))


def bare_words(entry: Entry) -> str:
    """The step in Chinese without what somebody wrote with it: in that, a reporter may be named (A16)."""
    return Move.of(entry.row.partition("/")[0]).words if isinstance(entry.told, Facts) else words(entry)
