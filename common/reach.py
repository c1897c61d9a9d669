"""How far a right goes."""

from __future__ import annotations

from common.worded import Worded


class Reach(Worded):
    """From nothing to everything; what reaches further holds what reaches less far."""

    NONE = "none", ""
    #: Their own account, sessions and tokens.
    SELF = "self", "本人"
    #: What concerns their unit, and the units below it (R14.8).
    OWN = "own", "本单位及下级"
    ALL = "all", "全部"

    @property
    def rank(self) -> int:
        """Greater reaches further."""
        return _ORDER.index(self)

    def within(self, *, level_one: bool) -> Reach:
        """All is all only at level 1: elsewhere it is what concerns the unit and those below it."""
        return Reach.OWN if self is Reach.ALL and not level_one else self


_ORDER = tuple(Reach)
