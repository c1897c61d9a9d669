"""More material to an open ticket: by number and query code, or by a link that was sent and holds once (R14.2, A26)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from common.api.problem import Problem, ProblemKind
from hotline.outside.forms import FORM_REFUSED, Form, read_form
from hotline.outside.rendering import Pages, Typed, wants_page
from tickets.attachment_rows import attach, count
from tickets.attachment_shelf import Shelf
from tickets.desk import Acting
from tickets.desk.moving import move_ticket
from tickets.errors import DeskError
from tickets.store import TicketStore
from tickets.store.work import Work
from tickets.upload_links import PLACE, ticket_of_link, use_link
from tickets.workflow import IllegalMoveError
from tickets.workflow_moves import Move
from tickets.workflow_terms import Actor, Facts, Role

ENDED = ProblemKind("ended", 409, "这件工单已不能补充", "这件工单已办结，如有新情况请另行反映或拨打12345。")
LINK_OVER = ProblemKind(
    "link-over", 404, "链接已失效", "这个链接已使用过或已过期，请凭工单号和查询码补充，或拨打12345。"
)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,40}")


async def supplement(
    store: TicketStore, ticket_id: str, form: Form, now: datetime, *, most: int, link: str = ""
) -> None:
    """Words and files to a ticket; the unit that handles it sees them at once (A25). ``most`` files in all.

    Raises:
        Problem: too many files, a text that cannot be kept, a ticket that has ended, a link that was used meanwhile.
    """
    matter = form.text("matter", 2000) or "补充了附件"

    def bring(work: Work) -> None:
        if count(work.connection, ticket_id) + len(form.files) > most:
            raise FORM_REFUSED.problem(f"一件工单最多{most}个附件。")
        who = Actor("诉求人", work.register.tree.root, Role.CALLER)
        move_ticket(work, ticket_id, Move.SUPPLEMENT, Acting(who, now), Facts(matter=matter))
        attach(work, ticket_id, form.files, who="诉求人", at=now)
        # Last: whatever is refused before leaves the link as it was.
        if link and not use_link(work, link, now):
            raise LINK_OVER.problem()

    try:
        await store.run(bring, ticket_id)
    except (IllegalMoveError, DeskError) as error:
        raise ENDED.problem() from error


@dataclass(frozen=True, slots=True)
class LinkPages:
    """Where a link leads to. Nothing of the ticket is shown there: whoever has the telephone may open it (A16)."""

    store: TicketStore
    shelf: Shelf
    pages: Pages
    most_files: int
    now: Callable[[], datetime]
    arrived: Callable[[], None]

    def routes(self) -> list[web.RouteDef]:
        """As aiohttp serves them."""
        return [web.get(f"{PLACE}{{link}}", self.form), web.post(f"{PLACE}{{link}}", self.bring)]

    async def form(self, request: web.Request) -> web.Response:
        """The form, if the link still holds; opening it does not use it up."""
        try:
            await self._ticket(request)
        except Problem as problem:
            return self._refused(request, problem)
        return self.pages.page("material", "补充材料", link=request.match_info["link"])

    async def bring(self, request: web.Request) -> web.Response:
        """Words and files, once."""
        link = request.match_info["link"]
        try:
            ticket = await self._ticket(request)

            async def holds(_fields: Mapping[str, str]) -> bool:
                return True

            form = await read_form(request, self.shelf, self.most_files, holds)
            await supplement(self.store, ticket, form, self.now(), most=self.most_files, link=link)
        except Problem as problem:
            return self._refused(request, problem)
        if form.files:
            self.arrived()
        if wants_page(request):
            return self.pages.page("material", "补充材料", received=True)
        return web.json_response({"received": True}, status=201)

    async def _ticket(self, request: web.Request) -> str:
        link, now = request.match_info["link"], self.now()
        known = _TOKEN.fullmatch(link) is not None
        found = await self.store.read(lambda connection: ticket_of_link(connection, link, now)) if known else ""
        if not found:
            raise LINK_OVER.problem()
        return found

    def _refused(self, request: web.Request, problem: Problem) -> web.Response:
        if not wants_page(request):
            raise problem
        over = problem.kind is LINK_OVER
        link = "" if over else request.match_info["link"]
        return self.pages.page("material", "补充材料", problem=problem, typed=Typed(), link=link)
