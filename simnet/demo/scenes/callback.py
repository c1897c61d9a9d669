"""One who would rather be called back than wait, and asks for it by key."""

from __future__ import annotations

from simnet.demo.account import Expected
from simnet.demo.stage import Scene, Stage


async def _play(stage: Stage) -> None:
    citizen = await stage.citizen_dials()
    await citizen.hears("greeting", "recorded")
    await citizen.hears_place()
    await citizen.hears("queue-thankyou")
    await citizen.presses("1", "要求回拨")
    await citizen.hears("callback-confirm", whole=False)
    await citizen.presses("1", "确认")
    stage.leaves_the_seats()
    await citizen.hears("callback-thanks", "goodbye")
    await citizen.is_hung_up_on()


SCENE = Scene("callback", "按键要求回拨", "13905430104", Expected("callback", ticket="callback"), _play)
