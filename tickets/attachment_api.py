"""Attachments over HTTP: listed with their ticket, handed out once they are scanned."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from aiohttp import web
from pydantic import Field, StringConstraints

from common.api.ask import Ask
from common.api.fields import Shown, Stamp
from common.api.operation import Reply, operation
from common.api.problem import ProblemKind, missing
from common.vault import DataKey, VaultError
from common.vault.files import unsealed
from common.vault.store import key_of
from tickets.api_acting import may_see
from tickets.api_shown import OfTicket
from tickets.attachment_rows import Attachment, Scan, of_ticket, sealed_place
from tickets.attachment_shelf import Shelf
from tickets.errors import SealedTicketError
from tickets.model import Ticket
from tickets.store import TicketStore

QUARANTINED = ProblemKind(
    "quarantined", 409, "附件不能打开", "附件尚未扫描，或经扫描含有害内容。请稍后再试；标明“含有害内容”的不能打开。"
)


class OfAttachment(OfTicket):
    """A ticket's number and one of its files."""

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class AttachmentShown(Shown):
    """One file."""

    id: str
    name: str
    media_type: str
    size: int
    added_at: Stamp
    who: str
    scan: Annotated[Scan, Field(description="waiting 待扫描，clean 已扫描，refused 含有害内容；只有 clean 能下载。")]
    note: str


class AttachmentList(Shown):
    """The files of a ticket, oldest first."""

    attachments: list[AttachmentShown]


@dataclass(frozen=True, slots=True)
class AttachmentPages:
    """The files' part of ``/api/v1``."""

    store: TicketStore
    shelf: Shelf

    @operation(
        "GET", "/api/v1/tickets/{number}/attachments", summary="一件工单的附件", tag="工单", audit="attachments.list"
    )
    async def list_attachments(self, ask: Ask, ids: OfTicket) -> Reply[AttachmentList]:
        """The files of a ticket."""
        ticket = await self._ticket(ask, ids.number)
        files = await self._files(ticket)
        return Reply(AttachmentList(attachments=[_shown(one) for one in files]), [ticket.number])

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
        ticket = await self._ticket(ask, ids.number)
        found = next((one for one in await self._files(ticket) if one.id == ids.id), None)
        if found is None:
            raise missing("附件")
        path = self.shelf.path(found.sha256)
        if found.scan is not Scan.CLEAN or not path.is_file():
            raise QUARANTINED.problem()
        if not found.sealed:
            await ask.saw([ticket.number, found.id])
            return web.FileResponse(path, headers=download_headers(found))
        key = await self._key(ticket)
        await ask.saw([ticket.number, found.id])
        pieces = unsealed(key, path, sealed_place(found.id))
        return web.Response(
            body=_pieces(pieces), headers={**download_headers(found), "Content-Length": str(found.size)}
        )

    async def _ticket(self, ask: Ask, number: str) -> Ticket:
        found, root = await self.store.by_number(number), (await self.store.register()).tree.root
        if found is None or not may_see(found, ask, root):
            raise missing("工单")
        if found.details.hide_identity and ask.caller.unit != root:
            # A picture shows a door, a letter is signed: who asked to stay unknown is not shown by a file (A16).
            raise missing("附件")
        return found

    async def _files(self, ticket: Ticket) -> list[Attachment]:
        return await self.store.read(lambda connection: of_ticket(connection, ticket.id, self.store.sealing))

    async def _key(self, ticket: Ticket) -> DataKey:
        try:
            return await self.store.read(lambda connection: key_of(connection, self.store.sealing.vault, ticket.id))
        except VaultError as error:
            raise SealedTicketError(ticket.number, error) from error


async def _pieces(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece


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
