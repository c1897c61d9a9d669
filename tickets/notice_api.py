"""Notices over HTTP: what a caller was told, with its proof; what could not be delivered (A18)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, StringConstraints

from common.api.ask import Ask
from common.api.caller import Scope
from common.api.fields import Asked, Line, Revealing, Shown, Stamp, Told
from common.api.operation import Reply, operation
from common.api.problem import missing
from tickets.api_shown import OfTicket
from tickets.notice_texts import NoticeKind
from tickets.outbox import Outbox
from tickets.outbox_rows import NoticeRow, aside, told_of
from tickets.seeing import may_see
from tickets.store import TicketStore
from tickets.upload_links import PLACE

_LINK = re.compile(f"{re.escape(PLACE)}[A-Za-z0-9_-]+")
_STATES = "waiting 待发，sent 已发（有凭证），shown 仅显示、未发出，failed 多次未成已搁置，closed 搁置后已由人了结。"


class OfNotice(Asked):
    """A notice's id in an address."""

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class ClosingTold(Told):
    """Why nothing is sent any more."""

    why: Annotated[Line, Field(description="怎样另行告知的，或为何不必再告知。")]


class NoticeShown(Shown):
    """One notice."""

    id: str
    kind: NoticeKind
    audience: Annotated[str, Field(description="caller 诉求人，unit 单位。")]
    recipient: Annotated[str, Field(description="诉求人号码（未写明理由时隐去中间几位）或单位编号。")]
    text: str
    state: Annotated[str, Field(description=_STATES)]
    tries: int
    created_at: Stamp
    sent_at: Stamp | None
    proof: dict[str, str]
    error: str


class NoticeList(Shown):
    """Notices."""

    notices: list[NoticeShown]


@dataclass(frozen=True, slots=True)
class NoticePages:
    """The outbox's part of ``/api/v1``: what was put aside is sent anew from it, or closed."""

    store: TicketStore
    outbox: Outbox

    @operation("GET", "/api/v1/tickets/{number}/notices", summary="工单的告知记录", tag="工单", audit="notices.list")
    async def list_notices(self, ask: Ask, ids: OfTicket, query: Revealing) -> Reply[NoticeList]:
        """What was told about a ticket, oldest first, with the proof; for level 1 only, since numbers stand in it."""
        del query  # the reason in it has reached ``ask``
        tree = (await self.store.register()).tree
        ticket = await self.store.by_number(ids.number)
        if ticket is None or not may_see(ticket, ask, tree):
            raise missing("工单")
        await self.store.require(ticket)
        found = await self.store.read(lambda connection: told_of(connection, ticket.id, self.store.sealing))
        return Reply(NoticeList(notices=[_shown(one, ask) for one in found]), [ticket.number])

    @operation("GET", "/api/v1/failed-notices", summary="搁置的告知", tag="待办", audit="notices.failed")
    async def list_failed_notices(self, ask: Ask, query: Revealing) -> Reply[NoticeList]:
        """What reached nobody, newest first, 200 at most: the office tells these people otherwise."""
        del query  # as above
        found = await self.store.read(aside)
        return Reply(NoticeList(notices=[_shown(one, ask) for one in found]), [str(one.id) for one in found])

    @operation(
        "POST",
        "/api/v1/failed-notices/{id}/retry",
        summary="重新发送一条搁置的告知",
        tag="待办",
        scope=Scope.WRITE,
        audit="notices.retry",
        status=202,
    )
    async def retry_notice(self, ids: OfNotice) -> Reply[NoticeList]:
        """Once what was wrong is mended; only what was put aside can be sent anew."""
        if not await self.outbox.retry(ids.id):
            raise missing("搁置的告知")
        return Reply(NoticeList(notices=[]), [ids.id])

    @operation(
        "POST",
        "/api/v1/failed-notices/{id}/close",
        summary="了结一条搁置的告知",
        tag="待办",
        scope=Scope.WRITE,
        audit="notices.close",
    )
    async def close_notice(self, ask: Ask, ids: OfNotice, body: ClosingTold) -> Reply[NoticeList]:
        """Told by telephone, or not to be told; the reason and who says so are kept with the notice."""
        if not await self.outbox.close(ids.id, ask.caller.person, body.why):
            raise missing("搁置的告知")
        return Reply(NoticeList(notices=[]), [ids.id])


def _shown(row: NoticeRow, ask: Ask) -> NoticeShown:
    to_caller = row.audience == "caller"
    return NoticeShown(
        id=row.id,
        kind=NoticeKind.of(row.kind),
        audience=row.audience,
        recipient=ask.number(row.recipient) if to_caller else row.recipient,
        text=_without_code(row.text),
        state=row.state,
        tries=row.tries,
        created_at=row.created_at,
        sent_at=row.sent_at,
        proof=dict(row.proof or {}),
        error=row.error,
    )


def _without_code(text: str) -> str:
    """Query code and link are the caller's alone: told once, and shown to nobody else."""
    head, mark, rest = _LINK.sub(f"{PLACE}******", text).partition("查询码")
    return f"{head}{mark}******{rest[6:]}" if mark else head
