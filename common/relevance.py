"""How well a text answers a query: the same score on every database, computed here.

BM25 without the rarity of words: all words of a query must be there anyway, and to know how rare a common word is, a
database has to walk everything that holds it.
"""

from __future__ import annotations

from collections.abc import Sequence

#: A word found again and again says less each time (BM25's k1), and less in a long text (b).
_SATURATION = 1.2
_LENGTH = 0.75
#: The characters of an ordinary text: a fixed number, so that a score depends on the text alone.
_USUAL_CHARACTERS = 120
_TITLE_WEIGHT = 2.0


def score(literals: Sequence[str], title: str, text: str) -> int:
    """The score of a text, in thousandths; ``title`` is its first part and weighs more."""
    length = _SATURATION * (1 - _LENGTH + _LENGTH * len(text) / _USUAL_CHARACTERS)
    total = 0.0
    for literal in literals:
        times = text.count(literal)
        total += times * (_SATURATION + 1) / (times + length)
        if literal in title:
            total += _TITLE_WEIGHT
    return round(total * 1000)
