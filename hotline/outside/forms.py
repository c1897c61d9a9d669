"""Forms as browsers send them, read piece by piece: no field too long, no file whole in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web

from common.api.problem import ProblemKind
from tickets.attachment_kinds import AttachmentRefusedError
from tickets.attachment_shelf import Shelf, Stored

FORM_REFUSED = ProblemKind("form", 422, "提交未成功", "请按提示更正后再提交。")
TOO_OFTEN = ProblemKind("too-often", 429, "操作过于频繁", "请稍后再试，或直接拨打12345。", {"Retry-After": "3600"})
NOT_A_FORM = ProblemKind("not-a-form", 415, "请求内容的类型不对", "请以表单（multipart/form-data）提交。")

_FIELDS_MOST = 30
#: Nobody holds a line open for longer by sending drop by drop.
_LONGEST_SECONDS = 900
_FIELD_BYTES = 20_000
#: All fields of a form without files.
_BODY_BYTES = 200_000


@dataclass(frozen=True, slots=True, repr=False)
class Form:
    """What was typed, and the files that came with it, which are on the shelf already."""

    fields: Mapping[str, str]
    files: tuple[Stored, ...] = ()

    def text(self, name: str, most: int) -> str:
        """A field without spaces around it.

        Raises:
            Problem: it is longer than ``most`` characters, or holds what cannot be kept.
        """
        value = "\n".join(self.fields.get(name, "").split("\r\n")).strip()
        if len(value) > most:
            raise FORM_REFUSED.problem(f"“{name}”请控制在{most}字以内。")
        if any(ord(letter) < 32 and letter not in "\n\t" for letter in value) or "\x7f" in value:  # noqa: PLR2004 - ASCII's controls
            raise FORM_REFUSED.problem("文字中含有不能保存的字符，请去掉后再提交。")
        return value


#: Asked with the fields so far before a file is taken.
MayBring = Callable[[Mapping[str, str]], Awaitable[bool]]


async def read_form(request: web.Request, shelf: Shelf, most_files: int, may_bring: MayBring) -> Form:
    """Read a form of a browser.

    Raises:
        Problem: it is no form, too large, or a file is refused; files taken before then stay on the shelf unattached.
    """
    try:
        async with asyncio.timeout(_LONGEST_SECONDS):
            if request.content_type == "application/x-www-form-urlencoded":
                return Form(await _plain(request))
            if request.content_type == "multipart/form-data":
                return await _multipart(request, shelf, most_files, may_bring)
    except TimeoutError as error:
        raise NOT_A_FORM.problem("上传用时过长，请减少附件后再试。") from error
    raise NOT_A_FORM.problem()


async def _multipart(request: web.Request, shelf: Shelf, most_files: int, may_bring: MayBring) -> Form:
    fields: dict[str, str] = {}
    files: list[Stored] = []
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or len(fields) + len(files) >= _FIELDS_MOST or _is_packed(part):
                raise NOT_A_FORM.problem("表单内容过多、有嵌套或经压缩，请刷新页面后重新填写。")
            if part.filename is None:
                fields[part.name or ""] = await _field(part)
            elif part.filename:
                if len(files) >= most_files:
                    raise FORM_REFUSED.problem(f"附件最多{most_files}个。")
                if not await may_bring(fields):
                    raise FORM_REFUSED.problem("页面已过期或填写过快，请刷新页面后重新填写。")
                files.append(await _file(part, shelf))
            else:
                # A browser's way of saying that nothing was chosen.
                await part.release()
    except (ValueError, LookupError, RuntimeError, AssertionError) as error:
        raise NOT_A_FORM.problem("表单格式有误，请刷新页面后重新填写。") from error
    return Form(fields, tuple(files))


def _is_packed(part: BodyPartReader) -> bool:
    """Browsers send parts as they are; what is to be unpacked here could unpack to anything."""
    encoding = part.headers.get("Content-Transfer-Encoding", "binary").lower()
    return "Content-Encoding" in part.headers or encoding not in {"binary", "7bit", "8bit"}


async def _file(part: BodyPartReader, shelf: Shelf) -> Stored:
    try:
        return await shelf.take(part.filename or "", _pieces(part))
    except AttachmentRefusedError as error:
        raise FORM_REFUSED.problem(f"附件未被接收：{error}") from error


async def _pieces(part: BodyPartReader) -> AsyncIterator[bytes]:
    while piece := await part.read_chunk(64 * 1024):
        yield piece


async def _field(part: BodyPartReader) -> str:
    data = bytearray()
    while piece := await part.read_chunk():
        data += piece
        if len(data) > _FIELD_BYTES:
            raise FORM_REFUSED.problem("填写的内容过长，请精简后再提交。")
    return _text(bytes(data))


async def _plain(request: web.Request) -> dict[str, str]:
    data = bytearray()
    async for piece in request.content.iter_chunked(8192):
        data += piece
        if len(data) > _BODY_BYTES:
            raise FORM_REFUSED.problem("填写的内容过长，请精简后再提交。")
    try:
        pairs = parse_qsl(_text(bytes(data)), keep_blank_values=True, max_num_fields=_FIELDS_MOST, errors="strict")
    except ValueError as error:
        raise NOT_A_FORM.problem("表单格式有误，请刷新页面后重新填写。") from error
    return dict(pairs)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NOT_A_FORM.problem("表单应为 UTF-8 编码。") from error
