"""``hotline deadline``: the dates of Article 22 for one receipt, with the reasoning, for a clerk who asks why."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path

from common.clock import CIVIL
from hotline.database import DatabaseError
from hotline.known_days import known_days
from hotline.settings import load
from tickets.calendar_notice import from_ics, from_json
from tickets.deadlines import Deadline
from tickets.ruleset import DEFAULT_RULES
from tickets.ticket_deadlines import TITLES, Terms, TicketDeadlines, ticket_deadlines
from tickets.workdays import Calendar, CalendarError, CalendarYear, weekday


class _InputError(Exception):
    """What was typed cannot be used; the message is the one line that the clerk reads."""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = subparsers.add_parser("deadline", help="按第二十二条计算退回、办结、延期的期限,并逐日说明")
    parser.add_argument("received", help="收到时间,如 2026-02-13T10:00;不写时区即为北京时间")
    parser.add_argument("--category", default="", help="诉求类别;有法定时限的先适用法定时限")
    parser.add_argument("--calendar", action="append", default=[], metavar="FILE", help="另加一年的放假安排(JSON或ICS)")
    parser.add_argument("--json", action="store_true", help="输出JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the dates; 2 with one line when the input, or the calendar in the database, cannot be used."""
    try:
        received = _instant(args.received)
        notices = [_notice(Path(name)) for name in args.calendar]
        years, local = known_days(load().database)
        calendar = Calendar([*years, *notices], local)
        dates = ticket_deadlines(Terms(received, args.category.strip()), calendar, DEFAULT_RULES)
    except (_InputError, DatabaseError) as problem:
        print(problem, file=sys.stderr)
        return 2
    except OverflowError:
        print(f"收到时间「{args.received}」太早或太晚,无法计算", file=sys.stderr)
        return 2
    print(json.dumps(_as_json(dates), ensure_ascii=False, indent=2) if args.json else _listing(dates))
    return 0


def _instant(text: str) -> datetime:
    try:
        value = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise _InputError(f"收到时间「{text}」不是有效的时间;应写成 2026-02-13T10:00") from error
    return value.astimezone(CIVIL) if value.tzinfo else value.replace(tzinfo=CIVIL)


def _notice(file: Path) -> CalendarYear:
    try:
        text = file.read_text(encoding="utf-8-sig")
        return from_ics(text, file.name) if file.suffix.lower() == ".ics" else from_json(text, file.name)
    except (OSError, UnicodeDecodeError) as error:
        raise _InputError(f"放假安排文件{file}无法读取:{error}") from error
    except CalendarError as error:
        raise _InputError(f"放假安排文件{file}不能使用:{error}") from error


def _as_json(dates: TicketDeadlines) -> dict[str, object]:
    named = dates.named()
    return {
        "received": dates.terms.received.isoformat(),
        "category": dates.terms.category or None,
        **{name: found.on.isoformat() if found else None for name, found in named.items()},
        "provisional": {name: bool(found and found.provisional) for name, found in named.items()},
        "instants": {name: found.at.isoformat() if found else None for name, found in named.items()},
        "rules_version": dates.due.rules_version,
        "calendar_version": (dates.latest_extended_due or dates.due).calendar_version,
        "reasoning": list(_reasoning(dates)),
    }


def _listing(dates: TicketDeadlines) -> str:
    lines = [f"收到时间:{dates.terms.received:%Y-%m-%d %H:%M}({weekday(dates.terms.received.date())})"]
    for name, found in dates.named().items():
        lines.append(f"{TITLES[name]}({name}):{_date(found)}")
    return "\n".join([*lines, "", "逐日说明:", *(f"  {line}" for line in _reasoning(dates))])


def _date(found: Deadline | None) -> str:
    if not found:
        return "不适用"
    return f"{found.on}({weekday(found.on)}){',暂定' if found.provisional else ''}"


def _reasoning(dates: TicketDeadlines) -> tuple[str, ...]:
    """Why these four dates: the count to the due day, the return, the extension."""
    return_by, limit = dates.return_by, DEFAULT_RULES.limits[dates.return_by.rule]
    lines = [*dates.notes, *_hint(dates.terms.category), *dates.due.explain()]
    lines.append(f"办结期限是{dates.due.on}{_until(dates.due)}")
    lines.append(f"不属本单位职责的,{limit.words}内退回({limit.basis}):{return_by.on}{_until(return_by)}")
    for found in (dates.last_day_to_apply_for_extension, dates.latest_extended_due):
        if found:
            lines += found.explain()
    if latest := dates.latest_extended_due:
        lines.append(f"延期后最晚办结是{latest.on}{_until(latest)}")
    return tuple(lines)


def _until(found: Deadline) -> str:
    at = found.at.astimezone(CIVIL)
    return ",24时止" if at.date() > found.on else f",{at:%H:%M}止"


def _hint(category: str) -> list[str]:
    """A category that is nearly one with a limit set by law is probably that one."""
    if not category or category in DEFAULT_RULES.statutory:
        return []
    near = get_close_matches(category, DEFAULT_RULES.statutory, n=1)
    return [f"是否指「{near[0]}」?该类别有法定时限"] if near else []
