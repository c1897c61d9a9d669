"""Pure: stops refusing on a trunk whose share of refused calls jumps: a carrier has lost its caller ids (R6.5)."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from enum import StrEnum

#: Calls of a trunk that are looked back upon at most, and trunks remembered at most; so memory is bounded.
LOOK_BACK = 1000
MOST_TRUNKS = 256


class Turn(StrEnum):
    """What a call has changed on its trunk."""

    STOPPED = "stopped"
    RESUMED = "resumed"


@dataclass(slots=True)
class _Trunk:
    latest: deque[tuple[float, bool]] = field(default_factory=deque)
    refused: int = 0
    stopped: bool = False

    def add(self, at: float, *, refused: bool, most: int) -> None:
        self.latest.append((at, refused))
        self.refused += refused
        while len(self.latest) > most:
            self.drop()

    def drop(self) -> None:
        self.refused -= self.latest.popleft()[1]

    def turn(self, *, stopped: bool) -> Turn:
        self.latest.clear()
        self.refused = 0
        self.stopped = stopped
        return Turn.STOPPED if stopped else Turn.RESUMED


class RefusalGuard:
    """Watches the share of refused calls on each trunk.

    Args:
        share: of the calls within the window, refused by the rules; from here on refusing stops (0 < share ≤ 1).
        calls: how many calls must have been seen before a share means anything.
        window_seconds: how far back calls count, in seconds.
    """

    def __init__(self, share: float, calls: int, window_seconds: float) -> None:
        self._share = share
        self._calls = calls
        self._window = window_seconds
        self._trunks: OrderedDict[str, _Trunk] = OrderedDict()

    def seen(self, trunk: str, refused: bool, at: float) -> Turn | None:
        """Count one call; say what it changed, which is an alarm (STOPPED) or its end (RESUMED), once each.

        ``refused`` is what the rules say, also while it is not applied. ``at`` is in seconds of a steady clock.
        """
        line = self._trunks.setdefault(trunk, _Trunk())
        self._trunks.move_to_end(trunk)
        if len(self._trunks) > MOST_TRUNKS:
            self._trunks.popitem(last=False)
        return self._while_stopped(line, refused, at) if line.stopped else self._while_applied(line, refused, at)

    def applies(self, trunk: str) -> bool:
        """Whether refusals on this trunk are carried out; if not, calls are taken and recorded as shadowed."""
        line = self._trunks.get(trunk)
        return line is None or not line.stopped

    def reset(self, trunk: str) -> None:
        """Refuse again on this trunk, as an operator decides; what was seen before is forgotten."""
        self._trunks.pop(trunk, None)

    def _while_applied(self, line: _Trunk, refused: bool, at: float) -> Turn | None:
        line.add(at, refused=refused, most=max(self._calls, LOOK_BACK))
        while at - line.latest[0][0] > self._window:
            line.drop()
        jumped = len(line.latest) >= self._calls and line.refused >= self._share * len(line.latest)
        return line.turn(stopped=True) if jumped else None

    def _while_stopped(self, line: _Trunk, refused: bool, at: float) -> Turn | None:
        # No window here: on a quiet trunk it would never fill, and refusing would stay off until somebody notices.
        line.add(at, refused=refused, most=self._calls)
        recovered = len(line.latest) >= self._calls and line.refused < self._share / 2 * len(line.latest)
        return line.turn(stopped=False) if recovered else None
