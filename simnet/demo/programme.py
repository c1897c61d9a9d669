"""Which scenes there are, and which of them go on at the same time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from simnet.demo.scenes import abnormal, callback, emergency, gives_up, killed, message, ordinary, withheld
from simnet.demo.stage import Scene


@dataclass(frozen=True, slots=True)
class Act:
    """Scenes that go on at the same time; ``seats`` are on duty meanwhile.

    ``engaged``: all seats are speaking with others before the scenes begin, and until they are over.
    """

    seats: tuple[str, ...]
    scenes: tuple[Scene, ...]
    engaged: bool = False


ACTS = (
    Act(
        ("8001",),
        (message.SCENE, gives_up.SCENE, callback.SCENE, emergency.SCENE, withheld.SCENE, abnormal.SCENE),
        engaged=True,
    ),
    Act(("8001", "8002"), (ordinary.SCENE, killed.SCENE)),
)

#: In the order in which they are reported.
SCENES = (
    *(ordinary.SCENE, gives_up.SCENE, message.SCENE, withheld.SCENE),
    *(abnormal.SCENE, emergency.SCENE, killed.SCENE, callback.SCENE),
)

#: The product's settings, beside those of ``simnet.product``: shorter waits, and two routes to 110.
SETTINGS: Mapping[str, object] = {
    "MAX_WAIT_SECONDS": 8,
    "SEAT_RING_SECONDS": 10,
    "EMERGENCY_RING_SECONDS": 6,
    "MESSAGE_SILENCE_SECONDS": 2,
    "LOG_LEVEL": "warning",
    "EMERGENCY_ROUTES": {"110": [{"trunk": "carrier", "number": number} for number in emergency.ROUTES]},
}


def acts(only: Collection[str] = ()) -> list[Act]:
    """The acts with the scenes that are asked for, by key; all of them where none is named."""
    chosen = [
        replace(act, scenes=tuple(scene for scene in act.scenes if not only or scene.key in only)) for act in ACTS
    ]
    return [act for act in chosen if act.scenes]
