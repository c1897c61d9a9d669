"""A number that nobody can have: told where emergencies are answered, and not taken (R6.5)."""

from __future__ import annotations

from simnet.demo.account import Expected
from simnet.demo.stage import Scene, Stage


async def _play(stage: Stage) -> None:
    stage.leaves_the_seats()
    citizen = await stage.citizen_dials()
    await stage.is_never_answered(citizen)
    await citizen.hears("refused-abnormal")


SCENE = Scene(
    "abnormal",
    "异常号码",
    "88888888",
    Expected("refused", sip=403, reason="abnormal.repeated-digit", tracks=()),
    _play,
)
