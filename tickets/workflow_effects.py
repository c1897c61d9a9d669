"""What a move does to a case beside its state: who is accountable, what is open, what is counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tickets.workflow_terms import Actor, CallbackResult, Case, Facts, Status, Surroundings

Effect = Callable[[Case, Actor, Facts, Surroundings], Case]


def nothing(case: Case, _: Actor, __: Facts, ___: Surroundings) -> Case:
    """Only the state changes."""
    return case


def deliver(case: Case, actor: Actor, facts: Facts, world: Surroundings) -> Case:
    """The unit is accountable from delivery on and its own limits begin (A2, A3); lead and co-handlers are named."""
    path = tuple(reversed(world.tree.above(facts.unit)))
    return replace(
        case,
        unit=facts.unit,
        givers=path,
        transferred=True,
        signed=False,
        tasks=facts.co_handlers,
        named_by=actor.unit,
        namers=tuple((unit, actor.unit) for unit in facts.co_handlers),
        pause_asked=False,
        asked_days=0,
        granted_days=0,
        extended_days=0,
        extensions=0,
        return_by=facts.return_by,
        inner_return_by=(facts.inner_return_by or facts.return_by) if len(path) > 1 else None,
        inner_due=None,
        inner_kept=(),
        apply_by=facts.apply_by,
        due=facts.due,
    )


def deliver_forced(case: Case, actor: Actor, facts: Facts, world: Surroundings) -> Case:
    """As delivered, and the unit is bound to it (A22); whose time at it runs already keeps that time (R22.6)."""
    given = deliver(case, actor, facts, world)
    if facts.unit in (case.unit, *case.givers):
        given = replace(given, extended_days=case.extended_days, extensions=case.extensions)
        given = replace(given, granted_days=case.granted_days)
    return replace(given, forced=facts.unit, ruled="", dispute=None, adjudicator="")


def to_level_1(case: Case, _: Actor, __: Facts, world: Surroundings) -> Case:
    """Level 1 is accountable again, until it dispatches anew (R21.1, A3)."""
    return replace(
        case,
        unit=world.tree.root,
        givers=(),
        signed=False,
        tasks=(),
        named_by="",
        namers=(),
        pause_asked=False,
        return_by=None,
        inner_return_by=None,
        inner_due=None,
        inner_kept=(),
        apply_by=None,
        due=None,
    )


def examine_again(case: Case, _: Actor, __: Facts, ___: Surroundings) -> Case:
    """Another result will come of it: that one is to be reported (A27)."""
    return replace(case, reported=False, signed_off=False, called=None, solved=None, proposed=None)


def report_back(case: Case, _: Actor, __: Facts, ___: Surroundings) -> Case:
    """The issuer has been told the result (A27)."""
    return replace(case, reported=True)


def sign_off(case: Case, _: Actor, __: Facts, ___: Surroundings) -> Case:
    """The issuer is satisfied (A27)."""
    return replace(case, signed_off=True)


def to_upper(case: Case, _: Actor, __: Facts, ___: Surroundings) -> Case:
    """The upper unit is accountable again; its own limits have kept running (A12)."""
    return _own_limits_again(replace(case, unit=case.givers[-1], givers=case.givers[:-1]))


def sign(case: Case, _: Actor, __: Facts, ___: Surroundings) -> Case:
    """The unit has taken it in hand."""
    return replace(case, signed=True)


def offer(case: Case, _: Actor, facts: Facts, __: Surroundings) -> Case:
    """Passed down, while the giver stays responsible until it is accepted (R21.1)."""
    kept = (*case.inner_kept, (case.inner_return_by, case.inner_due))
    return replace(case, offered_to=facts.unit, inner_return_by=facts.return_by, inner_due=facts.due, inner_kept=kept)


def accept_offer(case: Case, _: Actor, __: Facts, ___: Surroundings) -> Case:
    """The transfer is accepted: responsibility goes over (R21.1)."""
    return replace(case, unit=case.offered_to, givers=(*case.givers, case.unit), offered_to="")


def set_inner_due(case: Case, _: Actor, facts: Facts, __: Surroundings) -> Case:
    """The upper unit has set another day before its own (R18)."""
    return replace(case, inner_due=facts.inner_due)


def drop_offer(case: Case, _: Actor, __: Facts, ___: Surroundings) -> Case:
    """The transfer comes to nothing."""
    return _own_limits_again(replace(case, offered_to=""))


def _own_limits_again(case: Case) -> Case:
    """The limits that the giver's own upper unit has set it, which ran on meanwhile (A12)."""
    return_by, due = case.inner_kept[-1] if case.inner_kept else (None, None)
    return replace(case, inner_return_by=return_by, inner_due=due, inner_kept=case.inner_kept[:-1])


def add_tasks(case: Case, actor: Actor, facts: Facts, _: Surroundings) -> Case:
    """Co-handlers are named (A10)."""
    named = tuple((unit, actor.unit) for unit in facts.co_handlers)
    before = tuple(one for one in case.namers if one[0] not in facts.co_handlers)
    return replace(case, tasks=(*case.tasks, *facts.co_handlers), named_by=actor.unit, namers=(*before, *named))


def finish_task(case: Case, actor: Actor, _: Facts, __: Surroundings) -> Case:
    """The actor's unit has done its part."""
    return replace(case, tasks=tuple(unit for unit in case.tasks if unit != actor.unit))


def waive_task(case: Case, _: Actor, facts: Facts, __: Surroundings) -> Case:
    """A task is no longer needed (A10)."""
    return replace(case, tasks=tuple(unit for unit in case.tasks if unit != facts.unit))


def count_return(case: Case, _: Actor, __: Facts, ___: Surroundings) -> Case:
    """The one return to this upper unit is used, whatever becomes of it (A22)."""
    return replace(case, returned_to=(*case.returned_to, case.upper))


def dispute(case: Case, _: Actor, facts: Facts, __: Surroundings) -> Case:
    """What is disputed, and whose it is to decide (R21.3)."""
    return replace(case, dispute=facts.dispute, adjudicator=facts.adjudicator)


def note_ruling(case: Case, _: Actor, facts: Facts, __: Surroundings) -> Case:
    """The ruling names the unit (R21.3)."""
    return replace(case, ruled=facts.unit)


def ask_days(case: Case, _: Actor, facts: Facts, __: Surroundings) -> Case:
    """So many working days are asked for."""
    return replace(case, asked_days=facts.working_days or 0, endorsed=False)


def endorse(case: Case, _: Actor, __: Facts, ___: Surroundings) -> Case:
    """Level 2 has looked (A4)."""
    return replace(case, endorsed=True)


def grant_days(case: Case, _: Actor, __: Facts, ___: Surroundings) -> Case:
    """Consented; it counts once the caller has been told (A18)."""
    return replace(case, granted_days=case.asked_days, asked_days=0, extensions=case.extensions + 1)


def drop_days(case: Case, _: Actor, __: Facts, ___: Surroundings) -> Case:
    """Not consented."""
    return replace(case, asked_days=0, endorsed=False)


def count_days(case: Case, _: Actor, facts: Facts, __: Surroundings) -> Case:
    """The caller has been told limit and reason: the new due day holds (A18)."""
    return replace(
        case,
        extended_days=case.extended_days + case.granted_days,
        granted_days=0,
        due=facts.due,
        apply_by=facts.apply_by,
    )


def ask_pause(case: Case, _: Actor, __: Facts, ___: Surroundings) -> Case:
    """The unit asks for material to be waited for (A26)."""
    return replace(case, pause_asked=True)


def refuse_pause(case: Case, _: Actor, __: Facts, ___: Surroundings) -> Case:
    """The one pause is not used (A26)."""
    return replace(case, pause_asked=False)


def pause(case: Case, _: Actor, __: Facts, ___: Surroundings) -> Case:
    """The one pause is used (A26)."""
    return replace(case, pause_asked=False, pauses=case.pauses + 1)


def shift_limits(case: Case, _: Actor, facts: Facts, __: Surroundings) -> Case:
    """The clock runs again, under limits moved by the pause."""
    # Handled again, a ticket has no new time to be returned: the old stays over (R22.6).
    return replace(
        case,
        return_by=facts.return_by or case.return_by,
        apply_by=facts.apply_by,
        due=facts.due,
        inner_return_by=facts.inner_return_by or case.inner_return_by,
        inner_due=facts.inner_due or case.inner_due,
    )


def note_callback(case: Case, _: Actor, facts: Facts, __: Surroundings) -> Case:
    """What the caller said; who was not reached has said nothing new, and an earlier word stands (R14.6, A7)."""
    if facts.callback is CallbackResult.UNREACHED:
        return case
    return replace(case, called=facts.callback, solved=facts.solved, proposed=None)


def propose(case: Case, _: Actor, facts: Facts, __: Surroundings) -> Case:
    """The clerk's view of the claim, on which the supervisor decides (A8)."""
    return replace(case, proposed=facts.reasonable)


def grant_appeal(case: Case, _: Actor, __: Facts, ___: Surroundings) -> Case:
    """The claim was not to be handled again after all: that is found, and needs no other proposal (A8)."""
    return replace(case, proposed=False)


def again(case: Case, _: Actor, facts: Facts, __: Surroundings) -> Case:
    """A new round with its own limit (A9)."""
    return replace(
        case,
        work=Status.HANDLED_AGAIN,
        rounds=case.rounds + 1,
        signed=True,
        pause_asked=False,
        appealed=False,
        withdrawn=False,
        called=None,
        solved=None,
        proposed=None,
        reported=False,
        signed_off=False,
        due=facts.due,
        apply_by=None,
    )


def supervise(case: Case, _: Actor, facts: Facts, __: Surroundings) -> Case:
    """From here on the work is supervised."""
    return replace(
        case,
        work=Status.SUPERVISED,
        signed=True,
        appealed=False,
        withdrawn=False,
        called=None,
        solved=None,
        proposed=None,
        reported=False,
        signed_off=False,
        due=facts.due or case.due,
        apply_by=None,
    )


def supervise_meanwhile(case: Case, _: Actor, __: Facts, ___: Surroundings) -> Case:
    """Nobody is working on it now; once somebody is, it is supervised."""
    return replace(case, work=Status.SUPERVISED, apply_by=None)


def appeal(case: Case, _: Actor, __: Facts, ___: Surroundings) -> Case:
    """The unit's one appeal is used (A8)."""
    return replace(case, appealed=True)


def withdraw(case: Case, actor: Actor, facts: Facts, world: Surroundings) -> Case:
    """The caller does not pursue it; what was open falls away (A25)."""
    case = drop_offer(case, actor, facts, world) if case.offered_to else case
    case = replace(case, withdrawn=True, tasks=(), ruled="", asked_days=0, pause_asked=False)
    return replace(case, dispute=None, adjudicator="")
