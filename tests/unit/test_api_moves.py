"""The interface asks for exactly what the workflow's table requires, move by move."""

from __future__ import annotations

from dataclasses import fields

import pytest
from pydantic import ValidationError

from tickets.api_moves import ANY_MOVE, COMPUTED, FILLED_IN, MODELS, OF_THE_SYSTEM
from tickets.workflow_moves import Move
from tickets.workflow_table import TABLE
from tickets.workflow_terms import Acceptance, Facts


@pytest.mark.parametrize("move", MODELS)
def test_what_every_row_requires_is_required(move: Move) -> None:
    """Required are the fields that all rows of a move name, without those that the desk works out or knows."""
    rows = [set(row.fields) - COMPUTED for row in TABLE if row.move is move]
    schema = MODELS[move].model_json_schema()
    assert set(schema["required"]) == set.intersection(*rows) - set(FILLED_IN.get(move, ())) | {"move"}
    assert set.union(*rows) <= set(schema["properties"])
    # The inner due date is the level 2's own to set (R18), a new one from above the issuer's (A27); no other is told.
    told = move in (Move.PASS_DOWN, Move.SENT_BACK_BY_ISSUER)
    assert COMPUTED & set(schema["properties"]) == ({"due"} if told else set())


def test_only_fields_of_the_workflow_are_asked_for() -> None:
    """Every field that may be told is one that the workflow knows."""
    known = {one.name for one in fields(Facts)} | {"move", "role"}
    assert all(set(model.model_fields) <= known for model in MODELS.values())


def test_nobody_may_ask_for_what_the_clock_does() -> None:
    """Every move of the table can be asked for, but those that only the system makes."""
    assert MODELS.keys() | OF_THE_SYSTEM == set(Move)
    assert not MODELS.keys() & OF_THE_SYSTEM
    assert Move.DISPATCH in MODELS


def test_what_is_told_reaches_the_workflow() -> None:
    """Texts, lists, enums and instants come out as the workflow's own; what was not told stays empty."""
    told = ANY_MOVE.validate_json('{"move":"dispatch","unit":"住建局","basis":"派单目录","co_handlers":["城管局"]}')
    assert told.facts() == Facts(unit="住建局", basis="派单目录", co_handlers=("城管局",))
    answer = ANY_MOVE.validate_json(
        '{"move":"submit_answer","facts_found":"阀门损坏","done":"已更换","result":"达标",'
        '"answered_at":"2026-11-24T10:00","contact":"电话","acceptance":"disputed"}'
    )
    facts = answer.facts()
    assert facts.acceptance is Acceptance.DISPUTED
    assert facts.answered_at is not None
    assert facts.answered_at.isoformat() == "2026-11-24T02:00:00+00:00"


@pytest.mark.parametrize(
    "body",
    [
        '{"move":"dispatch","unit":"住建局"}',
        '{"move":"dispatch","unit":"住建局","basis":"","x":1}',
        '{"move":"dispatch","unit":"住建局","basis":"目录","due":"2026-11-30"}',
        '{"move":"request_extension","reason":"等材料","working_days":"5"}',
        '{"move":"request_extension","reason":"等材料","working_days":0}',
        '{"move":"fly"}',
        '{"unit":"住建局"}',
        '{"move":"sign","role":"king"}',
        '{"move":"urge","remark":"a\\u0000b"}',
        "[]",
    ],
)
def test_what_does_not_fit_is_refused(body: str) -> None:
    """Missing, unknown and computed fields, wrong types, unknown moves and roles, control characters."""
    with pytest.raises(ValidationError):
        ANY_MOVE.validate_json(body)
