"""The OpenAPI 3.1 document, written from the operations that are served."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from common.api.caller import Scope
from common.api.fields import Nothing
from common.api.once import KEY
from common.api.operation import Operation
from common.api.problem import (
    BAD_BODY,
    BAD_JSON,
    BAD_PARAMETER,
    CUT_OFF,
    FAULT,
    KEY_MISSING,
    KEY_REUSED,
    NO_RIGHT,
    NO_SCOPE,
    NO_TOKEN,
    NOT_A_FILE,
    NOT_FOUND,
    NOT_JSON,
    SEALED,
    TOO_LARGE,
    UNAVAILABLE,
    VERSION_MISSING,
    ProblemKind,
)

Json = dict[str, Any]
_REF = "#/components/schemas/"
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "幂等键：每个新请求一个新的随机值；重发时沿用原值，24 小时内不会重复办理。",
    "schema": {"type": "string", "pattern": KEY, "examples": ["5f0c6f0e-8a53-4d55-9d3d-6b0f5a1f3c11"]},
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "所依据的版本：读取时响应头 ETag 的值。",
    "schema": {"type": "string", "pattern": r'^"[0-9]{1,9}(-[0-9a-f]{16})?"$', "examples": ['"3"']},
}


#: Bytes as they are: of such a body OpenAPI 3.1 says the media type and no schema.
_BINARY: Json = {}


class Fault(BaseModel):
    """One fault in a request."""

    pointer: Annotated[str, Field(description="出错处，JSON 指针（RFC 6901）。")] = ""
    parameter: Annotated[str, Field(description="出错的参数名。")] = ""
    detail: Annotated[str, Field(description="怎样才对。")]


class ProblemDetails(BaseModel):
    """A problem (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: Annotated[str, Field(description="问题种类的固定标识，供程序判断。")]
    title: Annotated[str, Field(description="问题种类。")]
    status: int
    detail: Annotated[str, Field(description="原因和办法，供人阅读。")]
    errors: Annotated[list[Fault], Field(description="逐项的错误；不涉及具体字段时没有这一项。")] = []


def document(operations: Sequence[Operation], *, version: str, tags: Mapping[str, str]) -> Json:
    """The document. ``tags`` says in Chinese what each group of operations is about.

    Raises:
        ValueError: two operations have one name or one address, or a tag is not explained.
    """
    names = [one.name for one in operations]
    places = [(one.method, one.path) for one in operations]
    if len(set(names)) < len(names) or len(set(places)) < len(places):
        raise ValueError("two operations have the same name or address")
    if strange := {one.tag for one in operations} - tags.keys():
        raise ValueError(f"tags without an explanation: {', '.join(sorted(strange))}")
    schemas, definitions = _schemas(operations)
    paths: dict[str, Json] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, schemas, definitions)
    for model in {one.query for one in operations} | {one.ids for one in operations}:
        definitions.pop(model.__name__, None)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "12345 政务服务便民热线",
            "version": version,
            "description": "来电、录音、工单及其办理。用法和示例见 docs/api.md。",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in tags.items()],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(definitions.items())),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "__Host-hotline",
                    "description": "登录会话；除读取以外的请求还须带请求头 X-Csrf-Token。",
                },
            },
        },
    }


def _schemas(operations: Iterable[Operation]) -> tuple[dict[Any, Json], dict[str, Json]]:
    inputs: list[tuple[Any, Any, TypeAdapter[Any]]] = [("problem", "serialization", TypeAdapter(ProblemDetails))]
    for one in operations:
        for part, model in (("query", one.query), ("ids", one.ids)):
            inputs.append(((one.name, part), "validation", TypeAdapter(model)))
        if one.body:
            inputs.append(((one.name, "body"), "validation", one.body))
        answers = {one.status: one.answer, **one.also}
        for status, answer in answers.items():
            if answer:
                inputs.append(((one.name, status), "serialization", TypeAdapter(answer)))
    found, rest = TypeAdapter.json_schemas(inputs, ref_template=_REF + "{model}")
    return {key: schema for (key, _), schema in found.items()}, dict(rest.get("$defs", {}))


def _operation(one: Operation, schemas: Mapping[Any, Json], definitions: Mapping[str, Json]) -> Json:
    parameters = _parameters(one, "ids", schemas, definitions) + _parameters(one, "query", schemas, definitions)
    parameters += [_KEY] * one.once + [_IF_MATCH] * one.versioned
    written: Json = {"operationId": one.name, "summary": one.summary, "tags": [one.tag]}
    if parameters:
        written["parameters"] = parameters
    if one.body:
        schema = schemas[one.name, "body"]
        written["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if one.brings:
        written["requestBody"] = {"required": True, "content": {one.brings: _BINARY}}
    written["responses"] = _responses(one, schemas)
    written["security"] = _security(one.scope)
    return written


def _security(scope: Scope | None) -> list[Json]:
    """People who have signed in may be asked for anything; tokens for no more than their scopes say."""
    if scope is None:
        return []
    session: Json = {"session": []}
    return [session] if scope is Scope.ACCOUNT else [{"token": [scope.value]}, session]


def _parameters(one: Operation, part: str, schemas: Mapping[Any, Json], definitions: Mapping[str, Json]) -> list[Json]:
    schema = schemas[one.name, part]
    if "$ref" in schema:
        schema = definitions[schema["$ref"].removeprefix(_REF)]
    found = []
    for name, field in schema.get("properties", {}).items():
        plain = _without_null(field)
        plain.pop("title", None)
        described = plain.pop("description", "")
        parameter = {
            "name": name,
            "in": "path" if part == "ids" else "query",
            "required": name in schema.get("required", ()),
            "schema": plain,
        }
        found.append(parameter | ({"description": described} if described else {}))
    return found


def _without_null(field: Json) -> Json:
    """A parameter is given or not; it is never null."""
    plain = {key: value for key, value in field.items() if not (key == "default" and value in (None, ""))}
    kinds = [kind for kind in plain.pop("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) == 1:
        return {**kinds[0], **plain}
    return {**plain, "anyOf": kinds} if kinds else plain


def problems_of(one: Operation) -> list[ProblemKind]:
    """Everything that an operation may end in beside its answer."""
    found = [*one.problems, SEALED, UNAVAILABLE, FAULT]
    if one.query is not Nothing or one.method == "GET":
        found.append(BAD_PARAMETER)
    if one.ids is not Nothing:
        found.append(NOT_FOUND)
    if one.body:
        found += [BAD_JSON, BAD_BODY, NOT_JSON, TOO_LARGE]
    if one.brings:
        found += [NOT_A_FILE, CUT_OFF]
    if one.once:
        found += [KEY_MISSING, KEY_REUSED]
    if one.versioned:
        found.append(VERSION_MISSING)
    if one.scope:
        found += [NO_TOKEN, NO_RIGHT, NO_SCOPE]
    return sorted(set(found), key=lambda kind: (kind.status, kind.name))


def _responses(one: Operation, schemas: Mapping[Any, Json]) -> Json:
    tagged = {"ETag": {"description": "这一版内容的标识。", "schema": {"type": "string"}}}
    content: Json = (
        {one.media: _BINARY} if one.media else {"application/json": {"schema": schemas.get((one.name, one.status), {})}}
    )
    responses: Json = {str(one.status): {"description": "成功", "content": content}}
    if not one.media:
        responses[str(one.status)]["headers"] = tagged
        if one.method == "GET":
            responses["304"] = {"description": "与 If-None-Match 所说的相同，没有变化", "headers": tagged}
    else:
        responses["206"] = {"description": "所要的一段", "content": content}
        responses["416"] = {"description": "没有所要的一段"}
    for status in one.also:
        schema = schemas[one.name, status]
        responses[str(status)] = {"description": "未就绪", "content": {"application/json": {"schema": schema}}}
    by_status: dict[int, list[ProblemKind]] = {}
    for kind in problems_of(one):
        by_status.setdefault(kind.status, []).append(kind)
    for status, kinds in by_status.items():
        if str(status) not in responses:
            responses[str(status)] = _problem(kinds, schemas["problem"])
    return responses


def _problem(kinds: Sequence[ProblemKind], schema: Json) -> Json:
    said = {"type": "object", "properties": {"type": {"enum": [kind.type for kind in kinds]}}}
    return {
        "description": "；".join(f"{kind.title}（{kind.name}）：{re.sub('。$', '', kind.advice)}" for kind in kinds),
        "content": {"application/problem+json": {"schema": {"allOf": [schema, said]}}},
    }
