"""The body of a move, made from the workflow's table: each move has a model with the fields that its rows require."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal, get_args, get_type_hints

from pydantic import Field, TypeAdapter, create_model

from common.api.fields import Instant, Line, Text, Told
from tickets.workflow_moves import Move
from tickets.workflow_row import Row
from tickets.workflow_table import TABLE
from tickets.workflow_terms import FIELD_WORDS, Facts, Role

#: What the desk works out from the calendar and the history; nobody tells it (A2, R22.3-6).
COMPUTED = frozenset({"return_by", "apply_by", "due", "attempts"})
#: What the desk knows where it is not told: the register's words, the ticket's own matter, what was ruled.
FILLED_IN: dict[Move, tuple[str, ...]] = {
    Move.SUBMIT: ("matter",),
    Move.REFUSE: ("lawful_channel",),
    Move.REQUEST_ADJUDICATION: ("dispute",),
    Move.FORCE_DISPATCH: ("unit",),
    Move.RECORD_EXTENSION_NOTICE: ("reason",),
    Move.ARCHIVE: ("archive_class",),
    Move.PAUSE: ("notice_id",),
}
#: What may be told with a move beside what its rows require: the desk's and the table's checks look at it.
MAY_TELL: dict[Move, tuple[str, ...]] = {
    Move.DISPATCH: ("co_handlers", "exception", "reason", "for_unit"),
    Move.FORCE_DISPATCH: ("for_unit",),
    Move.NAME_CO_HANDLERS: ("for_unit",),
    Move.PASS_DOWN: ("exception", "due"),
    Move.REFUSE: ("reason",),
    Move.ACKNOWLEDGE: ("channel",),
    Move.RECORD_CALLBACK: ("solved", "opinions", "channel"),
    Move.CLOSE: ("solved", "opinions", "channel", "sms_id"),
    Move.CLOSE_AS_UNREASONABLE: ("solved", "opinions"),
    Move.ANSWER_AT_ONCE: ("wants_notice", "entry"),
    Move.REPORT_BACK: ("channel",),
    Move.SENT_BACK_BY_ISSUER: ("due",),
}
#: Only the clock makes these.
OF_THE_SYSTEM = frozenset(
    row.move
    for row in TABLE
    if all(by.roles == {Role.SYSTEM} for other in TABLE if other.move is row.move for by in other.by)
)
_MORE_WORDS = {
    "exception": "越级派单的例外说明",
    "sms_id": "短信记录",
    "remark": "备注",
    "opinions": "诉求人的意见",
    "channel": "途径",
}


class MoveTold(Told):
    """What every move tells: which it is, in which of the actor's roles, and a remark."""

    move: Move
    role: Annotated[Role | None, Field(description="以哪个身份办理；不写则由系统从令牌的身份中选定。")] = None

    def facts(self) -> Facts:
        """What was told, as the workflow takes it."""
        known = {one.name for one in fields(Facts)}
        given = {name: getattr(self, name) for name in type(self).model_fields if name in known}
        return Facts(**{name: value for name, value in given.items() if value is not None})


def required(move: Move, rows: Iterable[Row]) -> tuple[str, ...]:
    """What every row of a move requires, but for what the desk works out or knows."""
    several = [row.fields for row in rows]
    known = COMPUTED | set(FILLED_IN.get(move, ()))
    return tuple(name for name in several[0] if all(name in other for other in several) and name not in known)


def allowed(move: Move, rows: Iterable[Row]) -> tuple[str, ...]:
    """What may be told with a move and is not always required."""
    several = list(rows)
    needed = required(move, several)
    named = [name for row in several for name in row.fields if name not in COMPUTED]
    remark = ("remark",) if any(one.name == "remark" for one in fields(Facts)) else ()
    offered = dict.fromkeys((*named, *MAY_TELL.get(move, ()), *remark))
    return tuple(name for name in offered if name not in needed)


#: What the one date is that people may tell.
_DUE = {Move.PASS_DOWN: "内部期限，不晚于本单位的办结期限", Move.SENT_BACK_BY_ISSUER: "上级规定的新时限"}
_SHORT = frozenset({"unit", "handling_ticket", "notice_id", "statement_id", "sms_id", "read_by", "channel", "entry"})


def _type(name: str) -> Any:
    """The type of one of Facts' fields as a body has it."""
    hint = get_type_hints(Facts)[name]
    plain = next((part for part in get_args(hint) if part is not type(None)), hint)
    if hint == tuple[str, ...]:
        return Annotated[tuple[Line, ...], Field(max_length=20, strict=False)]
    if plain is datetime:
        return Instant
    if plain is int:
        return Annotated[int, Field(ge=1, le=100)]
    if plain is str:
        return Line if name in _SHORT else Text
    return plain


def _described(name: str) -> Any:
    return Field(description=FIELD_WORDS.get(name) or _MORE_WORDS.get(name, name))


def _model(move: Move) -> type[MoveTold]:
    rows = [row for row in TABLE if row.move is move]
    asked: dict[str, Any] = {"move": (Literal[move], Field(description=f"办理动作：{move.words}"))}
    for name in required(move, rows):
        asked[name] = (Annotated[_type(name), _described(name)], ...)
    for name in allowed(move, rows):
        empty = () if get_type_hints(Facts)[name] == tuple[str, ...] else None
        kind = _type(name) if empty == () else _type(name) | None
        said = Field(description=_DUE[move]) if name == "due" else _described(name)
        asked[name] = (Annotated[kind, said], empty)
    cites = "、".join(dict.fromkeys(cite for row in rows for cite in row.cites))
    title = "Move" + "".join(word.capitalize() for word in move.value.split("_"))
    return create_model(title, __base__=MoveTold, __doc__=f"{move.words}（{cites}）", **asked)


#: The model of each move that somebody may ask for.
MODELS: dict[Move, type[MoveTold]] = {move: _model(move) for move in Move if move not in OF_THE_SYSTEM}
#: Any of them: ``move`` says which.
ANY_MOVE: TypeAdapter[MoveTold] = TypeAdapter(
    Annotated[reduce(or_, MODELS.values()), Field(discriminator="move")]  # type: ignore[arg-type]  # a union of models
)
