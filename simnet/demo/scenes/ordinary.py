"""An ordinary citizen: greeted, answered by a seat, and both hear each other."""

from __future__ import annotations

from simnet.demo.account import Expected
from simnet.demo.speech import by_agent, by_citizen
from simnet.demo.stage import Scene, Stage

_WELCOME = by_agent("您好,请问有什么可以帮您?")
_MATTER = by_citizen("您好,我家小区门口的路灯坏了,晚上看不见路。")
_PROMISE = by_agent("好的,已经为您登记,我们会尽快处理。")
#: GB/T 33358: from the first ring to a person.
_GOAL_SECONDS = 15


async def _play(stage: Stage) -> None:
    citizen = await stage.citizen_dials()
    await citizen.hears("greeting", "recorded")
    agent = await stage.seat_answers()
    await citizen.hears_seat(agent)
    await agent.says(_WELCOME, to=citizen, track="agent")
    await citizen.says(_MATTER, to=agent, track="citizen")
    await agent.says(_PROMISE, to=citizen, track="agent")
    (row,) = await stage.house.office.calls(number=stage.scene.number)
    stage.require(row["outcome"] == "answered", "通话中,记录还没有写明已接通")
    stage.require(row["wait_seconds"] <= _GOAL_SECONDS, f"等了 {row['wait_seconds']:.0f} 秒才有人接听")
    stage.tell(f"从振铃到接听 {row['wait_seconds']:.1f} 秒")
    await citizen.hangs_up()


SCENE = Scene(
    "ordinary",
    "普通来电",
    "13905430101",
    Expected("answered", ticket="matter", tracks=("agent", "citizen")),
    _play,
    (_WELCOME, _MATTER, _PROMISE),
)
