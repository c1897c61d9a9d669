"""Fictitious people and numbers, drawn with a seed."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def told(name: str) -> dict[str, Any]:
    """The data of one of this package's files."""
    return tomllib.loads((files("tickets.seed") / f"{name}.toml").read_text(encoding="utf-8"))


def name(rng: random.Random) -> str:
    """A name that is nobody's in particular."""
    names = told("names")
    return str(rng.choice(names["surnames"]) + rng.choice(names["given"]))


def mobile(rng: random.Random) -> str:
    """A number that looks like a mobile and cannot be one: no carrier has ever been given 154."""
    return f"154{rng.randrange(10**8):08d}"


def landline(rng: random.Random) -> str:
    """A number in the city's area that cannot be dialled: no subscriber's number begins with 0."""
    return f"05430{rng.randrange(10**6):06d}"


def weighted(rng: random.Random, rows: Sequence[tuple[Any, float]]) -> Any:
    """One of the rows' first parts, by their weights."""
    return rng.choices([row[0] for row in rows], [row[1] for row in rows])[0]
