"""One who waits, gives up, and is listed as missed, to be called back."""

from __future__ import annotations

from simnet.demo.account import Expected
from simnet.demo.stage import Scene, Stage


async def _play(stage: Stage) -> None:
    citizen = await stage.citizen_dials()
    await citizen.hears("greeting", "recorded")
    await citizen.hears_place()
    await citizen.hangs_up()
    missed = await stage.house.office.missed(stage.scene.number)
    stage.require(len(missed) == 1, "未接来电名单中没有这个来电")
    stage.tell("列入未接来电,待回拨")


SCENE = Scene("gives-up", "等待后放弃", "13905430102", Expected("abandoned"), _play)
