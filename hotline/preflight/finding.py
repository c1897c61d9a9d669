"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one thing, for the operator to read.

    ``name`` is the technical name, the same in every version, for those who search and for programs; ``said`` and
    ``remedy`` are Chinese; ``remedy`` is empty only when there is nothing to do.
    """

    name: str
    state: State
    said: str
    remedy: str = ""
