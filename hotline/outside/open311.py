"""Open311 GeoReport v2: services, requests, tokens, in JSON and XML, for what may be public."""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from common.api.problem import Problem
from hotline.outside import open311_public as public
from hotline.outside.forms import Form, read_form
from hotline.outside.open311_format import Open311Error, failure, response
from hotline.settings_outside import Open311Client, Outside
from tickets.attachment_shelf import Shelf
from tickets.desk import TicketDesk
from tickets.details import Details, Nature
from tickets.errors import DeskError
from tickets.model import Channel, Kind, Opening
from tickets.store import TicketStore
from tickets.store.rows import ticket_of
from tickets.workflow_terms import Role

_SPAN = timedelta(days=90)
_NOT_FOUND, _FORBIDDEN, _WRONG = 404, 403, 400
_PHONE = re.compile(r"(?:\+?86)?(1[3-9]\d{9})|(0\d{9,11})")
_NUMBER = re.compile(r"[0-9]{8}-[0-9]{6,9}")
_TOKEN = re.compile(r"[0-9a-f]{32}")
_NOTICE = "已收到，审核后分配编号，可凭 token 查询"
Answer = Callable[[web.Request], Awaitable[tuple[str, Any]]]


@dataclass(frozen=True, slots=True)
class Open311:
    """The addresses below ``/open311``."""

    desk: TicketDesk
    store: TicketStore
    shelf: Shelf
    settings: Outside
    now: Callable[[], datetime]

    def routes(self) -> list[web.RouteDef]:
        """As aiohttp serves them; an ending that is neither json nor xml is no address of ours."""
        base, form = "/open311/v2", "{form:json|xml}"
        return [
            web.get(f"/open311/discovery.{form}", _answering(self.discovery)),
            web.get(f"{base}/services.{form}", _answering(self.services)),
            web.get(f"{base}/services/{{code:.+}}.{form}", _answering(self.definition)),
            web.get(f"{base}/requests.{form}", _answering(self.requests)),
            web.post(f"{base}/requests.{form}", _answering(self.create)),
            web.get(f"{base}/requests/{{number}}.{form}", _answering(self.one_request)),
            web.get(f"{base}/tokens/{{token}}.{form}", _answering(self.token)),
        ]

    async def discovery(self, request: web.Request) -> tuple[str, Any]:
        """Where the interface is, for programs that look for it."""
        url = self.settings.public_url or f"{request.scheme}://{request.host}"
        endpoint = {
            "specification": "http://wiki.open311.org/GeoReport_v2",
            "url": f"{url}/open311/v2",
            "changeset": "2026-11-24T00:00:00Z",
            "type": "production",
            "formats": ["text/xml", "application/json"],
        }
        contact = "12345"
        told = {
            "changeset": "2026-11-24T00:00:00Z",
            "contact": contact,
            "key_service": contact,
            "endpoints": [endpoint],
        }
        return "discovery", told

    async def services(self, _request: web.Request) -> tuple[str, Any]:
        """What can be asked for."""
        register = await self.store.register()
        return "services", [public.service(one, register) for one in public.leaves(register)]

    async def definition(self, request: web.Request) -> tuple[str, Any]:
        """What a service asks for beside."""
        register, code = await self.store.register(), request.match_info["code"]
        if code not in {one.code for one in public.leaves(register)}:
            raise Open311Error(_NOT_FOUND, "service_code 不存在")
        return "service_definition", {"service_code": code, "attributes": public.attributes(code, register)}

    async def requests(self, request: web.Request) -> tuple[str, Any]:
        """Public requests, newest first; 90 days and a thousand at most."""
        return "service_requests", await self._shown(_wanted(request.query, self.now()))

    async def one_request(self, request: web.Request) -> tuple[str, Any]:
        """One request."""
        number = {"service_request_id": request.match_info["number"]}
        found = await self._shown(_wanted(number, self.now())) if "," not in number["service_request_id"] else []
        if not found:
            raise Open311Error(_NOT_FOUND, "service_request_id 不存在")
        return "service_requests", found

    async def token(self, request: web.Request) -> tuple[str, Any]:
        """The number that a token has become, once it is public."""
        token = request.match_info["token"]
        ticket = await self.store.get(token) if _TOKEN.fullmatch(token) else None
        if ticket is None or ticket.channel is not Channel.API or not public.is_public(ticket):
            raise Open311Error(_NOT_FOUND, "token 不存在，或尚未分配编号")
        return "service_requests", [{"service_request_id": ticket.number, "token": token}]

    async def create(self, request: web.Request) -> tuple[str, Any]:
        """Take a request from an application that has a key."""
        try:
            form = await read_form(request, self.shelf, 0, _no_files)
        except Problem as problem:
            raise Open311Error(_WRONG, str(problem.body["detail"])) from problem
        client = self._client(form.fields.get("api_key") or request.query.get("api_key", ""))
        try:
            opening = await self._opening(form, client)
            ticket = await self.desk.open(opening)
        except Problem as problem:
            raise Open311Error(_WRONG, str(problem.body["detail"])) from problem
        except DeskError as error:
            raise Open311Error(_WRONG, str(error)) from error
        return "service_requests", [{"token": ticket.id, "service_notice": _NOTICE, "account_id": None}]

    async def _shown(self, wanted: public.Wanted) -> list[dict[str, Any]]:
        register = await self.store.register()
        found = map(ticket_of, await self.store.rows(wanted.query()))
        return [public.request(ticket, register) for ticket in found if public.is_public(ticket)]

    def _client(self, key: str) -> Open311Client:
        found = None
        for client in self.settings.open311_clients:
            if hmac.compare_digest(client.api_key.encode(), key.encode("utf-8", "surrogatepass")):
                found = client
        if found is None:
            raise Open311Error(_FORBIDDEN, "api_key 缺失或无效")
        return found

    async def _opening(self, form: Form, client: Open311Client) -> Opening:
        register, code = await self.store.register(), form.text("service_code", 80)
        if not code:
            raise Open311Error(_WRONG, "缺少 service_code")
        if code not in {one.code for one in public.leaves(register)}:
            raise Open311Error(_NOT_FOUND, "service_code 不存在")
        told = {
            name: form.text(f"attribute[{name}]", 500)
            for name in (one["code"] for one in public.attributes(code, register))
        }
        if lacking := public.missing(code, told, register):
            raise Open311Error(_WRONG, f"缺少 {'、'.join(f'attribute[{name}]' for name in lacking)}")
        phone = _PHONE.fullmatch(re.sub(r"[\s()-]", "", form.text("phone", 40)))
        # An address of a picture is kept as it was told and never fetched: it may lead anywhere.
        media = form.text("media_url", 500)
        fields = [*told.items(), *([("媒体地址", media)] if media else [])]
        details = Details(
            matter=form.text("description", 4000) or register.categories[code].name,
            nature=Nature.HELP,
            category=code,
            address=_place(form),
            caller_name=f"{form.text('last_name', 40)}{form.text('first_name', 40)}",
            contact=form.text("phone", 40) or form.text("email", 120),
            fields=tuple(fields),
        )
        return Opening(
            call_id="",
            number=(phone[1] or phone[2]) if phone else "",
            kind=Kind.MATTER,
            opened_at=self.now(),
            automatic=False,
            who=f"open311.{client.name}",
            role=Role.CALLER,
            channel=Channel.API,
            details=details,
        )


def _answering(answer: Answer) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        form = request.match_info["form"]
        try:
            root, content = await answer(request)
        except Open311Error as error:
            return failure(error, form)
        return response(root, content, form)

    return handle


async def _no_files(_fields: Mapping[str, str]) -> bool:
    return False


def _place(form: Form) -> str:
    lat, long, address = form.text("lat", 20), form.text("long", 20), form.text("address_string", 200)
    named = form.text("address_id", 80)
    if lat or long:
        try:
            at = float(lat), float(long)
        except ValueError as error:
            raise Open311Error(_WRONG, "lat、long 应为 WGS84 十进制度数") from error
        if not (-90 <= at[0] <= 90 and -180 <= at[1] <= 180):  # noqa: PLR2004 - the globe's own bounds
            raise Open311Error(_WRONG, "lat、long 超出范围")
        return f"{address} (WGS84 {at[0]:.6f},{at[1]:.6f})".strip()
    if not (address or named):
        raise Open311Error(_WRONG, "缺少地点：lat 与 long，或 address_string，或 address_id")
    return address or named


def _wanted(query: Mapping[str, str], now: datetime) -> public.Wanted:
    since, until = _instant(query, "start_date"), _instant(query, "end_date")
    end = until or (min(now, since + _SPAN) if since else now)
    start = since or end - _SPAN
    if end - start > _SPAN:
        raise Open311Error(_WRONG, "start_date 与 end_date 不得相隔超过 90 天")
    statuses = frozenset(_listed(query, "status")) or frozenset({"open", "closed"})
    if statuses - {"open", "closed"}:
        raise Open311Error(_WRONG, "status 应为 open 或 closed")
    return public.Wanted(start, end, _numbers(query), _listed(query, "service_code"), statuses)


def _numbers(query: Mapping[str, str]) -> tuple[str, ...]:
    """What is no number of ours stands for one that nobody has: asked for, and not found."""
    return tuple(one if _NUMBER.fullmatch(one) else "-" for one in _listed(query, "service_request_id"))


def _listed(query: Mapping[str, str], name: str) -> tuple[str, ...]:
    parts = (part.strip() for part in query.get(name, "").split(","))
    return tuple(part for part in parts if part and part.isprintable())[:100]


def _instant(query: Mapping[str, str], name: str) -> datetime | None:
    text = query.get(name, "")
    if not text:
        return None
    try:
        # A plus sign in an address is a space unless it was quoted.
        found = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise Open311Error(_WRONG, f"{name} 应为 2026-11-24T00:00:00Z 这样的时间") from error
    if not 1970 <= found.year <= 2100:  # noqa: PLR2004 - the years that any of us may mean
        raise Open311Error(_WRONG, f"{name} 超出范围")
    if found.tzinfo is None:
        raise Open311Error(_WRONG, f"{name} 要写明时区，例如 2026-11-24T00:00:00Z")
    return found.astimezone(UTC)
