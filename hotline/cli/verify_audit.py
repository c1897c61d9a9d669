"""``hotline verify-audit``: whether the audit is whole, and where exactly it is not (R25.2)."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from common.signing import KeyUnusable, Signer
from common.timestamp import load_roots
from hotline.database import DatabaseError, async_engine
from hotline.keeping.anchors import gathered
from hotline.keeping.verifying import Break, Report, verify
from hotline.settings import load


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = subparsers.add_parser(
        "verify-audit",
        help="核验留痕是否完整：改动、删除、插入、截断均能指出位置",
        description="逐条核对哈希链，并与 anchors 目录中的锚点核对。可在系统运行时执行。状态码 0 表示完整。",
    )
    parser.add_argument("--head", action="append", default=[], type=Path, metavar="FILE", help="另处保存的 head.json")
    parser.add_argument("--json", action="store_true", help="以 JSON 输出")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Verify; 1 where the audit is broken, 2 where it cannot be read."""
    if missing := [str(one) for one in args.head if not one.is_file()]:
        print(f"没有这个文件：{'、'.join(missing)}", file=sys.stderr)
        return 2
    try:
        report = asyncio.run(_verified(args.head))
    except (DatabaseError, SQLAlchemyError, KeyUnusable, OSError) as problem:
        print(f"留痕无法核验：{problem}", file=sys.stderr)
        return 2
    if args.json:
        print(json.dumps(asdict(report), ensure_ascii=False, indent=1))
    else:
        for one in report.breaks:
            print(f"✘ {one.said}")
        some = report.end.place >= report.first
        known = f"{f'第 {report.first} 至第 {report.end.place} 条' if some else '尚无记录'}，锚点 {report.anchors} 个"
        print(f"留痕{known}：{f'有 {len(report.breaks)} 处问题' if report.breaks else '完整'}。")
        print(f"末条哈希 {report.end.hash}")
    return 1 if report.breaks else 0


async def _verified(heads: list[Path]) -> Report:
    settings = load()
    key = Signer.in_folder(settings.secrets_dir).public
    roots = load_roots(settings.timestamp_roots) if settings.timestamp_roots else ()
    # Before the walk: what is added meanwhile is behind every anchor.
    anchors, wrong = gathered(settings.anchors_dir, key, roots, heads)
    engine = async_engine(settings.database, read_only=True)
    try:
        report = await verify(engine, key, anchors)
    finally:
        await engine.dispose()
    more = tuple(Break("anchor", 0, f"{file}：{said}") for file, said in wrong)
    return Report(report.first, report.end, report.anchors, report.breaks + more)
