"""The types that parameters, bodies and answers are made of; each says in Chinese what it wants."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from common import clock
from common.paging import Cursor

MOST_ROWS = 200
USUAL_ROWS = 50


class Asked(BaseModel):
    """Parameters in a path or a query: texts that are parsed; unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Told(BaseModel):
    """A request's body: strict types, no unknown field."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Shown(BaseModel):
    """An answer's body."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _wrong(words: str) -> PydanticCustomError:
    return PydanticCustomError("words", "{words}", {"words": words})


_DAY = r"(19[5-9]|20[0-9]|21[0-9])[0-9]-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
_ZONE = r"(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
_INSTANT = f"^{_DAY}(T{_TIME}{_ZONE}?)?$"
_INSTANT_WORDS = (
    "应为日期 2026-11-24 或时间 2026-11-24T10:00:00，不写时区即北京时间（在网址里，时区中的 + 要写成 %2B）。"
)


def _instant(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not re.fullmatch(_INSTANT[1:-1], value):
        raise _wrong(_INSTANT_WORDS)
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        raise _wrong(_INSTANT_WORDS) from error
    return (at if at.tzinfo else at.replace(tzinfo=clock.CIVIL)).astimezone(UTC)


def _limit(value: object) -> int:
    if isinstance(value, int) or (isinstance(value, str) and re.fullmatch(r"[0-9]{1,3}", value)):
        return int(value)
    raise _wrong(f"应为 1 到 {MOST_ROWS} 的整数。")


def _cursor(value: object) -> Cursor:
    if isinstance(value, Cursor):
        return value
    try:
        return Cursor.parse(str(value))
    except ValueError as error:
        raise _wrong("请原样使用上一页返回的 next，或去掉它从头读起。") from error


def _reveal(value: object) -> str:
    text = str(value).strip()
    readable = text.isprintable() and "\N{REPLACEMENT CHARACTER}" not in text
    if not 2 <= len(text) <= 200 or not readable:  # noqa: PLR2004 - what the message says
        raise _wrong("请写明查看完整号码的理由，2 到 200 个字；理由会留痕。")
    return text


def _schema(**schema: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **schema})


#: A civil date (its first instant) or a time in ISO 8601; without a zone it is civil time. In code aware, in UTC.
Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    _schema(pattern=_INSTANT, examples=["2026-11-24", "2026-11-24T10:00:00+08:00"]),
]
#: An instant in an answer: civil time with its offset.
Stamp = Annotated[
    datetime,
    PlainSerializer(lambda at: clock.civil(at).isoformat(timespec="milliseconds"), return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-24T10:00:00.000+08:00"]}),
]
#: A telephone number as the books write it.
Phone = Annotated[
    str,
    StringConstraints(pattern=r"^\+?[0-9]{2,20}$"),
    Field(description="应为电话号码，例如 13812345678 或 05433123456（国际号码的 + 写成 %2B）。"),
]
#: The id of anything of ours.
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,160}$")]
#: What people write: no control characters but line breaks and tabs, which no database or screen could keep.
Text = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]
#: One line that people write.
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Revealing(Asked):
    """A query about people: numbers are masked unless a reason to see them is given."""

    reveal: Annotated[
        str,
        BeforeValidator(_reveal),
        _schema(minLength=2, maxLength=200),
        Field(description="查看完整号码的理由，会留痕；不写则号码中间隐去。"),
    ] = ""


class Paged(Asked):
    """A query for a list that is read page by page."""

    limit: Annotated[
        int,
        Field(ge=1, le=MOST_ROWS, description=f"每页条数，应为 1 到 {MOST_ROWS} 的整数。"),
        BeforeValidator(_limit),
    ] = USUAL_ROWS
    cursor: Annotated[
        Cursor | None,
        BeforeValidator(_cursor),
        _schema(pattern=r"^[A-Za-z0-9_-]{1,900}$"),
        Field(description="上一页返回的 next；不写则从头读起。"),
    ] = None


#: Where the next page begins; null on the last one.
Next = Annotated[str | None, Field(description="下一页的 cursor；没有下一页时为 null。")]


class Nothing(Asked):
    """No parameters."""
