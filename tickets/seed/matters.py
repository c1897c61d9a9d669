"""What a fictitious caller says, and what the unit that looks into it will answer."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from tickets.details import AcceptanceBasis, Details, Nature, Urgency
from tickets.seed.drawing import mobile, name, told
from tickets.workflow_terms import Acceptance, Facts

#: Which made-up thing stands in which field that a category asks for.
_FIELDS = {
    "小区": "estate",
    "店名": "shop",
    "学校": "school",
    "机构名称": "shop",
    "医院": "hospital",
    "用人单位": "firm",
    "商家": "shop",
    "村庄": "village",
}
_BASIS = {
    Nature.CONSULTATION: AcceptanceBasis.CONSULTATION,
    Nature.HELP: AcceptanceBasis.HELP,
    Nature.COMPLAINT: AcceptanceBasis.COMPLAINT,
    Nature.ACCUSATION: AcceptanceBasis.COMPLAINT,
    Nature.SUGGESTION: AcceptanceBasis.OPINION,
    Nature.PRAISE: AcceptanceBasis.OPINION,
}


@dataclass(frozen=True, slots=True)
class Matter:
    """A caller, what they say, and what will be found, done and reached."""

    details: Details
    number: str
    found: str
    done: str
    result: str

    def answer(self, now: datetime, acceptance: Acceptance = Acceptance.ACCEPTED, more: str = "") -> Facts:
        """The unit's answer, given to the caller an hour before it is handed in (R14.4)."""
        spoken = now - timedelta(minutes=40)
        return Facts(
            facts_found=self.found,
            done=f"{self.done}{more}",
            result=self.result,
            answered_at=spoken,
            contact=f"{spoken.hour}时许电话联系诉求人,告知处理情况",
            acceptance=acceptance,
        )


@cache
def _kinds() -> dict[str, list[dict[str, Any]]]:
    found = defaultdict(list)
    for kind in told("matters")["kind"]:
        if kind.get("nature") != "accusation":
            found[kind.get("urgency", "")].append(kind)
        found[f"nature {kind.get('nature', 'help')}"].append(kind)
        found[kind["category"]].append(kind)
    return dict(found)


def drawn(rng: random.Random, about: str = "", *, anonymous: bool = False) -> Matter:
    """A matter: of any ordinary kind, or of a category, an urgency, or a nature (``nature accusation``)."""
    kind = rng.choice(_kinds()[about])
    names, area = _names(rng, rural="村庄" in str(kind))
    texts = {part: kind[part].format(**names) for part in ("found", "done", "result")}
    nature = Nature.of(kind.get("nature", "help"))
    required = next(
        line[2] for group in told("categories")["group"] for line in group["lines"] if line[0] == kind["category"]
    )
    number = "" if anonymous else mobile(rng)
    caller = name(rng)
    details = Details(
        matter=rng.choice(kind["matters"]).format(**names),
        nature=nature,
        category=kind["category"],
        place=area,
        address=f"{names['road']}{names['no']}号{names['estate'] if '小区' in required else ''}",
        caller_name="" if anonymous else f"{caller[0]}{rng.choice(('先生', '女士'))}" if rng.random() < 0.7 else caller,  # noqa: PLR2004 - most give no more
        contact=number,
        basis=_BASIS[nature],
        urgency=Urgency.of(kind.get("urgency", "normal")),
        hide_identity=nature is Nature.ACCUSATION,
        fields=tuple((one, str(names[_FIELDS[one]])) for one in required if one in _FIELDS),
    )
    return Matter(details, number, texts["found"], texts["done"], texts["result"])


def _names(rng: random.Random, *, rural: bool) -> tuple[dict[str, object], str]:
    data, names = told("units"), told("names")
    # Half of all calls come from the city's own district.
    areas = [*data["county"], *data["zone"]]
    area = areas[0] if rng.random() < 0.45 and not rural else rng.choice(areas)  # noqa: PLR2004 - about half
    at = rng.randrange(len(area["townships"]))
    filled = {
        "road": rng.choice(area["roads"]),
        "place": area["townships"][at],
        "no": rng.randrange(1, 40),
        "floor": rng.randrange(2, 18),
        "days": rng.randrange(3, 20),
        "n": rng.randrange(2, 9),
        "hour": rng.choice((22, 23, 1, 2)),
        "degrees": rng.randrange(11, 17),
        "money": rng.randrange(2, 90) * 100,
        "estate": rng.choice(names["estates"]),
        "village": area["townships"][at] + rng.choice(names["villages"]),
        "shop": rng.choice(names["shops"]),
        "school": rng.choice(names["schools"]),
        "hospital": rng.choice(names["hospitals"]),
        "firm": rng.choice(names["firms"]),
    }
    return filled, f"{area['code']}-{at + 1:02d}"
