"""What the HTTP interfaces of every package share: problems, parameters, audited answers.

What comes in is hostile until it is parsed: every parameter is asked for by name, and whatever is wrong with it ends as
a problem (RFC 9457) that says in Chinese what to do.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from aiohttp import web

from common import clock
from common.audit import Audit, AuditEntry
from common.paging import Cursor
from common.text import masked

Choice = TypeVar("Choice", bound=StrEnum)
MOST_ROWS = 200
USUAL_ROWS = 50

#: Who asks: set by whatever checks the token.
WHO: web.RequestKey[str] = web.RequestKey("who", str)


class Problem(Exception):  # noqa: N818 - RFC 9457's own word
    """An answer that is not what was asked for: an HTTP status, a short title, and what to do, in Chinese."""

    def __init__(self, status: int, kind: str, title: str, detail: str, **headers: str) -> None:
        super().__init__(f"{status} {kind}")
        self.status = status
        self.body = {"type": f"urn:hotline12345:problem:{kind}", "title": title, "status": status, "detail": detail}
        self.headers = headers

    def response(self) -> web.Response:
        """The problem as it goes out."""
        text = json.dumps(self.body, ensure_ascii=False)
        content_type = "application/problem+json"
        return web.Response(status=self.status, text=text, content_type=content_type, headers=self.headers)


def bad(name: str, detail: str) -> Problem:
    """A parameter that cannot be used."""
    return Problem(400, "bad-parameter", "请求参数有误", f"参数 {name}：{detail}")


def missing(what: str) -> Problem:
    """There is none of that id."""
    return Problem(404, "not-found", "没有找到", f"没有这个{what}。请核对编号；列表里能看到现有的编号。")


class Parameters:
    """The query of one request. ``known`` are the names that it may have.

    Raises:
        Problem: 400, for a name that is not known or given twice; each method likewise for a value that is no good.
    """

    def __init__(self, request: web.Request, *known: str) -> None:
        self._values: dict[str, str] = {}
        for name, value in request.query.items():
            if name not in known:
                offered = "、".join(known) or "（无）"
                raise bad("（未知）", f"不认识这个参数名。可用的参数：{offered}。")
            if name in self._values:
                raise bad(name, "只能给一次。")
            self._values[name] = value

    def limit(self) -> int:
        """How many rows a page has."""
        text = self._values.get("limit", str(USUAL_ROWS))
        if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= MOST_ROWS:
            raise bad("limit", f"应为 1 到 {MOST_ROWS} 的整数。")
        return int(text)

    def cursor(self) -> Cursor | None:
        """Where to go on."""
        if "cursor" not in self._values:
            return None
        try:
            return Cursor.parse(self._values["cursor"])
        except ValueError as error:
            raise bad("cursor", "请原样使用上一页返回的 next，或去掉它从头读起。") from error

    def number(self) -> str:
        """A telephone number as the books write it; empty where none is given."""
        text = self._values.get("number", "")
        if text and not re.fullmatch(r"\+?[0-9]{2,20}", text):
            raise bad("number", "应为电话号码，例如 13812345678 或 05433123456（国际号码的 + 写成 %2B）。")
        return text

    def choice(self, name: str, kinds: type[Choice]) -> Choice | None:
        """One of a set of words."""
        if name not in self._values:
            return None
        try:
            return kinds(self._values[name])
        except ValueError as error:
            raise bad(name, f"应为 {'、'.join(kinds)} 之一。") from error

    def instant(self, name: str) -> datetime | None:
        """A civil date (its first instant) or a time in ISO 8601; without a zone it is civil time."""
        if name not in self._values:
            return None
        text = self._values[name]
        example = "应为日期 2026-11-24 或时间 2026-11-24T10:00:00（时区中的 + 写成 %2B）。"
        if len(text) > 40 or not text.isascii():  # noqa: PLR2004 - longer than any time there is
            raise bad(name, example)
        try:
            at = datetime.fromisoformat(text)
            if at.tzinfo is None:
                at = at.replace(tzinfo=clock.CIVIL)
            return at.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise bad(name, example) from error

    def call_id(self) -> str:
        """A call's id; empty where none is given."""
        text = self._values.get("call", "")
        if text and not is_id(text):
            raise bad("call", "应为通话编号，可从通话列表中复制。")
        return text

    def reveal(self) -> str:
        """Why the full numbers are wanted; empty leaves them masked."""
        if "reveal" not in self._values:
            return ""
        text = self._values["reveal"].strip()
        readable = text.isprintable() and "\N{REPLACEMENT CHARACTER}" not in text
        if not 2 <= len(text) <= 200 or not readable:  # noqa: PLR2004 - what the detail says
            raise bad("reveal", "请写明查看完整号码的理由，2 到 200 个字；理由会留痕。")
        return text


def is_id(text: str) -> bool:
    """Whether this may be the id of anything of ours."""
    return re.fullmatch(r"[A-Za-z0-9._:-]{1,160}", text) is not None


@dataclass(frozen=True, slots=True)
class Shown:
    """Tells how numbers are shown in one answer, and leaves the audit's entry for it."""

    request: web.Request
    audit: Audit
    action: str
    reason: str

    @property
    def number(self) -> Callable[[str], str]:
        """Masks a number, unless a reason to see it was given."""
        return str if self.reason else masked

    async def log(self, objects: Sequence[str]) -> None:
        """Write down who sees these. Only then may the answer go out.

        Raises:
            NotWritten: the audit could not be written.
        """
        who = self.request[WHO]
        await self.audit(AuditEntry(clock.now(), who, self.action, tuple(objects), self.reason))

    async def answer(self, body: object, objects: Sequence[str]) -> web.Response:
        """The answer with its tag; who has it already gets 304, sees nothing new and leaves no entry.

        Raises:
            NotWritten: the audit could not be written.
        """
        text = json.dumps(body, ensure_ascii=False)
        tag = hashlib.sha256(text.encode()).hexdigest()[:32]
        known = self.request.if_none_match or ()
        if any(given.value == tag for given in known):
            return web.Response(status=304, headers={"ETag": f'"{tag}"'})
        if objects:
            await self.log(objects)
        return web.Response(text=text, content_type="application/json", headers={"ETag": f'"{tag}"'})


def stamp(at: datetime | None) -> str | None:
    """An instant as the interface writes it: civil time with its offset, ``2026-11-24T10:00:00.000+08:00``."""
    return clock.civil(at).isoformat(timespec="milliseconds") if at else None
