"""Emergency tickets run on clock time, not on working days (R7.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from common.clock import civil
from tickets.ruleset import RuleId, RuleSet, Unit


@dataclass(frozen=True)
class EmergencyLimits:
    """The instants of an emergency ticket, in civil time."""

    dispatch_target: datetime
    dispatch_by: datetime
    first_report_by: datetime
    rules_version: str
    report_every: timedelta

    def next_report_by(self, now: datetime) -> datetime:
        """When the next report is due: the first, then one after every 24 h."""
        if now < self.first_report_by:
            return self.first_report_by
        passed = (now - self.first_report_by) // self.report_every
        return self.first_report_by + (passed + 1) * self.report_every


def emergency_limits(opened: datetime, rules: RuleSet) -> EmergencyLimits:
    """The limits of a ticket that a person opened as an emergency at an aware instant.

    Raises:
        ValueError: the instant is naive, or the rule set gives one of these limits in days.
    """
    start = civil(opened)
    return EmergencyLimits(
        dispatch_target=start + _span(rules, RuleId.EMERGENCY_DISPATCH_TARGET),
        dispatch_by=start + _span(rules, RuleId.EMERGENCY_DISPATCH),
        first_report_by=start + _span(rules, RuleId.EMERGENCY_FIRST_REPORT),
        rules_version=rules.version,
        report_every=_span(rules, RuleId.EMERGENCY_REPORT),
    )


def _span(rules: RuleSet, rule: RuleId) -> timedelta:
    limit = rules.limits[rule]
    if limit.unit is Unit.HOURS:
        return timedelta(hours=limit.amount)
    if limit.unit is Unit.MINUTES:
        return timedelta(minutes=limit.amount)
    raise ValueError(f"{rule} runs on clock time (R7.2); it is set to {limit.words}")
