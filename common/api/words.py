"""What is wrong with a request, in Chinese, field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from common.api.problem import BAD_BODY, BAD_PARAMETER, Problem

_MOST = 10

_WORDS: Mapping[str, str] = {
    "missing": "必须填写。",
    "extra_forbidden": "不认识这个字段，请去掉。",
    "string_type": "应为文字。",
    "string_too_short": "至少 {min_length} 个字。",
    "string_too_long": "至多 {max_length} 个字。",
    "string_pattern_mismatch": "格式不对。",
    "string_unicode": "含有不能保存的字符。",
    "int_type": "应为整数。",
    "int_parsing": "应为整数。",
    "int_from_float": "应为整数。",
    "bool_type": "应为 true 或 false。",
    "bool_parsing": "应为 true 或 false。",
    "greater_than_equal": "不得小于 {ge}。",
    "less_than_equal": "不得大于 {le}。",
    "list_type": "应为数组。",
    "tuple_type": "应为数组。",
    "too_short": "至少 {min_length} 项。",
    "too_long": "至多 {max_length} 项。",
    "enum": "应为 {expected} 之一。",
    "literal_error": "应为 {expected}。",
    "model_type": "应为 JSON 对象。",
    "model_attributes_type": "应为 JSON 对象。",
    "dict_type": "应为 JSON 对象。",
    "union_tag_not_found": "缺少 {discriminator}。",
    "union_tag_invalid": "{discriminator} 应为 {expected_tags} 之一。",
    "date_from_datetime_parsing": "应为日期，例如 2026-11-24。",
    "date_type": "应为日期，例如 2026-11-24。",
    "words": "{words}",
}


def of_parameters(error: ValidationError, model: type[BaseModel]) -> Problem:
    """The problem with a query; unknown names are not repeated, since they may be anything."""
    items = []
    for one in error.errors(include_url=False, include_input=False)[:_MOST]:
        name = str(one["loc"][0]) if one["loc"] else ""
        if one["type"] == "extra_forbidden":
            offered = "、".join(model.model_fields) or "（无）"
            items.append(("（未知）", f"不认识这个参数名。可用的参数：{offered}。"))
        else:
            items.append((name, _said(one, model)))
    detail = "；".join(f"参数 {name}：{text}" for name, text in items)
    return BAD_PARAMETER.problem(detail, errors=[{"parameter": name, "detail": text} for name, text in items])


def twice(name: str) -> Problem:
    """A parameter is given more than once."""
    return BAD_PARAMETER.problem(f"参数 {name}：只能给一次。", errors=[{"parameter": name, "detail": "只能给一次。"}])


def other_list() -> Problem:
    """A cursor was made by this program, but for another list."""
    said = "请原样使用同一列表上一页返回的 next，或去掉它从头读起。"
    return BAD_PARAMETER.problem(f"参数 cursor：{said}", errors=[{"parameter": "cursor", "detail": said}])


def of_body(error: ValidationError, model: type[BaseModel] | None) -> Problem:
    """The problem with a body: each fault with its place as a JSON pointer (RFC 6901).

    Without ``model`` the body is one of several kinds, and pydantic puts the kind's name before the place.
    """
    errors = [
        {"pointer": _pointer(one["loc"] if model else one["loc"][1:]), "detail": _said(one, model)}
        for one in error.errors(include_url=False, include_input=False)[:_MOST]
    ]
    detail = "；".join(f"{one['pointer'] or '整体'}：{one['detail']}" for one in errors)
    return BAD_BODY.problem(detail, errors=errors)


def _said(one: Any, model: type[BaseModel] | None) -> str:
    context = {name: str(value).replace(" or ", "、").replace(", ", "、") for name, value in one.get("ctx", {}).items()}
    text = _WORDS.get(one["type"], "不是可用的值。").format_map(context)
    field = model.model_fields.get(str(one["loc"][0])) if model and one["loc"] else None
    return f"{text}{field.description}" if field and field.description and one["type"] != "words" else text


def _pointer(place: Sequence[int | str]) -> str:
    parts = [str(part) for part in place]
    return "".join("/" + _plain(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _plain(part: str) -> str:
    # Names of unknown fields are the sender's own: long or unprintable ones are not repeated.
    return part if len(part) <= 40 and part.isprintable() else "…"  # noqa: PLR2004 - longer than any field's name
