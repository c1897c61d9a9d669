"""Restricted numbers on their way in: after the allow-list, only while switched on, and never where in doubt (R8.1)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ivr.abuse.standing import Standing
from ivr.callerid import Policy, screen
from ivr.model import CallerId, Reason, Verdict
from ivr.refusals import RefusalGuard
from ivr.screening import Screening

pytestmark = pytest.mark.covers("R8.1", "A21")

MOBILE = "13854301001"
RULES = Policy(area_code="0543", own_numbers=("12345",), allow_listed_trunks=frozenset({"police"}))
NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


def mobile(number: str) -> bool:
    """One mobile is restricted."""
    return number == MOBILE


def test_a_restricted_number_is_refused_in_whatever_form_it_is_shown() -> None:
    """With a reason code of its own; every other number is taken as before."""
    for shown in (MOBILE, f"+86{MOBILE}", f"0{MOBILE}", "138-5430-1001"):
        assert screen(CallerId(shown), RULES, mobile) == Verdict(False, Reason.RESTRICTED_NUMBER, MOBILE)  # noqa: FBT003 - accepted
    assert Reason.RESTRICTED_NUMBER.value == "restricted"
    assert screen(CallerId("13854301002"), RULES, mobile).reason is Reason.MOBILE


def test_nobody_is_restricted_unless_a_city_says_so() -> None:
    """Without a word about restrictions, the number is taken (A21)."""
    assert screen(CallerId(MOBILE), RULES) == Verdict(True, Reason.MOBILE, MOBILE)  # noqa: FBT003 - accepted


@pytest.mark.covers("R6.5", "R7.1")
def test_the_allow_list_goes_first() -> None:
    """Neither a number on it nor a call from 110's trunk is ever restricted."""
    allowed = replace(RULES, allow_numbers=(MOBILE,))
    assert screen(CallerId(MOBILE), allowed, mobile).reason is Reason.ALLOW_LISTED
    assert screen(CallerId(MOBILE, trunk="police"), RULES, mobile).reason is Reason.ALLOW_LISTED


def test_in_shadow_a_restriction_is_recorded_and_not_applied() -> None:
    """As every rule: with HOTLINE_SCREENING=shadow, and with ``restricted`` among the shadowed codes."""
    for rules in (replace(RULES, mode="shadow"), replace(RULES, shadow=frozenset({"restricted"}))):
        verdict = screen(CallerId(MOBILE), rules, mobile)
        assert (verdict.accepted, verdict.reason, verdict.shadowed) == (True, Reason.RESTRICTED_NUMBER, True)


def test_who_dials_on_and_on_cannot_stop_refusing() -> None:
    """A hundred calls from a restricted number raise no alarm of lost caller ids; the last is refused as the first."""
    alarms: list[str] = []
    guard = RefusalGuard(0.5, 5, 600)
    screening = Screening(
        RULES, guard, lambda code, _: alarms.append(code), alarms.append, lambda: 0, restricted=mobile
    )
    verdicts = {screening(CallerId(MOBILE, trunk="carrier")) for _ in range(100)}
    assert verdicts == {Verdict(False, Reason.RESTRICTED_NUMBER, MOBILE)}  # noqa: FBT003 - accepted
    assert alarms == []


class Shelf:
    """The restrictions in a database that can be slow or broken."""

    def __init__(self) -> None:
        self.rows: Mapping[str, datetime] = {MOBILE: NOON + timedelta(hours=24)}
        self.error: Exception | None = None

    async def read(self) -> Mapping[str, datetime]:
        """What stands, or the error."""
        if self.error:
            raise self.error
        return self.rows


async def test_a_restriction_ends_by_itself() -> None:
    """At the instant it was approved for, without the database being asked."""
    at = [NOON]
    now = Standing(Shelf().read, now=lambda: at[0])
    assert not now(MOBILE)  # nothing was read yet: calls are taken
    await now.refresh()
    assert (now(MOBILE), now("13854301002")) == (True, False)
    at[0] = NOON + timedelta(hours=24) - timedelta(microseconds=1)
    assert now(MOBILE)
    at[0] += timedelta(microseconds=1)
    assert not now(MOBILE)


async def test_a_database_that_fails_leaves_nobody_restricted() -> None:
    """Calls are taken at once, until the database answers again."""
    shelf = Shelf()
    now = Standing(shelf.read, now=lambda: NOON)
    await now.refresh()
    shelf.error = OSError("gone")
    await now.refresh()
    assert not now(MOBILE)
    shelf.error = None
    await now.refresh()
    assert now(MOBILE)


async def test_a_database_that_hangs_leaves_nobody_restricted(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not waited for; who screens a call meanwhile waits for nothing."""
    monkeypatch.setattr("ivr.abuse.standing._LONGEST_SECONDS", 0.01)

    async def hang() -> Mapping[str, datetime]:
        await asyncio.Event().wait()
        raise AssertionError

    now = Standing(hang, now=lambda: NOON)
    await now.refresh()
    assert not now(MOBILE)


async def test_what_another_process_has_lifted_is_seen_at_the_next_look() -> None:
    """Looked at again and again while the service runs."""
    shelf, looks = Shelf(), [asyncio.Event(), asyncio.Event()]
    pauses = iter(looks)
    asleep = asyncio.Queue[asyncio.Event]()

    async def sleep(_seconds: float) -> None:
        one = next(pauses)
        asleep.put_nowait(one)
        await one.wait()

    now = Standing(shelf.read, now=lambda: NOON, sleep=sleep)
    running = asyncio.create_task(now.run())
    first = await asleep.get()
    assert now(MOBILE)
    shelf.rows = {}
    first.set()
    await asleep.get()
    assert not now(MOBILE)
    running.cancel()
    await asyncio.wait({running})
