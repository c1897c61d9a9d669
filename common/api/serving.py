"""Requests are parsed, judged and answered as their operation declares."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from aiohttp import web
from pydantic import BaseModel, ValidationError

from common import clock
from common.api import strict_json, words
from common.api.ask import Ask
from common.api.brought import Brought
from common.api.caller import ANYONE, Caller
from common.api.etag import tag_of, version_in
from common.api.once import AlreadyDone, Claim, Kept, Lookup, key_in
from common.api.operation import Operation, Reply
from common.api.problem import (
    BAD_JSON,
    KEY_MISSING,
    KEY_REUSED,
    NO_RIGHT,
    NO_SCOPE,
    NOT_A_FILE,
    NOT_FOUND,
    NOT_JSON,
    VERSION_MISSING,
    Problem,
)
from common.audit import Audit
from common.reach import Reach

#: The right to see full numbers and names, a reason given.
REVEAL: Final = "contacts.reveal"
#: Who asks: set by whatever checks the token.
CALLER: web.RequestKey[Caller] = web.RequestKey("caller", Caller)


class Rights(Protocol):
    """Who may do what (``access.rights``)."""

    def to_ask(self, caller: Caller, operation: str) -> Reach:
        """How far somebody's right to an operation goes."""

    def of(self, caller: Caller, right: str) -> Reach:
        """How far a right by its name goes for somebody."""


@dataclass(frozen=True, slots=True)
class Service:
    """What every operation needs to be served: the audit, the answers that keys have had, who may do what."""

    audit: Audit
    kept: Lookup
    rights: Rights

    def routes(self, operations: Iterable[Operation]) -> list[web.RouteDef]:
        """The operations as aiohttp serves them."""
        return [web.route(one.method, one.path, _Served(one, self).answer) for one in operations]


@dataclass(frozen=True, slots=True)
class _Served:
    operation: Operation
    service: Service

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One request, from what came in to what goes out.

        Raises:
            Problem: it cannot be answered.
        """
        one = self.operation
        caller = request.get(CALLER, ANYONE)
        reach = self._reach(caller)
        given: dict[str, Any] = {"ids": _ids(one.ids, request), "query": _query(one.query, request)}
        told = await _told(request) if one.body else None
        if one.body:
            given["body"] = _body(one, told)
        if one.brings:
            given["body"] = _brought(one, request)
        claim = _claim(one, request, caller, told) if one.once else None
        if claim and (kept := await self.service.kept(claim)):
            return _again(kept, claim)
        given["ask"] = Ask(
            caller=caller,
            audit=self.service.audit,
            action=one.audit,
            reach=reach,
            further=partial(self.service.rights.of, caller),
            reason=self._reason(caller, given["query"]),
            version=_version(request) if one.versioned else 0,
            claim=claim,
            kept=(lambda reply: _kept(one, claim, reply)) if claim else None,
        )
        try:
            result = await one.handler(**{name: value for name, value in given.items() if name in one.takes})
        except AlreadyDone as done:
            if claim is None:
                raise
            return _again(done.kept, claim)
        except Problem:
            # The one who was quicker with this key may be the very reason of the problem.
            if claim and (kept := await self.service.kept(claim)):
                return _again(kept, claim)
            raise
        return await _respond(one, request, given["ask"], result)

    def _reach(self, caller: Caller) -> Reach:
        one = self.operation
        if one.scope is None:
            return Reach.ALL
        if one.scope not in caller.scopes:
            raise NO_SCOPE.problem()
        reach = self.service.rights.to_ask(caller, one.name)
        if reach is Reach.NONE:
            raise NO_RIGHT.problem()
        return reach

    def _reason(self, caller: Caller, query: BaseModel) -> str:
        reason: str = getattr(query, "reveal", "")
        if reason and self.service.rights.of(caller, REVEAL) is Reach.NONE:
            raise NO_RIGHT.problem("您的身份不能查看完整号码。请去掉 reveal 再试。")
        return reason


def _ids(model: type[BaseModel], request: web.Request) -> BaseModel:
    try:
        return model.model_validate(dict(request.match_info))
    except ValidationError as error:
        # Nothing of ours can have such an id.
        raise NOT_FOUND.problem() from error


def _query(model: type[BaseModel], request: web.Request) -> BaseModel:
    values: dict[str, str] = {}
    for name, value in request.query.items():
        if name in values and name in model.model_fields:
            raise words.twice(name)
        values[name] = value
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise words.of_parameters(error, model) from error


async def _told(request: web.Request) -> Any:
    if request.content_type != "application/json":
        raise NOT_JSON.problem()
    try:
        return strict_json.parse(await request.read())
    except strict_json.NotJsonError as error:
        raise BAD_JSON.problem(f"{error}请发送 UTF-8 编码的 JSON，字段不重复。") from error


def _brought(one: Operation, request: web.Request) -> Brought:
    if request.content_type != one.brings or "Content-Encoding" in request.headers:
        raise NOT_A_FILE.problem()
    return Brought(request.content)


def _body(one: Operation, told: Any) -> Any:
    if one.body is None:
        return None
    try:
        return one.body.validate_json(strict_json.canonical(told))
    except ValidationError as error:
        raise words.of_body(error, one.body_model) from error


def _claim(one: Operation, request: web.Request, caller: Caller, told: Any) -> Claim:
    key = key_in(request.headers.get("Idempotency-Key", ""))
    if not key:
        raise KEY_MISSING.problem()
    asked = f"{one.method} {request.rel_url.raw_path_qs}\n".encode() + strict_json.canonical(told)
    return Claim(caller.name, key, hashlib.sha256(asked).hexdigest(), clock.now())


def _version(request: web.Request) -> int:
    version = version_in(request.headers.get("If-Match", ""))
    if version is None:
        raise VERSION_MISSING.problem()
    return version


def _kept(one: Operation, claim: Claim, reply: Reply[Any]) -> Kept:
    text = reply.body.model_dump_json()
    return Kept(claim.digest, reply.status or one.status, tag_of(text, reply.version), reply.location, text)


def _again(kept: Kept, claim: Claim) -> web.Response:
    if kept.digest != claim.digest:
        raise KEY_REUSED.problem()
    headers = _headers(kept.tag, kept.location)
    return _json(kept.status, kept.text, {**headers, "Idempotent-Replayed": "true"})


async def _respond(one: Operation, request: web.Request, ask: Ask, result: Any) -> web.StreamResponse:
    if isinstance(result, web.StreamResponse):
        return result
    reply: Reply[Any] = result if isinstance(result, Reply) else Reply(result)
    text = reply.body.model_dump_json()
    status = reply.status or one.status
    tag = tag_of(text, reply.version)
    if one.method == "GET" and status == one.status and _known(request, tag):
        # Who has it already sees nothing new and leaves no entry.
        return web.Response(status=304, headers={"ETag": f'"{tag}"'})
    if one.audit and reply.objects:
        await ask.saw(reply.objects)
    return _json(status, text, _headers(tag, reply.location))


def _known(request: web.Request, tag: str) -> bool:
    return any(given.value == tag for given in request.if_none_match or ())


def _headers(tag: str, location: str) -> dict[str, str]:
    return {"ETag": f'"{tag}"', **({"Location": location} if location else {})}


def _json(status: int, text: str, headers: dict[str, str]) -> web.Response:
    return web.Response(status=status, text=text, content_type="application/json", headers=headers)
