"""The service is killed while two people speak: they notice nothing, and the call is in the books (R4.2)."""

from __future__ import annotations

import asyncio
import time

from simnet.demo.account import Expected, NotSo
from simnet.demo.speech import by_agent, by_citizen
from simnet.demo.stage import Scene, Stage

_WELCOME = by_agent("您好,请问有什么事?")
_MATTER = by_citizen("我反映一个问题,我们村的公交车已经三天没有来了,老人去镇上看病很不方便,请你们帮忙协调一下。")
_PROMISE = by_agent("听得很清楚,我马上为您转交交通运输局。")
_BACK_SECONDS = 20


async def _play(stage: Stage) -> None:
    citizen = await stage.citizen_dials()
    await citizen.presses("0", "直接找话务员")
    agent = await stage.seat_answers()
    await citizen.hears_seat(agent)
    await agent.says(_WELCOME, to=citizen, track="agent")
    await stage.alone()
    async with asyncio.TaskGroup() as meanwhile:
        meanwhile.create_task(citizen.says(_MATTER, to=agent, track="citizen"))
        meanwhile.create_task(_kill_the_service(stage))
    await agent.says(_PROMISE, to=citizen, track="agent")
    stage.require(stage.times_rung() == 1, "恢复后又呼叫了话务员")
    await citizen.hangs_up()


async def _kill_the_service(stage: Stage) -> None:
    product = stage.house.product
    await product.kill("service")
    stage.tell("业务服务进程被 kill -9,双方继续通话")
    began = time.monotonic()
    try:
        await product.back(_BACK_SECONDS)
    except TimeoutError as error:
        raise NotSo(f"服务 {_BACK_SECONDS} 秒内没有恢复") from error
    stage.tell(f"服务 {time.monotonic() - began:.1f} 秒后自行恢复,接管通话")


SCENE = Scene(
    "killed",
    "通话中服务被杀",
    "13905430107",
    Expected("answered", ticket="matter", tracks=("agent", "citizen")),
    _play,
    (_WELCOME, _MATTER, _PROMISE),
    # It waits until all others are over, and lets none of them be in its way.
    seconds=200.0,
)
