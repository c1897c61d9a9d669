"""JSON as it must be: UTF-8, no name twice, no NaN, nothing nested beyond reason (RFC 8259, RFC 7493)."""

from __future__ import annotations

import json
from typing import Any, NoReturn

DEEPEST = 32


class NotJsonError(Exception):
    """The text is no JSON that can be used; the message says why, in Chinese."""


def parse(data: bytes) -> Any:
    """What ``data`` says.

    Raises:
        NotJsonError: says what is wrong with it.
    """
    try:
        text = data.decode("utf-8", "strict")
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_number)
    except UnicodeDecodeError as error:
        raise NotJsonError("请求内容不是 UTF-8 编码。") from error
    except json.JSONDecodeError as error:
        raise NotJsonError(f"第 {error.lineno} 行第 {error.colno} 个字符处不合 JSON 语法。") from error
    except RecursionError as error:
        raise NotJsonError("嵌套过深。") from error
    except ValueError as error:  # a number of thousands of digits
        raise NotJsonError("有过大的数。") from error
    _check_depth(value)
    return value


def canonical(value: Any) -> bytes:
    """One text for one value, however it was spaced and ordered; lone surrogates stay escaped."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NotJsonError("有重复的字段名。")
    return found


def _constant(name: str) -> NoReturn:
    raise NotJsonError(f"{name} 不是 JSON 的数。")


def _number(text: str) -> float:
    value = float(text)
    if value in {float("inf"), float("-inf")}:
        raise NotJsonError("有过大的数。")
    return value


def _check_depth(value: Any) -> None:
    layer = [value]
    for _ in range(DEEPEST):
        layer = [inner for outer in layer for inner in _inner(outer)]
        if not layer:
            return
    raise NotJsonError("嵌套过深。")


def _inner(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
