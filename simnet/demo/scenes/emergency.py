"""Danger: two presses of the emergency key; the first route to 110 is dead, the second answers (R7.1)."""

from __future__ import annotations

from simnet.demo.account import Expected
from simnet.demo.speech import by_agent, by_citizen
from simnet.demo.stage import Scene, Stage
from simnet.parties import Answer, dead

#: The first and the second number under which the product reaches 110.
ROUTES = ("05431100", "110")

_POLICE = by_agent("这里是110,请讲。")
_CRY = by_citizen("有人在砸我家的门,请快来,渤海七路二号。")


async def _play(stage: Stage) -> None:
    stage.leaves_the_seats()
    net = stage.house.net
    await net.service(ROUTES[0], dead())
    second = await net.service(ROUTES[1], Answer(after=0.5, tone=0))
    citizen = await stage.citizen_dials()
    await citizen.hears("greeting")
    await citizen.presses("9", "紧急求助")
    await citizen.hears("emergency-confirm", whole=False)
    await citizen.presses("9", "确认")
    await citizen.hears("emergency-menu", whole=False)
    ticket = await stage.house.office.ticket_at_once(stage.scene.number)
    stage.require(ticket["kind"] == "emergency_transfer", "转接前没有紧急转接工单")
    stage.tell("紧急转接工单已在转接前生成")
    await citizen.presses("1", "选择公安110")
    await citizen.hears("emergency-connecting-110")
    police = await stage.answers("110", second)
    stage.require([net.invites(route) for route in ROUTES] == [1, 1], "两条路由应各呼叫一次")
    stage.tell("第一路由不通,第二路由接通,各只呼叫一次;110 看到市民号码")
    await police.says(_POLICE, to=citizen, track="emergency")
    await citizen.says(_CRY, to=police, track="citizen")
    await citizen.hangs_up()


SCENE = Scene(
    "emergency",
    "紧急求助110",
    "13905430106",
    Expected("emergency", ticket="emergency_transfer", tracks=("citizen", "emergency")),
    _play,
    (_POLICE, _CRY),
)
