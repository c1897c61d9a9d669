"""``hotline token``: a token for somebody who uses the HTTP interface; it is shown once and kept as a digest."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import secrets
import sys
from pathlib import Path

from common.api.caller import Scope
from hotline.settings import load
from hotline.tokens import TokensError, tokens
from tickets.workflow_terms import Role


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = subparsers.add_parser("token", help="为接口使用者新建令牌(只显示一次),服务重启后生效")
    parser.add_argument("name", metavar="NAME", help="令牌名,字母、数字和 . _ -,留痕中以此称呼")
    parser.add_argument("--unit", required=True, help="所代表的单位编号")
    parser.add_argument("--person", required=True, help="所代表的人员账号")
    parser.add_argument(
        "--role", required=True, action="append", choices=[role.value for role in Role], help="身份,可多次"
    )
    parser.add_argument("--write", action="store_true", help="可以办理;不写则只能读取")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make the token, write its entry down and print it."""
    file = load().secrets_dir / "tokens.json"
    token = secrets.token_urlsafe(32)
    entry = {
        "name": args.name,
        "sha256": hashlib.sha256(token.encode()).hexdigest(),
        "unit": args.unit,
        "person": args.person,
        "roles": args.role,
        "scopes": sorted(Scope) if args.write else [Scope.READ],
    }
    try:
        _append(file, entry)
    except (TokensError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(token)
    return 0


def _append(file: Path, entry: dict[str, object]) -> None:
    """Add an entry, if the file can be used with it; it is replaced as a whole, for its owner alone.

    Raises:
        TokensError: the entry does not fit, or the file could not be used before.
        OSError: the file cannot be written.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    tokens("", unit="-", roles=(), file=file)
    known = json.loads(file.read_bytes()) if file.exists() else []
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump([*known, entry], out, ensure_ascii=False, indent=2)
            out.flush()
            os.fsync(out.fileno())
        tokens("", unit="-", roles=(), file=draft)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
