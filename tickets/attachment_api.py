"""Attachments over HTTP: brought by our people, listed with their ticket, handed out once they are scanned."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from aiohttp import web
from pydantic import Field, StringConstraints

from common import clock
from common.api.ask import Ask
from common.api.brought import Brought
from common.api.caller import Scope
from common.api.fields import Asked, Shown, Stamp
from common.api.operation import Reply, operation
from common.api.problem import ProblemKind, missing
from common.vault import DataKey, VaultError
from common.vault.files import unsealed
from common.vault.store import key_of
from tickets.api_shown import OfTicket
from tickets.attachment_kinds import AttachmentRefusedError
from tickets.attachment_rows import CALLER, Attachment, Scan, attach_once, brought_by, of_ticket, sealed_place
from tickets.attachment_shelf import Shelf
from tickets.errors import SealedTicketError
from tickets.model import Status, Ticket
from tickets.seeing import hidden_from, may_see
from tickets.store import TicketStore
from tickets.store.work import Work

QUARANTINED = ProblemKind(
    "quarantined", 409, "附件不能打开", "附件尚未扫描，或经扫描含有害内容。请稍后再试；标明“含有害内容”的不能打开。"
)
NOT_TAKEN = ProblemKind("attachment-refused", 422, "附件未被接收", "请按 detail 中的原因处理后重新上传。")
NO_ROOM = ProblemKind("no-room", 409, "不能再添加附件", "请看 detail 中的原因。")
#: What our people bring to one ticket; what its caller brings is limited by the settings.
_MOST_FILES = 100
_WHY_NOT = {
    Scan.WAITING: "附件还没有扫描完，暂时不能打开。请过几分钟再试；一直如此请联系值班运维检查扫描程序。",
    Scan.REFUSED: "经扫描，这个附件含有害内容，不能打开。请联系上传人重新提供。",
    Scan.CLEAN: "附件的文件已不在存储中，不能打开。请联系值班运维。",
}


class OfAttachment(OfTicket):
    """A ticket's number and one of its files."""

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class NamedQuery(Asked):
    """What a file that is brought is called."""

    name: Annotated[
        str,
        StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$"),
        Field(description="文件名，扩展名须与内容相符，例如 现场照片.jpg。"),
    ]


class AttachmentShown(Shown):
    """One file."""

    id: str
    name: str
    media_type: str
    size: int
    added_at: Stamp
    who: Annotated[str, Field(description="谁上传的：诉求人，或工作人员及其单位。")]
    scan: Annotated[Scan, Field(description="waiting 待扫描，clean 已扫描，refused 含有害内容；只有 clean 能下载。")]
    note: str


class AttachmentList(Shown):
    """The files of a ticket, oldest first."""

    attachments: list[AttachmentShown]


@dataclass(frozen=True, slots=True)
class AttachmentPages:
    """The files' part of ``/api/v1``. ``arrived`` is told when a file has come, so that it is scanned at once."""

    store: TicketStore
    shelf: Shelf
    arrived: Callable[[], None] = lambda: None

    @operation(
        "GET", "/api/v1/tickets/{number}/attachments", summary="一件工单的附件", tag="工单", audit="attachments.list"
    )
    async def list_attachments(self, ask: Ask, ids: OfTicket) -> Reply[AttachmentList]:
        """The files of a ticket, as far as they are the reader's to see (A16)."""
        ticket, files = await self._files(ask, ids.number)
        return Reply(AttachmentList(attachments=[_shown(one) for one in files]), [ticket.number])

    @operation(
        "POST",
        "/api/v1/tickets/{number}/attachments",
        summary="上传一个附件（请求内容就是文件本身）",
        tag="工单",
        scope=Scope.WRITE,
        audit="attachments.add",
        brings="application/octet-stream",
        status=201,
        problems=(NOT_TAKEN, NO_ROOM),
    )
    async def add_attachment(self, ask: Ask, ids: OfTicket, query: NamedQuery, body: Brought) -> Reply[AttachmentShown]:
        """One file, looked at as a citizen's is (R4.1). Brought again by the same person it is the same attachment."""
        ticket, _ = await self._files(ask, ids.number)
        _check_open(ticket)
        try:
            stored = await self.shelf.take(query.name, body.pieces())
        except AttachmentRefusedError as error:
            raise NOT_TAKEN.problem(str(error)) from error
        who, now = brought_by(ask.caller.person, ask.caller.unit), clock.now()

        def attached(work: Work) -> Attachment:
            _check_open(work.ticket(ticket.id))
            brought = sum(one.who != CALLER for one in of_ticket(work.connection, ticket.id, work.seals.sealing))
            if brought >= _MOST_FILES:
                raise NO_ROOM.problem(f"一件工单中工作人员上传的附件最多 {_MOST_FILES} 个。")
            return attach_once(work, ticket.id, stored, who=who, at=now)

        found = await self.store.run(attached, ticket.id)
        self.arrived()
        location = f"/api/v1/tickets/{ticket.number}/attachments/{found.id}"
        return Reply(_shown(found), [ticket.number, found.id], location=location)

    @operation(
        "GET",
        "/api/v1/tickets/{number}/attachments/{id}",
        summary="下载一个附件",
        tag="工单",
        audit="attachments.read",
        media="application/octet-stream",
        problems=(QUARANTINED,),
    )
    async def read_attachment(self, ask: Ask, ids: OfAttachment) -> web.StreamResponse:
        """One file, to be saved: no browser shows it as a page of ours."""
        ticket, files = await self._files(ask, ids.number)
        found = next((one for one in files if one.id == ids.id), None)
        if found is None:
            raise missing("附件")
        path = self.shelf.path(found.sha256)
        if found.scan is not Scan.CLEAN or not path.is_file():
            raise QUARANTINED.problem(_WHY_NOT[found.scan])
        if not found.sealed:
            await ask.saw([ticket.number, found.id])
            return web.FileResponse(path, headers=download_headers(found))
        key = await self._key(ticket)
        await ask.saw([ticket.number, found.id])
        pieces = unsealed(key, path, sealed_place(found.id))
        return web.Response(
            body=_pieces(pieces), headers={**download_headers(found), "Content-Length": str(found.size)}
        )

    async def _files(self, ask: Ask, number: str) -> tuple[Ticket, list[Attachment]]:
        ticket, tree = await self.store.by_number(number), (await self.store.register()).tree
        if ticket is None or not may_see(ticket, ask, tree):
            raise missing("工单")
        await self.store.require(ticket)
        files = await self.store.read(lambda connection: of_ticket(connection, ticket.id, self.store.sealing))
        if hidden_from(ticket, ask):
            # A picture shows a door, a letter is signed: who asked to stay unknown is not shown by a file (A16). What
            # units have brought themselves they may see: a written statement (R23) is for those above them to read. And
            # what a reviewer has looked through and released.
            released = ticket.details.released
            files = [one for one in files if one.of_unit_below(tree.root) or one.id in released]
        return ticket, files

    async def _key(self, ticket: Ticket) -> DataKey:
        try:
            return await self.store.read(lambda connection: key_of(connection, self.store.sealing.vault, ticket.id))
        except VaultError as error:
            raise SealedTicketError(ticket.number, error) from error


async def _pieces(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece


def _check_open(ticket: Ticket) -> None:
    if ticket.status is Status.ARCHIVED:
        raise NO_ROOM.problem("工单已归档，不能再添加附件。")


def download_headers(file: Attachment) -> dict[str, str]:
    """Headers under which a file is saved under its own name and never run."""
    ending = file.name.rpartition(".")[2]
    plain = f"attachment.{ending}" if ending.isascii() and ending.isalnum() else "attachment"
    return {
        "Content-Type": file.media_type,
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }


def _shown(file: Attachment) -> AttachmentShown:
    return AttachmentShown(
        id=file.id,
        name=file.name,
        media_type=file.media_type,
        size=file.size,
        added_at=file.added_at,
        who=file.who,
        scan=file.scan,
        note=file.note,
    )
