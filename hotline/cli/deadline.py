"""``hotline deadline``: the dates of Article 22 for one receipt, with the reasoning, for a clerk who asks why."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from common.clock import CIVIL
from hotline.database import DatabaseError
from hotline.known_register import Known, known_register
from hotline.settings import load
from tickets.calendar_notice import from_ics, from_json
from tickets.category_names import AmbiguousCategoryError, Meant, meant
from tickets.deadlines import Deadline
from tickets.ruleset import RuleSet, in_force
from tickets.ticket_deadlines import TITLES, Terms, TicketDeadlines, ticket_deadlines
from tickets.workdays import Calendar, CalendarError, CalendarYear, weekday

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_HOW = "应写成 2026-02-13T10:00,也可只写日期,或在时间后写时区(如 +08:00)"
_SHOWN = 40


class _InputError(Exception):
    """What was typed cannot be used; the message is the one line that the clerk reads."""


@dataclass(frozen=True)
class _Answer:
    """The dates, and what they were computed by."""

    dates: TicketDeadlines
    rules: RuleSet
    known: Known
    typed: str
    category: Meant


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = subparsers.add_parser("deadline", help="按第二十二条计算退回、办结、延期的期限,并逐日说明")
    parser.add_argument("received", help="收到时间,如 2026-02-13T10:00;不写时区即为北京时间")
    parser.add_argument(
        "--category", default="", help="诉求类别的名称或编号,或法定时限的名称;有法定时限的先适用法定时限"
    )
    parser.add_argument("--calendar", action="append", default=[], metavar="FILE", help="另加一年的放假安排(JSON或ICS)")
    parser.add_argument("--json", action="store_true", help="输出JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the dates; 2 with one line when the input, or what stands in the database, cannot be used."""
    try:
        answer = _answer(args.received, args.category.strip(), [Path(name) for name in args.calendar])
    except (_InputError, DatabaseError, AmbiguousCategoryError) as problem:
        print(problem, file=sys.stderr)
        return 2
    except OverflowError:
        print(f"收到时间「{args.received}」太早或太晚,无法计算;请核对年份", file=sys.stderr)
        return 2
    print(json.dumps(_as_json(answer), ensure_ascii=False, indent=2) if args.json else _listing(answer))
    return 0


def _answer(typed: str, category: str, files: list[Path]) -> _Answer:
    received = _instant(typed)
    if not category.isprintable():
        raise _InputError(f"诉求类别「{_quoted(category)}」含有不能显示的字符;请写类别的名称或编号")
    notices = [_notice(file) for file in files]
    known = known_register(load().database)
    register = known.register
    rules = in_force(register.rule_sets, received.date())
    found = meant(register, category, received.date()) if category else Meant()
    calendar = Calendar([*register.years, *notices], register.local_days)
    return _Answer(ticket_deadlines(Terms(received, found.law), calendar, rules), rules, known, category, found)


def _instant(typed: str) -> datetime:
    text = typed.strip()
    if not _INSTANT.fullmatch(text):
        raise _InputError(f"收到时间「{_quoted(typed)}」不是有效的时间;{_HOW}")
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise _InputError(f"收到时间「{text}」不存在(没有这一天、这个时刻或这个时区);请核对后再写;{_HOW}") from error
    return value.astimezone(CIVIL) if value.tzinfo else value.replace(tzinfo=CIVIL)


def _quoted(text: str) -> str:
    """What was typed, so that it stays one line on any screen."""
    shown = _printable(text)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _notice(file: Path) -> CalendarYear:
    try:
        text = file.read_text(encoding="utf-8-sig")
        return from_ics(text, file.name) if file.suffix.lower() == ".ics" else from_json(text, file.name)
    except (OSError, ValueError) as error:
        raise _InputError(f"放假安排文件{_quoted(str(file))}无法读取:{_quoted(str(error))}") from error
    except (CalendarError, RecursionError) as error:
        raise _InputError(f"放假安排文件{_quoted(str(file))}不能使用:{_printable(str(error))}") from error


def _as_json(answer: _Answer) -> dict[str, object]:
    dates, category = answer.dates, answer.category
    named = dates.named()
    return {
        "received": dates.terms.received.isoformat(),
        "category": answer.typed or None,
        "category_code": category.code or None,
        "statutory": category.law or None,
        "did_you_mean": list(category.near),
        **{name: found.on.isoformat() if found else None for name, found in named.items()},
        "provisional": {name: bool(found and found.provisional) for name, found in named.items()},
        "instants": {name: found.at.isoformat() if found else None for name, found in named.items()},
        "source": "database" if answer.known.stored else "built_in",
        "rules_version": dates.due.rules_version,
        "calendar_version": (dates.latest_extended_due or dates.due).calendar_version,
        "reasoning": list(_reasoning(answer)),
    }


def _listing(answer: _Answer) -> str:
    received = answer.dates.terms.received
    lines = [f"收到时间:{received:%Y-%m-%d %H:%M}({weekday(received.date())})", *_of_category(answer)]
    for name, found in answer.dates.named().items():
        lines.append(f"{TITLES[name]}({name}):{_date(found)}")
    return "\n".join([*lines, "", "逐日说明:", *(f"  {line}" for line in _reasoning(answer))])


def _date(found: Deadline | None) -> str:
    if not found:
        return "不适用"
    return f"{found.on}({weekday(found.on)}){',暂定' if found.provisional else ''}"


def _reasoning(answer: _Answer) -> Iterator[str]:
    """Why these four dates: by what they are computed, the count to the due day, the return, the extension."""
    dates, rules = answer.dates, answer.rules
    yield f"{answer.known.words}(规则版本{rules.version})"
    if dates.terms.received.date() < rules.valid_from:
        yield f"该规则自{rules.valid_from}起施行;收到时间在此之前,仍按它计算"
    yield from _of_category(answer)
    yield from dates.notes
    yield from dates.due.explain()
    yield f"办结期限是{dates.due.on}{_until(dates.due)}"
    return_by = dates.return_by
    limit = rules.limits[return_by.rule]
    yield f"不属本单位职责的,{limit.words}内退回({limit.basis}):{return_by.on}{_until(return_by)}"
    for found in (dates.last_day_to_apply_for_extension, dates.latest_extended_due):
        if found:
            yield from found.explain()
    if latest := dates.latest_extended_due:
        yield f"延期后最晚办结是{latest.on}{_until(latest)}"


def _until(found: Deadline) -> str:
    at = found.at.astimezone(CIVIL)
    return ",24时止" if at.date() > found.on else f",{at:%H:%M}止"


def _of_category(answer: _Answer) -> Iterator[str]:
    """What was made of the category; an unknown one that nearly is another is asked about."""
    category = answer.category
    if category.code:
        says = f"适用法定时限「{category.law}」" if category.law else "没有法定时限,适用一般时限"
        yield f"诉求类别「{category.name}」({category.code}){says}"
    elif answer.typed and not category.known:
        yield f"「{answer.typed}」不是已登记的诉求类别,没有登记法定时限,按一般时限计算"
        if category.near:
            yield f"是否指{'、'.join(f'「{name}」' for name in category.near)}?类别可能改变期限,请写准后重算"
