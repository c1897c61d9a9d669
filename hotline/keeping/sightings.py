"""Who has seen the data of one reporter: when, what, why, and whether with full numbers (R25.2)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from hotline.audit import audit, audit_objects

_AT_ONCE = 5000
#: What is handed out as it is, with nothing masked in it.
_UNMASKED = frozenset({"recordings.hear", "attachments.read"})
#: A reason was given, and yet no data shown.
_NOTHING_SHOWN = frozenset({"audit.who-saw", "hold.set", "hold.lift", "retention.delete"})

_WORDS = {
    "abuse.approve": "批准或不批准限制来电",
    "abuse.decide": "认定滥用热线",
    "abuse.lift": "解除来电限制",
    "abuse.list": "滥用热线标记列表",
    "abuse.mark": "标记滥用热线",
    "abuse.propose": "提出限制来电",
    "abuse.read": "查看滥用热线标记",
    "abuse.refer": "移送公安机关",
    "abuse.restrictions": "现在限制的号码",
    "attachments.list": "查看附件清单",
    "attachments.read": "打开附件",
    "audit.who-saw": "查询谁看过",
    "calls.list": "来电列表",
    "calls.read": "查看来电",
    "exchanges.add": "交换工单",
    "exchanges.list": "查看交换记录",
    "hold.lift": "解除保全",
    "hold.set": "设置保全",
    "notices.failed": "搁置的告知",
    "notices.list": "查看告知记录",
    "notices.retry": "重发告知",
    "recordings.hear": "收听录音",
    "retention.delete": "到期删除",
    "tickets.advice": "查看答复意见",
    "tickets.archive": "查阅存档",
    "tickets.export": "导出工单",
    "tickets.import": "导入工单",
    "tickets.list": "工单列表",
    "tickets.read": "查看工单",
    "tickets.search": "检索工单",
}


@dataclass(frozen=True, slots=True)
class Sighting:
    """One time that somebody saw some of it. ``full`` where numbers were shown whole, or a voice or file handed out."""

    at: datetime
    who: str
    action: str
    full: bool
    reason: str
    objects: tuple[str, ...]

    @property
    def words(self) -> str:
        """What was done, for people."""
        return _WORDS.get(self.action, self.action)


def sightings(connection: Connection, objects: Collection[str]) -> list[Sighting]:
    """All that the audit knows of these, oldest first; found by index, however long the audit is."""
    entries: dict[int, sa.Row[tuple[object, ...]]] = {}
    seen: dict[int, list[str]] = {}
    wanted = sorted(objects)
    for start in range(0, len(wanted), _AT_ONCE):
        named = audit_objects.c.object.in_(wanted[start : start + _AT_ONCE])
        query = sa.select(audit, audit_objects.c.object).join(audit_objects, audit_objects.c.audit_id == audit.c.id)
        for row in connection.execute(query.where(named)):
            entries[row.id] = row
            seen.setdefault(row.id, []).append(row.object)
    return [_sighting(entries[place], seen[place]) for place in sorted(entries)]


def _sighting(row: sa.Row[tuple[object, ...]], seen: list[str]) -> Sighting:
    full = row.action in _UNMASKED or (bool(row.reason.strip()) and row.action not in _NOTHING_SHOWN)
    return Sighting(row.at, row.who, row.action, full, row.reason, tuple(sorted(seen)))
