"""One who hides the number: told where emergencies are answered, and not taken (R6.5)."""

from __future__ import annotations

from simnet.demo.account import Expected
from simnet.demo.stage import Scene, Stage


async def _play(stage: Stage) -> None:
    stage.leaves_the_seats()
    citizen = await stage.citizen_dials(privacy="id")
    await stage.is_never_answered(citizen)
    await citizen.hears("refused-withheld")


SCENE = Scene(
    "withheld",
    "隐藏号码",
    "13905430105",
    Expected("refused", sip=433, reason="withheld.anonymous", tracks=()),
    _play,
)
