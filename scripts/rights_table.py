#!/usr/bin/env python3
"""Writes ``docs/rights.md``, who may do what, for an auditor to read, from the table that the program obeys.

    scripts/rights_table.py            write it
    scripts/rights_table.py --check    only say whether it is up to date

The status is 1 when it is not, or when an endpoint or a verb of the command line stands in no row.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from access.rights import RIGHTS, Right
from common.api.operation import declared_names
from common.reach import Reach
from common.roles import NOBODYS, Role

DOCS = Path(__file__).resolve().parent.parent / "docs"
_SIGNS: Final = {Reach.NONE: "", Reach.SELF: "○", Reach.OWN: "◐", Reach.ALL: "●"}
_ROLES: Final = [role for role in Role if role not in NOBODYS]
_HEAD: Final = """# 权限表 / Who may do what

由 `scripts/rights_table.py` 从 `access/rights.py` 生成；程序执行的就是这张表，
`tests/integration/test_rights.py` 逐格试过。每个接口、每个命令都在且仅在一行中；不在表中的接口不提供服务。

● 全部(仅一级机构的人员;其他单位的人员按 ◐)　◐ 涉及本单位及下级的　○ 仅本人的　空白 无此权限

- ★ 是一级机构的事,不属于哪个单位:其他单位的人员无论何种身份都没有这项权限。
- 接口、命令由谁办理,只看这张表;「安装、运行、检查本系统」一行的命令凭能登录这台机器,其余命令凭本人的令牌
  ([access.md](access.md))。
- 能看到一件工单,才能办理它;能怎样办理,见工作流表([workflow.md](workflow.md))。
- 保密工单不在任何一格之内:只有名单上的人看得到([confidential.md](confidential.md))。
- 号码和姓名默认隐去;能看全的,须写理由,逐次留痕。承办单位只在工单由其办理期间看得到联系方式;
  诉求人要求隐去信息的,始终看不到。
- 审计员、系统管理员、安全管理员三者互斥,也不兼任何其他身份。
"""


def packages() -> Iterator[str]:
    """Every module of ours that may declare an endpoint."""
    for name in ("access", "common", "hotline", "ivr", "knowledge", "tickets", "transcription"):
        package = importlib.import_module(name)
        yield name
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not module.name.startswith("hotline.migrations"):
                yield module.name


def verbs() -> set[str]:
    """The verbs of the command line."""
    cli = importlib.import_module("hotline.cli")
    return {module.name.replace("_", "-") for module in pkgutil.iter_modules(cli.__path__)}


def endpoints() -> set[str]:
    """The operations that any module declares."""
    return {name for module in packages() for name in declared_names(importlib.import_module(module))}


def faults() -> Iterator[str]:
    """What stands in no row, in two, or is no longer there."""
    for kind, there, told in (
        ("endpoint", endpoints(), [name for right in RIGHTS for name in right.operations]),
        ("verb", verbs(), [name for right in RIGHTS for name in right.verbs]),
    ):
        yield from (f"{kind} {name} stands in no row of access/rights.py" for name in sorted(there - set(told)))
        yield from (f"access/rights.py speaks of {kind} {name}; there is none" for name in sorted(set(told) - there))
        yield from (
            f"{kind} {name} stands in two rows" for name in sorted({one for one in told if told.count(one) > 1})
        )


def document() -> str:
    """The whole of ``docs/rights.md``."""
    lines = [_HEAD, f"| 权限 | {' | '.join(role.words for role in _ROLES)} |", f"|---|{':-:|' * len(_ROLES)}"]
    lines += [f"| {_words(right)} | {' | '.join(_cells(right))} |" for right in RIGHTS]
    lines += ["", "## 各权限包括的接口和命令", "", "| 权限 | 依据 | 接口 | 命令 |", "|---|---|---|---|"]
    for right in RIGHTS:
        operations, commands = (" ".join(f"`{one}`" for one in names) for names in (right.operations, right.verbs))
        lines.append(f"| {right.words}(`{right.id}`) | {' '.join(right.cites)} | {operations} | {commands} |")
    return "\n".join([*lines, ""])


def _words(right: Right) -> str:
    return f"{right.words} ★" if right.level_one else right.words


def _cells(right: Right) -> list[str]:
    return ["●" if right.open else _SIGNS[right.reach.get(role, Reach.NONE)] for role in _ROLES]


def main() -> int:
    """Write or check; 0 only if nothing is missing."""
    parser = argparse.ArgumentParser(description="Writes docs/rights.md from the table of rights.")
    parser.add_argument("--check", action="store_true", help="only say whether it is up to date")
    args = parser.parse_args()
    found = list(faults())
    file = DOCS / "rights.md"
    if args.check and (not file.exists() or file.read_text(encoding="utf-8") != document()):
        found.append("docs/rights.md is not what the code says; run scripts/rights_table.py")
    elif not args.check:
        file.write_text(document(), encoding="utf-8")
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
