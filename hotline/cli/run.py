"""``hotline run``: the whole hotline on this machine."""

from __future__ import annotations

import argparse
import asyncio
import sys

from hotline import logs, preflight, supervisor
from hotline.asterisk import load_secrets
from hotline.cli.check import lines
from hotline.settings import Settings, load
from hotline.toolchain import find
from hotline.voice_build import build


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = subparsers.add_parser("run", help="运行整个热线(Asterisk 与业务服务),Ctrl-C 停止")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check, make what is missing, run until a signal; 1 when something stands in the way."""
    del args
    settings = load()
    logs.configure(settings)
    found = [finding for finding in asyncio.run(preflight.examine(settings, starting=True)) if finding.state != "ok"]
    print(*lines(found), sep="\n", file=sys.stderr)
    if any(finding.state == "problem" for finding in found):
        return 1
    build(settings)
    asyncio.run(supervisor.run(settings, find(settings.data_dir), lambda: print(_welcome(settings), flush=True)))
    return 0


def _welcome(settings: Settings) -> str:
    """Where to call, where to look, and accounts to try it with."""
    sip = load_secrets(settings).sip
    token = settings.secrets_dir / "api.token"
    accounts = [f"    市民  {number}  密码 {sip[number]}" for number in settings.trial_citizens]
    accounts += [f"    话务员 {number}  密码 {sip[number]}" for number in settings.seats]
    return "\n".join(
        [
            "",
            f"  {settings.city_name}{settings.hotline_number} 热线已开通。",
            f"  拨打: SIP 电话注册到 {settings.sip_host}:{settings.sip_port} (UDP/TCP) 后拨 {settings.hotline_number}",
            *accounts,
            f"  查看: http://{settings.http_host}:{settings.http_port}/  令牌在 {token}",
            "  停止: Ctrl-C (等待通话结束; 再按一次立即停止)",
            "",
        ]
    )
