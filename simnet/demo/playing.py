"""Plays the programme: each scene within its time, none in the way of another's report."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import structlog

from simnet.demo.account import Account, NotSo
from simnet.demo.duty import on_duty
from simnet.demo.programme import Act
from simnet.demo.stage import House, Stage

log = structlog.get_logger(__name__)

#: The end of a call, the books and the recordings, together.
_BOOKS_SECONDS = 50.0


async def play(house: House, acts: Sequence[Act], accounts: dict[str, Account]) -> None:
    """Play all acts, and fill in the accounts, which are there from the beginning so that one can look on.

    An act's seats leave, and the next act begins, as soon as none of its scenes needs them any more.
    """
    over = {scene.key: asyncio.Event() for act in acts for scene in act.scenes}
    async with asyncio.TaskGroup() as scenes:
        for act in acts:
            async with on_duty(house, act) as problems:
                free = []
                for scene in act.scenes:
                    accounts[scene.key].why += problems
                    stage = Stage(scene, house, accounts[scene.key], over)
                    scenes.create_task(_play(stage), name=scene.key)
                    free.append(stage.free.wait())
                await asyncio.gather(*free)


async def _play(stage: Stage) -> None:
    scene, account = stage.scene, stage.account
    try:
        async with _blamed(account, scene.seconds, "场景"):
            await scene.play(stage)
        async with _blamed(account, _BOOKS_SECONDS, "核对记录"):
            await stage.end()
            await _look_up(stage)
    finally:
        account.over = True
        stage.free.set()
        stage.over[scene.key].set()


async def _look_up(stage: Stage) -> None:
    scene, account = stage.scene, stage.account
    if not stage.people:
        return
    ending = await stage.people[0].leg.ended
    account.sip = ending.sip
    if account.sip != scene.expected.sip:
        account.why.append(f"SIP 应答码应为 {scene.expected.sip},实为 {account.sip}")
    await stage.house.office.look_up(scene.number, scene.expected, stage.said, account)


@contextlib.asynccontextmanager
async def _blamed(account: Account, seconds: float, what: str) -> AsyncIterator[None]:
    """Whatever goes wrong in the block becomes a reason in the account, and nothing else."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except Exception as error:  # noqa: BLE001 - one scene's fault must not hide the others; it is reported, and logged
        account.why += _reasons(error, account.scene, what)


def _reasons(error: Exception, scene: str, what: str) -> list[str]:
    match error:
        case ExceptionGroup():
            return [reason for one in error.exceptions for reason in _reasons(one, scene, what)]
        case NotSo():
            return [str(error)]
        case TimeoutError():
            return [f"{what}没有按时完成"]
        case _:
            # A fault of the demonstration itself.
            log.error("a scene broke off", scene=scene, exc_info=error)
            return [f"{what}中断:{type(error).__name__}"]
