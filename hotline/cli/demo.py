"""``hotline demo``: places calls to a hotline of its own and prints what became of each."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import sys
from pathlib import Path

import structlog

from hotline.voice import VoiceError
from simnet import asterisk, product
from simnet.demo.programme import SCENES
from simnet.demo.report import as_table
from simnet.demo.run import Busy, fresh, perform, staged

_HOME = Path("var") / "demo"
_INTERRUPTED = 130


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = subparsers.add_parser(
        "demo",
        help="在模拟电话网中拨打几通电话,列出每通电话的结果",
        description="另起一套热线和一个模拟电话网,用真实语音和按键拨打几通电话,列出每通的结果。全部符合时退出码为 0。",
    )
    parser.add_argument("--keep", action="store_true", help="结束后热线继续运行,可打开网页查看,Ctrl-C 停止")
    parser.add_argument("--json", action="store_true", help="输出 JSON 报告,不输出表格")
    parser.add_argument(
        "--only", nargs="+", choices=[scene.key for scene in SCENES], default=[], metavar="SCENE", help="只演这些场景"
    )
    parser.add_argument(
        "--set", action="append", default=[], type=_setting, metavar="NAME=VALUE", help="改变热线的一项设置再演"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Play it; 0 only if all went as it must, 130 when it was interrupted."""
    # Standard output is the report's.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    home = _HOME.absolute()
    try:
        with fresh(home):
            return asyncio.run(_run(args, home))
    except Busy:
        print(f"{home} 中已有一场演示在运行。", file=sys.stderr)
    except (asterisk.DidNotStart, product.DidNotStart, VoiceError, FileNotFoundError) as error:
        print(f"演示没有开始:{error}", file=sys.stderr)
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("演示被中断,已全部停止。", file=sys.stderr)
        return _INTERRUPTED
    return 1


async def _run(args: argparse.Namespace, home: Path) -> int:
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    print("正在启动热线和模拟电话网……", file=sys.stderr, flush=True)
    async with staged(home, dict(args.set)) as house:
        print("已启动,开始拨打。Ctrl-C 停止。", file=sys.stderr, flush=True)
        accounts, report = await perform(house, home, args.only)
        print(json.dumps(report, ensure_ascii=False, indent=1) if args.json else as_table(accounts), flush=True)
        data = house.product.data
        print(f"\n录音:{data / 'recordings'}\n各方所闻:{home / 'heard'}\n报告:{home / 'report.json'}", file=sys.stderr)
        if args.keep:
            url = f"http://{house.product.host}:{house.product.http_port}/"
            print(
                f"热线仍在运行:{url}\n令牌:{data / 'secrets' / 'api.token'}\n停止:Ctrl-C", file=sys.stderr, flush=True
            )
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
    return 0 if report["as_expected"] else 1


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"{text!r}: NAME=VALUE")
    return name.removeprefix("HOTLINE_").upper(), value
