"""Which category somebody means: by its code, its name, or the name of the limit set by law that holds for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from tickets.register import Register
from tickets.ruleset import in_force

_NEAR = 3
#: Below this share of common characters two names have nothing to do with each other.
_LIKENESS = 0.6


class AmbiguousCategoryError(Exception):
    """Several categories of one name, under different laws; the message says their codes, in Chinese."""


@dataclass(frozen=True, slots=True)
class Meant:
    """``law`` is the limit set by law that holds (R22.5), empty for none; ``near`` is what an unknown one may be.

    ``code`` and ``name`` are empty where the register has no such category.
    """

    code: str = ""
    name: str = ""
    law: str = ""
    near: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """The register or its rules know it."""
        return bool(self.code or self.law)


def meant(register: Register, typed: str, day: date) -> Meant:
    """What is meant by ``typed`` on a day.

    Raises:
        AmbiguousCategoryError: its name alone does not say which law holds.
    """
    laws = in_force(register.rule_sets, day).statutory
    if typed in register.categories:
        found = [typed]
    else:
        found = [code for code, one in register.categories.items() if one.name == typed]
    if found:
        by_law = {register.statutory(code, day): code for code in found}
        if len(by_law) > 1:
            raise AmbiguousCategoryError(
                f"有{len(found)}个「{typed}」类别,时限不同,请写编号:{'、'.join(sorted(found))}"
            )
        [(law, code)] = by_law.items()
        return Meant(code, register.categories[code].name, law)
    if typed in laws:
        return Meant(law=typed)
    names = list(dict.fromkeys([*laws, *(one.name for one in register.categories.values() if one.active)]))
    return Meant(near=_near(typed, names))


def _near(typed: str, names: list[str]) -> tuple[str, ...]:
    """The names most like it: those that hold it or are held by it first."""
    inside = [name for name in names if typed in name or name in typed]
    like = get_close_matches(typed, names, n=_NEAR, cutoff=_LIKENESS)
    return tuple(dict.fromkeys([*inside, *like]))[:_NEAR]
