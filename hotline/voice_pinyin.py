"""Chinese as it is written → pinyin with tone digits, as espeak-ng reads it. The only importer of pypinyin."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from pypinyin import Style, lazy_pinyin

#: Punctuation → what makes espeak-ng pause: a short or a long one.
_PAUSES: Final = {**dict.fromkeys(",,、::—", ","), **dict.fromkeys("。.;;?!?!…", ".")}
_FIGURES: Final = ("ling2", "yi1", "er4", "san1", "si4", "wu3", "liu4", "qi1", "ba1", "jiu3")
_PARTS: Final = re.compile(r"(?P<figures>\d+)|(?P<words>[㐀-鿿〇]+)|(?P<pinyin>[a-zü:]+[1-5])|(?P<other>\S)")
#: Measure words and others of the fourth tone, before which 一 is yí unless it ends a number (第一位, 二十一件).
_AFTER_RISING_ONE: Final = frozenset("次遍下位个件句份项路块")
_NUMBER_BEFORE_ONE: Final = frozenset("第十百千万零〇幺一二三四五六七八九")
_IGNORED: Final = frozenset("\"'“”‘’()()《》「」-·")


def spoken(text: str) -> str:
    """Pinyin with tone digits, syllables apart by spaces, ``,`` and ``.`` for pauses.

    A figure alone is read as it is (按1: yi1), two as a quantity (24: er4 shi2 si4), three and more one by one as on
    the telephone, 1 as 幺 (110: yao1 yao1 ling2). Pinyin with tone digits passes as it is.

    Raises:
        ValueError: a letter or sign that has no reading here; the message names it.
    """
    syllables: list[str] = []
    for part in _PARTS.finditer(text):
        found = part[0]
        match part.lastgroup:
            case "figures":
                syllables += _figures(found)
            case "words":
                syllables += _words(found)
            case "pinyin":
                syllables.append(found)
            case _ if found in _PAUSES:
                syllables.append(_PAUSES[found])
            case _ if found not in _IGNORED:
                raise ValueError(f"{found!r} has no reading; write it in Chinese, or give the pinyin")
    return re.sub(r"(?: *[,.])* *([,.])", r"\1", " ".join(syllables))


def _words(characters: str) -> list[str]:
    """Pinyin of characters, with the change of tones that 一, 不 and third tones undergo before others."""
    syllables: list[str] = lazy_pinyin(
        characters, style=Style.TONE3, neutral_tone_with_five=True, tone_sandhi=True, errors="default"
    )
    if unread := [syllable for syllable in syllables if not syllable.isascii()]:
        raise ValueError(f"{unread[0]!r} has no reading; give the pinyin")
    for at, (one, after) in enumerate(pairwise(characters)):
        if one == "一" and after in _AFTER_RISING_ONE and characters[at - 1 : at] not in _NUMBER_BEFORE_ONE:
            syllables[at] = "yi2"
        if one == "不" and syllables[at + 1].endswith("4"):
            syllables[at] = "bu2"
    return syllables


def _figures(figures: str) -> list[str]:
    """Figures as they are read on the telephone; see ``spoken``."""
    values = [int(figure) for figure in figures]
    if len(values) == 1:
        return [_FIGURES[values[0]]]
    if len(values) == 2 and values[0]:  # noqa: PLR2004 - two figures are a quantity
        tens = [] if values[0] == 1 else [_FIGURES[values[0]]]
        return [*tens, "shi2", *([_FIGURES[values[1]]] if values[1] else [])]
    return ["yao1" if value == 1 else _FIGURES[value] for value in values]
