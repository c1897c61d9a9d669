"""What goes on, while it goes on: one line that changes on a terminal, a line for each end elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from typing import TextIO

from simnet.demo.account import Account

_EVERY_SECONDS = 0.25


@contextlib.asynccontextmanager
async def shown(accounts: Mapping[str, Account], output: TextIO) -> AsyncIterator[None]:
    """Show how far the scenes are, while the block lasts."""
    live = output.isatty()
    began = time.monotonic()
    said: set[str] = set()

    def look() -> None:
        seconds = time.monotonic() - began
        if live:
            output.write(f"\r\x1b[K{_now(accounts, seconds)}")
        else:
            for account in accounts.values():
                if account.over and account.scene not in said:
                    said.add(account.scene)
                    output.write(f"{seconds:4.0f} 秒  {account.title}:{'符合' if account.as_expected else '不符'}\n")
        output.flush()

    async def keep_looking() -> None:
        while True:
            look()
            await asyncio.sleep(_EVERY_SECONDS)

    async with asyncio.TaskGroup() as group:
        looking = group.create_task(keep_looking(), name="demo progress")
        try:
            yield
        finally:
            looking.cancel()
            look()
            output.write("\r\x1b[K" if live else "")


def _now(accounts: Mapping[str, Account], seconds: float) -> str:
    over = sum(account.over for account in accounts.values())
    busy = [account for account in accounts.values() if account.happened and not account.over]
    newest = ";".join(f"{account.title}:{account.happened[-1]}" for account in busy[-2:])
    return f"演示 {over}/{len(accounts)}  {seconds:3.0f} 秒  {newest}"
