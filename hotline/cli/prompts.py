"""``hotline prompts``: what the announcements say and how they stand; making them."""

from __future__ import annotations

import argparse
import json
import sys
import unicodedata
from collections import Counter
from dataclasses import asdict

from hotline.settings import Settings, load
from hotline.voice import VoiceError
from hotline.voice_build import Standing, build, standings, strange_files
from hotline.voice_texts import TextsError


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = subparsers.add_parser("prompts", help="list or make the announcements")
    parser.add_argument("action", nargs="?", choices=("list", "build"), default="list", help="list is the default")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List the announcements, or make those that are missing or stale; 1 when they cannot be made."""
    settings = load()
    try:
        stands = build(settings) if args.action == "build" else standings(settings)
    except (TextsError, VoiceError) as error:
        print(f"The announcements cannot be made: {error}", file=sys.stderr)
        return 1
    if args.json:
        print(json.dumps([asdict(standing) for standing in stands], ensure_ascii=False, indent=1))
    elif args.action == "list":
        _table(stands)
    else:
        counts = Counter(standing.state for standing in stands)
        print(", ".join(f"{count} {state}" for state, count in counts.items()), "in", settings.sounds_dir)
    _warn(settings, stands)
    return 0


def _table(stands: list[Standing]) -> None:
    width = max(len(standing.name) for standing in stands)
    for standing in stands:
        print(f"{standing.name:{width}}  {standing.state:11}  {standing.seconds:5.1f} s  {_short(standing.text)}")


def _short(text: str, columns: int = 80) -> str:
    """The text, cut to a width at which a terminal keeps it on one line; a Chinese character takes two columns."""
    taken = 0
    for at, character in enumerate(text):
        taken += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if taken > columns:
            return text[:at] + "…"
    return text


def _warn(settings: Settings, stands: list[Standing]) -> None:
    for standing in stands:
        if standing.problem:
            print(f"{standing.name}: {standing.problem}", file=sys.stderr)
    for path in strange_files(settings):
        print(f"{path} is not used: no announcement has this name", file=sys.stderr)
