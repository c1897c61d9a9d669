"""``hotline screen-call``: answers "why was this call refused?" with the function that judges live calls (R6.5)."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from common import clock
from hotline.database import async_engine
from hotline.screening import policy
from hotline.settings import Settings, load
from ivr.abuse.store import standing
from ivr.callerid import screen
from ivr.explanations import explain
from ivr.sipheaders import from_sip

_PRESENTATIONS = {"allowed": 0x00, "restricted": 0x20, "unavailable": 0x43}
_OCTET = 0xFF


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb on the command line's parser."""
    parser = subparsers.add_parser(
        "screen-call",
        help="say why a call was taken or refused",
        description="Says whether a call with these headers is taken, and why. The status is 0 whatever the verdict.",
    )
    parser.add_argument(
        "--from", dest="sender", required=True, metavar="FROM", help="a From header value, or a bare number"
    )
    parser.add_argument("--privacy", default="", help="the Privacy header value, e.g. id")
    parser.add_argument("--pai", default="", help="the P-Asserted-Identity header value")
    parser.add_argument(
        "--presentation", type=_presentation, default=0, help="allowed, restricted, unavailable, or agi_callingpres"
    )
    parser.add_argument("--trunk", default="", help="name of the trunk that the call came in on")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the verdict; 0 once there is one.

    Raises:
        SettingsError: the settings cannot be used.
    """
    settings = load()
    rules = policy(settings)
    if args.trunk and args.trunk not in {trunk.name for trunk in settings.trunks}:
        print(f"注意:设置中没有名为 {args.trunk} 的中继,按普通中继判断。", file=sys.stderr)
    claim = from_sip(args.sender, args.privacy, args.pai, args.presentation, args.trunk)
    restricted = _restricted(settings)
    verdict = screen(claim, rules, restricted.__contains__)
    explanation = explain(verdict)
    if args.json:
        answer = {
            "accepted": verdict.accepted,
            "reason": verdict.reason,
            "number": verdict.number,
            "shadowed": verdict.shadowed,
            "explanation": explanation,
        }
        print(json.dumps(answer, ensure_ascii=False))
    else:
        print(f"{explanation}\n原因代码:{verdict.reason};识别出的号码:{verdict.number or '无'}")
    return 0


def _restricted(settings: Settings) -> Mapping[str, datetime]:
    """The numbers that are restricted now (R8.1), none where the city restricts nobody (A21)."""
    if not settings.restricting:
        return {}
    try:
        return asyncio.run(_standing(settings))
    except (SQLAlchemyError, OSError) as error:
        print(f"注意:数据库不可用({type(error).__name__}),按没有限制判断,来电时也是如此。", file=sys.stderr)
        return {}


async def _standing(settings: Settings) -> Mapping[str, datetime]:
    engine = async_engine(settings.database, read_only=True)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(lambda plain: standing(plain, clock.now()))
    finally:
        await engine.dispose()


def _presentation(text: str) -> int:
    if text in _PRESENTATIONS:
        return _PRESENTATIONS[text]
    try:
        octet = int(text, 0)
    except ValueError:
        octet = -1
    if not 0 <= octet <= _OCTET:
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed, restricted, unavailable or a number from 0 to 255")
    return octet
