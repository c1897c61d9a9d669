"""Answers that are not what was asked for (RFC 9457): each kind has a stable type, a title, and says what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web


@dataclass(frozen=True)
class ProblemKind:
    """One kind of failure. ``name`` never changes its meaning; ``advice`` says in Chinese what to do about it."""

    name: str
    status: int
    title: str
    advice: str
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def type(self) -> str:
        """The URI by which programs tell this kind from others."""
        return f"urn:hotline12345:problem:{self.name}"

    def problem(self, detail: str = "", **members: object) -> Problem:
        """A failure of this kind; ``members`` are further things that a program may want to know."""
        return Problem(self, detail or self.advice, **members)


class Problem(Exception):  # noqa: N818 - RFC 9457's own word
    """A failure on its way out."""

    def __init__(self, kind: ProblemKind, detail: str, **members: object) -> None:
        super().__init__(f"{kind.status} {kind.name}")
        self.kind = kind
        self.headers: dict[str, str] = dict(kind.headers)
        self.body: dict[str, object] = {
            "type": kind.type,
            "title": kind.title,
            "status": kind.status,
            "detail": detail,
            **members,
        }

    def response(self) -> web.Response:
        """The problem as it goes out."""
        text = json.dumps(self.body, ensure_ascii=False)
        kind = "application/problem+json"
        return web.Response(status=self.kind.status, text=text, content_type=kind, headers=self.headers)


BAD_PARAMETER = ProblemKind("bad-parameter", 400, "请求参数有误", "请按接口文档 /api/v1/docs 核对各参数。")
BAD_JSON = ProblemKind("bad-json", 400, "请求内容不是合格的 JSON", "请发送 UTF-8 编码的 JSON 对象，字段不重复。")
BAD_BODY = ProblemKind("bad-body", 422, "请求内容有误", "请按 errors 中的说明逐项更正后重发。")
NOT_JSON = ProblemKind("not-json", 415, "请求内容的类型不对", "请以 Content-Type: application/json 发送。")
NOT_A_FILE = ProblemKind(
    "not-a-file",
    415,
    "请求内容的类型不对",
    "请以 Content-Type: application/octet-stream 发送文件本身，不要用表单；文件名写在参数 name 中。",
)
CUT_OFF = ProblemKind("cut-off", 400, "文件没有传完", "上传中断或用时过长，没有保存。请重新上传。")
TOO_LARGE = ProblemKind("too-large", 413, "请求过大", "请缩小请求内容后再试。")
NO_TOKEN = ProblemKind(
    "token",
    401,
    "需要登录，或有效的令牌",
    "请先登录，或在请求头 Authorization 中给出 Bearer 令牌；"
    "试用时的本机令牌在数据目录的 secrets/api.token 文件里，建了账号即失效。",
    {"WWW-Authenticate": 'Bearer realm="12345"'},
)
NO_SCOPE = ProblemKind("scope", 403, "令牌无权这样做", "请换用有此权限的令牌，或请值班运维为令牌增加权限。")
NO_RIGHT = ProblemKind(
    "no-right", 403, "您的身份没有这项权限", "请由有此权限的人员办理；谁能办什么见《权限表》，身份由安全管理员授予。"
)
NOT_FOUND = ProblemKind("not-found", 404, "没有找到", "请核对编号；列表里能看到现有的编号。")
NO_ADDRESS = ProblemKind("no-address", 404, "没有这个地址", "请核对网址；接口都在 /api/v1 之下。")
NO_METHOD = ProblemKind("no-method", 405, "这个地址不支持此方法", "请按响应头 Allow 所列的方法访问。")
REFUSED = ProblemKind("http", 400, "请求无法处理", "请核对请求后再试。")
KEY_MISSING = ProblemKind(
    "key-missing",
    400,
    "缺少幂等键",
    "请在请求头 Idempotency-Key 中给出一个新的随机值（例如 UUID）；重发同一请求时沿用原值，就不会重复办理。",
)
KEY_REUSED = ProblemKind(
    "key-reused", 422, "幂等键已用于另一请求", "这个幂等键在 24 小时内用过，内容与本次不同。新的请求请换新的键。"
)
VERSION_MISSING = ProblemKind(
    "version-missing", 428, "请说明依据哪个版本办理", "请先读取，再把响应头 ETag 的值原样放进请求头 If-Match。"
)
STALE = ProblemKind("stale", 412, "已被他人办理过", "请重新读取最新内容，确认后再办。")
CONFLICT = ProblemKind("conflict", 409, "现在不能这样办", "请看 detail 中的原因和可以办理的事项。")
UNAVAILABLE = ProblemKind(
    "database",
    503,
    "暂时无法查询",
    "数据库暂时不可用，或无法留痕，因此不能显示数据。请稍后再试；持续出现请联系值班运维。",
)
FAULT = ProblemKind("fault", 500, "系统内部错误", "已记录在日志中。请联系值班运维，并说明操作的时间。")


def missing(what: str) -> Problem:
    """There is none of that id."""
    return NOT_FOUND.problem(f"没有这个{what}。请核对编号；列表里能看到现有的编号。")
