"""Screening as it is applied: the rules, and the guard that stops refusing where a carrier has lost its caller ids."""

from __future__ import annotations

import time
from collections.abc import Callable

from ivr.callerid import Policy, lifted, nobody, screen
from ivr.model import CallerId, Reason, Verdict
from ivr.refusals import RefusalGuard, Turn


class Screening:
    """Says of each call whether it is taken (R6.5). ``alarm`` gets a code and a text, ``all_clear`` a code.

    ``restricted`` says which numbers are restricted after abuse (R8.1); it answers from memory.
    """

    def __init__(
        self,
        policy: Policy,
        guard: RefusalGuard,
        alarm: Callable[[str, str], None],
        all_clear: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        *,
        restricted: Callable[[str], bool] = nobody,
    ) -> None:
        self._policy = policy
        self._guard = guard
        self._alarm = alarm
        self._all_clear = all_clear
        self._clock = clock
        self._restricted = restricted

    def __call__(self, caller_id: CallerId) -> Verdict:
        """The verdict on a call that is coming in; it is counted."""
        verdict = screen(caller_id, self._policy, self._restricted)
        # A restricted number is shown as it should be: it says nothing about lost caller ids, and who dials on and on
        # cannot bring refusing to a stop.
        refused = not verdict.reason.startswith("accepted.") and verdict.reason is not Reason.RESTRICTED_NUMBER
        trunk = caller_id.trunk
        turn = self._guard.seen(trunk, refused, self._clock())
        code = f"screening.jump.{trunk}"
        if turn is Turn.STOPPED:
            self._alarm(code, f"中继 {trunk} 上被拒来电的比例骤升，疑似运营商丢失主叫号码；该中继已暂停拒接，只作记录")
        elif turn is Turn.RESUMED:
            self._all_clear(code)
        return verdict if verdict.accepted or self._guard.applies(trunk) else lifted(verdict)

    def quietly(self, caller_id: CallerId) -> Verdict:
        """What the rules say of a number, without counting it: for calls that were taken by nobody of ours."""
        return screen(caller_id, self._policy)
