"""One whom nobody answers, and who leaves a message."""

from __future__ import annotations

from simnet.demo.account import Expected
from simnet.demo.speech import by_citizen
from simnet.demo.stage import Scene, Stage

_MATTER = by_citizen("我姓王,住在黄河八路,楼下的下水道堵了,请派人来看看。")


async def _play(stage: Stage) -> None:
    citizen = await stage.citizen_dials()
    await citizen.presses("0", "直接找话务员")
    await citizen.hears_place()
    await citizen.hears("all-seats-busy")
    await citizen.hears("wait-choices", whole=False)
    await citizen.presses("2", "选择留言")
    stage.leaves_the_seats()
    await citizen.hears("leave-message", "beep")
    await citizen.says(_MATTER, track="message")
    await citizen.presses("#", "结束留言")
    await citizen.hears("message-thanks", "your-ticket-number")
    ticket = await stage.house.office.ticket_at_once(stage.scene.number)
    await citizen.hears_number(ticket["number"])
    await citizen.hears("goodbye")
    await citizen.is_hung_up_on()


SCENE = Scene(
    "message",
    "无人接听,留言",
    "13905430103",
    Expected("message", ticket="message", tracks=("citizen", "message")),
    _play,
    (_MATTER,),
)
