"""Health, and the document that describes the interface."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from common.api.fields import Shown
from common.api.openapi import document
from common.api.operation import Operation, Reply, operation

TAGS = {
    "来电": "来电、录音、告警和当日数字。",
    "滥用热线": "滥用热线的标记、认定、移送公安机关，以及对号码的限制。",
    "工单": "诉求工单及其办理过程。",
    "销毁": "不该留在本系统的内容（如国家秘密）由两人经手销毁，各处副本一并清除，只留编号、时间、经手人和理由代码。",
    "待办": "协办任务、待确认的突发紧急工单，以及期限的计算。",
    "抽查": "上级机构对下级已办工单的抽查、整改和汇总。",
    "名录": "机构、类别、派单目录、授权、放假安排和职责裁定。",
    "知识库": "经审核的知识条目、公告和逾期事项。",
    "登录": "登录、退出、密码、动态口令，本人的登录和令牌。",
    "账号": "人员的账号、身份，以及单位人员变动的备案。",
    "运行": "服务是否正常，以及本说明文档。",
}


class Alive(Shown):
    """The process runs."""

    status: str


class Readiness(Shown):
    """Which parts work."""

    ready: bool
    database: bool
    asterisk: bool


class HousePages:
    """What the house says of itself, to anyone."""

    def __init__(self, database_ready: Callable[[], Awaitable[bool]], ami_up: Callable[[], bool]) -> None:
        self._database_ready = database_ready
        self._ami_up = ami_up
        self._document = ""

    def describe(self, every: Sequence[Operation]) -> None:
        """Write the document of all operations; it is served from then on."""
        self._document = json.dumps(document(every, version="1", tags=TAGS), ensure_ascii=False)

    @operation("GET", "/healthz", summary="进程是否在运行", tag="运行", scope=None)
    async def healthz(self) -> Alive:
        """Whether the process answers at all."""
        return Alive(status="ok")

    @operation("GET", "/readyz", summary="数据库和电话线路是否可用", tag="运行", scope=None, also={503: Readiness})
    async def readyz(self) -> Reply[Readiness]:
        """Whether all parts work; 503 names the part that does not."""
        database, asterisk = await self._database_ready(), self._ami_up()
        ready = database and asterisk
        body = Readiness(ready=ready, database=database, asterisk=asterisk)
        return Reply(body, status=200 if ready else 503)

    @operation("GET", "/api/v1/openapi.json", summary="本接口的 OpenAPI 3.1 文档", tag="运行", scope=None)
    async def openapi(self) -> web.Response:
        """The document."""
        return web.Response(text=self._document, content_type="application/json")
