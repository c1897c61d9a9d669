"""``hotline check``: is this installation in order, and if not, what is to be done."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterable
from dataclasses import asdict

from hotline.preflight import Finding, examine
from hotline.settings import SettingsError, load

_MARKS = {"ok": "✔", "warning": "!", "problem": "✘"}


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = subparsers.add_parser("check", help="look over this installation and say what is wrong")
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print what was found; 0 only if nothing at all is wrong."""
    try:
        findings = [Finding("settings", "ok", "设置有效"), *asyncio.run(examine(load()))]
    except SettingsError as error:
        findings = [
            Finding("settings", "problem", f"设置 {line}", "改正该变量或配置文件") for line in str(error).splitlines()
        ]
    wrong = sum(finding.state != "ok" for finding in findings)
    if args.json:
        report = {"ok": wrong == 0, "findings": [asdict(finding) for finding in findings]}
        print(json.dumps(report, ensure_ascii=False, indent=1))
    else:
        for line in lines(findings):
            print(line)
        print(f"\n有 {wrong} 项需要处理。" if wrong else "\n一切正常。")
    return 1 if wrong else 0


def lines(findings: Iterable[Finding]) -> Iterable[str]:
    """What an operator reads about each finding; also what ``hotline run`` prints of problems."""
    for finding in findings:
        yield f"{_MARKS[finding.state]} [{finding.name}] {finding.said}"
        if finding.remedy:
            yield f"    → {finding.remedy}"
