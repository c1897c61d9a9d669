"""Abuse of the line over HTTP: marks, decisions, referrals, restrictions (R8.1, A21)."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from common.api.ask import Ask
from common.api.caller import Scope
from common.api.fields import Revealing
from common.api.operation import Reply, operation
from common.api.problem import CONFLICT, NO_RIGHT, NOT_FOUND, missing
from common.reach import Reach
from common.roles import Role
from ivr.abuse.api_shown import (
    ApprovalTold,
    DecisionTold,
    LiftTold,
    MarkList,
    MarkShown,
    MarksQuery,
    MarkTold,
    OfMark,
    ReferralTold,
    RestrictionList,
    RestrictionTold,
    mark_shown,
    restriction_shown,
)
from ivr.abuse.desk import AbuseDesk
from ivr.abuse.model import Mark, NoMarkError, NotFitError, NotTheirsError, Person
from ivr.abuse.rules import Referral
from ivr.abuse.store import MarkFilter, mark_of, standing_marks
from ivr.api_shown import OfOne

_TAG = "滥用热线"
_PROBLEMS = (CONFLICT, NOT_FOUND)


@dataclass(frozen=True, slots=True)
class AbusePages:
    """The part of ``/api/v1`` about abuse.

    ``concerns`` says whether a call's tickets concern the unit of who asks: an expert marks only such calls.
    """

    desk: AbuseDesk
    concerns: Callable[[Ask, str], Awaitable[bool]]

    @operation(
        "POST",
        "/api/v1/calls/{id}/abuse-marks",
        summary="标记一通来电滥用热线",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
        status=201,
        audit="abuse.mark",
        problems=_PROBLEMS,
    )
    async def mark_abuse(self, ask: Ask, ids: OfOne, body: MarkTold) -> Reply[MarkShown]:
        """By the agent, or by an expert on a call that concerns their unit; the recordings become evidence (R8.1)."""
        if ask.reach is not Reach.ALL and not await self.concerns(ask, ids.id):
            raise missing("通话")
        with _refusals("通话"), ask.once(lambda found: self._kept(ask, found)):
            return self._reply(ask, await self.desk.mark(_person(ask), ids.id, body.kind, body.words, body.recordings))

    @operation("GET", "/api/v1/abuse-marks", summary="滥用热线的标记，新的在前", tag=_TAG, audit="abuse.list")
    async def list_abuse_marks(self, ask: Ask, query: MarksQuery) -> Reply[MarkList]:
        """All for supervisors and leaders, of one number too; an agent or expert sees their own marks only."""
        own = ask.reach is not Reach.ALL
        if own and query.number:
            raise NO_RIGHT.problem("一个号码的历次标记，由值班长或负责人查看。")
        wanted = MarkFilter(query.state, query.number or "", _person(ask).account if own else "")
        page = await self.desk.store.page(wanted, limit=query.limit, after=query.cursor)
        now = self.desk.now()
        body = MarkList(
            marks=[mark_shown(one, ask, now) for one in page.rows], next=str(page.next) if page.next else None
        )
        return Reply(body, [each for one in page.rows for each in (one.id, one.call_id)])

    @operation("GET", "/api/v1/abuse-marks/{id}", summary="一个标记及其证据和处理", tag=_TAG, audit="abuse.read")
    async def read_abuse_mark(self, ask: Ask, ids: OfMark, query: Revealing) -> Reply[MarkShown]:
        """One mark, its evidence, its steps."""
        del query  # the reason in it has reached ``ask``
        with _refusals():
            one = await self.desk.store.read(lambda connection: mark_of(connection, ids.id))
        if ask.reach is not Reach.ALL and one.by != _person(ask).account:
            raise missing("标记")
        return self._reply(ask, one)

    @operation(
        "POST",
        "/api/v1/abuse-marks/{id}/decision",
        summary="认定或不予认定一个标记",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
        status=201,
        audit="abuse.decide",
        problems=_PROBLEMS,
    )
    async def decide_abuse_mark(self, ask: Ask, ids: OfMark, body: DecisionTold) -> Reply[MarkShown]:
        """By a shift supervisor, never by who made the mark."""
        with _refusals(), ask.once(lambda found: self._kept(ask, found)):
            found = await self.desk.decide(
                _person(ask), ids.id, confirm=body.confirm, why=body.why, recordings=body.recordings
            )
            return self._reply(ask, found)

    @operation(
        "POST",
        "/api/v1/abuse-marks/{id}/referrals",
        summary="登记移送公安机关",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
        status=201,
        audit="abuse.refer",
        problems=_PROBLEMS,
    )
    async def refer_abuse_mark(self, ask: Ask, ids: OfMark, body: ReferralTold) -> Reply[MarkShown]:
        """When, to which station, under which receipt, which evidence of a confirmed mark was handed over."""
        referral = Referral(body.at, body.station, body.receipt, body.recordings)
        with _refusals(), ask.once(lambda found: self._kept(ask, found)):
            return self._reply(ask, await self.desk.refer(_person(ask), ids.id, referral, body.words))

    @operation(
        "POST",
        "/api/v1/abuse-marks/{id}/restriction",
        summary="提出限制号码来电",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
        status=201,
        audit="abuse.propose",
        problems=_PROBLEMS,
    )
    async def propose_restriction(self, ask: Ask, ids: OfMark, body: RestrictionTold) -> Reply[MarkShown]:
        """By a shift supervisor, from a confirmed mark, where the city restricts numbers (A21)."""
        with _refusals(), ask.once(lambda found: self._kept(ask, found)):
            return self._reply(ask, await self.desk.propose(_person(ask), ids.id, body.hours, body.why))

    @operation(
        "POST",
        "/api/v1/abuse-marks/{id}/restriction/approval",
        summary="批准或不批准限制",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
        status=201,
        audit="abuse.approve",
        problems=_PROBLEMS,
    )
    async def approve_restriction(self, ask: Ask, ids: OfMark, body: ApprovalTold) -> Reply[MarkShown]:
        """By a leader who has had no part in the matter; approved, it begins now and ends by itself."""
        with _refusals(), ask.once(lambda found: self._kept(ask, found)):
            return self._reply(ask, await self.desk.approve(_person(ask), ids.id, agree=body.agree, why=body.why))

    @operation(
        "POST",
        "/api/v1/abuse-marks/{id}/restriction/lifting",
        summary="立即解除限制",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
        status=201,
        audit="abuse.lift",
        problems=_PROBLEMS,
    )
    async def lift_restriction(self, ask: Ask, ids: OfMark, body: LiftTold) -> Reply[MarkShown]:
        """By a shift supervisor or a leader; one is enough."""
        with _refusals(), ask.once(lambda found: self._kept(ask, found)):
            return self._reply(ask, await self.desk.lift(_person(ask), ids.id, body.why))

    @operation("GET", "/api/v1/restrictions", summary="现在限制的号码", tag=_TAG, audit="abuse.restrictions")
    async def list_restrictions(self, ask: Ask, query: Revealing) -> Reply[RestrictionList]:
        """The restrictions that were approved and have not ended, the first to end first."""
        del query  # the reason in it has reached ``ask``
        now = self.desk.now()
        found = await self.desk.store.read(lambda connection: standing_marks(connection, now))
        shown = [one for mark in found if (one := restriction_shown(mark, ask))]
        body = RestrictionList(applied=self.desk.restricting, restrictions=shown)
        return Reply(body, [each for one in found for each in (one.id, one.call_id)])

    def _reply(self, ask: Ask, one: Mark) -> Reply[MarkShown]:
        body = mark_shown(one, ask, self.desk.now())
        return Reply(body, [one.id, one.call_id], location=f"/api/v1/abuse-marks/{one.id}")

    def _kept(self, ask: Ask, found: object) -> Reply[MarkShown] | None:
        # What the store gives for a use case that was refused is no mark: then no key is kept.
        return self._reply(ask, found) if isinstance(found, Mark) else None


def _person(ask: Ask) -> Person:
    known = {role.value: role for role in Role}
    caller = ask.caller
    roles = frozenset(known[name] for name in caller.roles if name in known)
    return Person(caller.account or caller.person, roles, caller.unit)


@contextlib.contextmanager
def _refusals(what: str = "标记") -> Iterator[None]:
    """The refusals of the desk, as problems."""
    try:
        yield
    except NoMarkError as error:
        raise missing(what) from error
    except NotTheirsError as error:
        raise NO_RIGHT.problem(str(error)) from error
    except NotFitError as error:
        raise CONFLICT.problem(str(error)) from error
