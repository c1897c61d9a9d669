"""An endpoint, declared once: what its handler takes and gives is read from the handler's own signature."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Final, Generic, Literal, TypeVar, get_args, get_origin, get_type_hints

from aiohttp import web
from pydantic import BaseModel, TypeAdapter

from common.api.ask import Ask
from common.api.brought import Brought
from common.api.caller import Scope
from common.api.fields import Nothing
from common.api.problem import ProblemKind

A = TypeVar("A", bound=BaseModel)
F = TypeVar("F", bound=Callable[..., Awaitable[Any]])
Method = Literal["GET", "POST", "PUT", "DELETE"]
Handler = Callable[..., Awaitable[Any]]

_MARK: Final = "_operation"


@dataclass(frozen=True)
class Reply(Generic[A]):
    """What a handler answers.

    ``objects`` are the ids whose data is in it, for the audit; ``version`` goes into the ETag; ``status`` departs from
    the operation's own where the operation declares it under ``also``.
    """

    body: A
    objects: Sequence[str] = ()
    version: int | None = None
    status: int | None = None
    location: str = ""


@dataclass(frozen=True)
class Operation:
    """One method of one address: what it needs, what it answers, which problems it can end in.

    ``scope`` None is open to anyone. ``audit`` is the verb under which it is written down who saw what; empty where
    nobody's data is shown. ``once`` asks for an idempotency key, ``versioned`` for ``If-Match``. ``media`` is set where
    the answer is no JSON, ``brings`` where the body is none: a file, which the handler takes as ``Brought``.
    """

    method: Method
    path: str
    name: str
    summary: str
    tag: str
    scope: Scope | None
    query: type[BaseModel]
    ids: type[BaseModel]
    body: TypeAdapter[Any] | None
    #: The body's model where it is one, for the names of its fields in problems.
    body_model: type[BaseModel] | None
    answer: type[BaseModel] | None
    takes: frozenset[str]
    handler: Handler
    problems: tuple[ProblemKind, ...] = ()
    audit: str = ""
    status: int = 200
    also: Mapping[int, type[BaseModel]] = field(default_factory=dict)
    media: str = ""
    brings: str = ""
    once: bool = False
    versioned: bool = False


@dataclass(frozen=True)
class _Declared:
    """What the decorator was told, until there is an object to bind the handler to."""

    method: Method
    path: str
    summary: str
    tag: str
    scope: Scope | None
    more: Mapping[str, Any]
    body: TypeAdapter[Any] | None


def operation(
    method: Method,
    path: str,
    *,
    summary: str,
    tag: str,
    scope: Scope | None = Scope.READ,
    body: TypeAdapter[Any] | None = None,
    **more: Any,
) -> Callable[[F], F]:
    """Declare a handler: a coroutine method whose parameters are any of ``ask``, ``ids``, ``query`` and ``body``.

    Their annotations are the models (of ``body`` also ``Brought``); the return annotation is a model, ``Reply`` of one,
    or a response of aiohttp.
    ``body`` stands in for the annotation where the body is one of several models. ``more``: see ``Operation``.
    """
    declared = _Declared(method, path, summary, tag, scope, more, body)

    def mark(handler: F) -> F:
        setattr(handler, _MARK, declared)
        return handler

    return mark


def operations(pages: object) -> list[Operation]:
    """The operations that an object's methods declare, in the order in which they are written."""
    found = []
    for name, member in vars(type(pages)).items():
        declared = getattr(member, _MARK, None)
        if isinstance(declared, _Declared):
            found.append(_bound(declared, name, getattr(pages, name)))
    return found


def declared_names(module: ModuleType) -> set[str]:
    """The names of the operations that the classes of a module declare."""
    classes = [one for one in vars(module).values() if isinstance(one, type) and one.__module__ == module.__name__]
    return {_camel(name) for one in classes for name, member in vars(one).items() if hasattr(member, _MARK)}


def _camel(name: str) -> str:
    words = name.split("_")
    return words[0] + "".join(word.capitalize() for word in words[1:])


def _bound(declared: _Declared, name: str, handler: Handler) -> Operation:
    hints = get_type_hints(handler)
    takes = frozenset(inspect.signature(handler).parameters)
    if unknown := takes - {"ask", "ids", "query", "body"}:
        raise TypeError(f"{name} takes {', '.join(sorted(unknown))}; a handler takes ask, ids, query and body")
    if "ask" in takes and hints["ask"] is not Ask:
        raise TypeError(f"{name}: ask is an Ask")
    brought = hints.get("body") is Brought
    # The digest that a key is kept with is of the whole request, and a file is never read as a whole.
    if brought is not bool(declared.more.get("brings")) or (brought and declared.more.get("once")):
        raise TypeError(f"{name}: who takes a Brought says which media type it brings, and asks for no key")
    body = declared.body or (TypeAdapter(hints["body"]) if "body" in takes and not brought else None)
    return Operation(
        method=declared.method,
        path=declared.path,
        name=_camel(name),
        summary=declared.summary,
        tag=declared.tag,
        scope=declared.scope,
        query=hints.get("query", Nothing),
        ids=hints.get("ids", Nothing),
        body=body,
        body_model=hints["body"] if body and not declared.body else None,
        answer=_answer(hints["return"], name),
        takes=takes,
        handler=handler,
        **declared.more,
    )


def _answer(hint: Any, name: str) -> type[BaseModel] | None:
    inner = get_args(hint)[0] if get_origin(hint) is Reply else hint
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return inner
    if isinstance(inner, type) and issubclass(inner, web.StreamResponse):
        return None
    raise TypeError(f"{name} must say what it answers: a model, Reply of a model, or a response")
