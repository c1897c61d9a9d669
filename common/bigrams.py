"""Words for searching in Chinese without a dictionary: overlapping pairs of characters, made here for any database.

``供暖不热`` is kept as ``供暖 暖不 不热`` and each single character once, so that words of two characters, the usual
ones in Chinese, are found on databases whose own full-text search knows no Chinese. Letters and digits are kept as
whole words. Whoever looks for more than one token's worth looks for the tokens first and for the literal text then.

Telephone and identity numbers are taken out before anything else (R25.2): no index holds them, and nobody finds a
citizen's matters by them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

#: Of a longer text only this many characters are searchable.
MOST_CHARACTERS = 10_000
#: Of a longer query only this many characters and words are looked at.
QUERY_CHARACTERS = 100
QUERY_WORDS = 8
#: Databases have limits for one word; what is longer is no word of any language.
_TOKEN_CHARACTERS = 64

#: Han with its extensions and radicals, kana, bopomofo, Hangul: scripts without spaces between words.
_IDEOGRAPH = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3040-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U000323af"
)
_RUNS = re.compile(rf"[{_IDEOGRAPH}]+|[^\W_{_IDEOGRAPH}]+")
_SEPARATED = re.compile(rf"(?:[^\W_]|[{_IDEOGRAPH}])+")
#: Seven digits or more can be somebody's number, however they are grouped.
_DIGITS = re.compile(r"\d(?:[-–—_.·()\s]{0,3}\d){6,}x?")
#: The same as it is read out, and written down from speech; 二十 and 一百 are no such runs.
_SPOKEN_DIGITS = re.compile(r"[零〇一二三四五六七八九幺两](?:[\s、，,-]?[零〇一二三四五六七八九幺两]){6,}")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a query: all ``tokens`` must be there, and ``literal`` in the text if there are several of them."""

    literal: str
    tokens: tuple[str, ...]

    @property
    def needs_literal(self) -> bool:
        """Whether the tokens alone do not yet say that the word is there."""
        return len(self.tokens) > 1 or len(self.tokens[0]) == _TOKEN_CHARACTERS


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody looks for: each of the words must be found.

    ``hopeless`` says that nothing can be found: there is no word, or a part of the query is not searchable (a telephone
    number), so that what the rest finds would mislead.
    """

    words: tuple[Word, ...]
    hopeless: bool

    @classmethod
    def parse(cls, typed: str) -> Query:
        """What any text that people type means; quotes, operators and control characters mean nothing special."""
        folded = _folded(typed[:QUERY_CHARACTERS])
        without = without_numbers(folded)
        words = tuple(dict.fromkeys(_word(found[0]) for found in _SEPARATED.finditer(without)))[:QUERY_WORDS]
        return cls(words, hopeless=not words or without != folded)


def searchable(text: str) -> str:
    """A text as an index keeps it: folded, without personal numbers, one space between words and at both ends.

    A space also stands between Chinese and letters, so that ``' bus '`` is found as a whole word by its literal.
    """
    return f" {' '.join(_runs(without_numbers(_folded(text[:MOST_CHARACTERS]))))} "


def tokens(text: str) -> list[str]:
    """The tokens of a text that ``searchable`` gave, each once, in no meaningful order."""
    found: dict[str, None] = {}
    for run in _RUNS.findall(text):
        if _is_ideographic(run):
            found.update(dict.fromkeys(run))
            found.update(dict.fromkeys(_pairs(run)))
        else:
            found[run[:_TOKEN_CHARACTERS]] = None
    return list(found)


def _word(typed: str) -> Word:
    runs = list(_runs(typed))
    parts: list[str] = []
    for run in runs:
        parts.extend(_pairs(run) if _is_ideographic(run) and len(run) > 1 else [run[:_TOKEN_CHARACTERS]])
    before = "" if _is_ideographic(runs[0]) else " "
    after = "" if _is_ideographic(runs[-1]) else " "
    return Word(f"{before}{' '.join(runs)}{after}", tuple(dict.fromkeys(parts)))


def _runs(text: str) -> Iterator[str]:
    return (found[0] for found in _RUNS.finditer(text))


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)]


def _is_ideographic(run: str) -> bool:
    return re.match(rf"[{_IDEOGRAPH}]", run) is not None


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def without_numbers(text: str) -> str:
    """A text with a space in place of every telephone or identity number, as digits or as they are read out."""
    return _SPOKEN_DIGITS.sub(" ", _DIGITS.sub(" ", text))
