"""How like two texts are: by the pairs of characters that tell something, and by how rare they are. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence

from common.bigrams import Word, searchable, tokens

#: Of a long text the first words say what it is about.
MOST_WORDS = 24


def telling(text: str, common: Collection[str], most: int = MOST_WORDS) -> tuple[Word, ...]:
    """The words by which a text is looked for: its pairs of characters and its whole words, but for common ones.

    Numbers of people are not among them (``common.bigrams``).
    """
    found = dict.fromkeys(word for run in _runs(text) for word in _words(run, common))
    return tuple(found)[:most]


def shared(asked: str, text: str, common: Collection[str]) -> tuple[str, ...]:
    """The longest pieces of what was asked that also stand in ``text``, as people read them.

    ``text`` is as ``searchable`` gives it.
    """
    found: dict[str, None] = {}
    for run in _runs(asked):
        if _is_whole(run):
            found.update({run: None} if len(run) > 1 and f" {run} " in text else {})
            continue
        at = 0
        while at < len(run) - 1:
            end = at + 2
            if run[at:end] not in text:
                at += 1
                continue
            while end < len(run) and run[at : end + 1] in text:
                end += 1
            if any(run[one : one + 2] not in common for one in range(at, end - 1)):
                found[run[at:end]] = None
            # The next piece may begin with the last character of this one.
            at = end - 1
    return tuple(found)


def weights(words: Sequence[Word], texts: Collection[str]) -> Mapping[Word, float]:
    """What it weighs to share a word, the more the fewer of these texts have it."""
    counts = {word: sum(word.literal in text for text in texts) for word in words}
    return {word: 1 + math.log((len(texts) + 1) / (count + 1)) for word, count in counts.items()}


def _runs(text: str) -> list[str]:
    return searchable(text).split()


def _is_whole(run: str) -> bool:
    """Whether it is one word of a script with spaces between words, or a single character."""
    return len(tokens(run)) == 1


def _words(run: str, common: Collection[str]) -> Iterator[Word]:
    if _is_whole(run):
        if len(run) > 1:
            yield Word(f" {run} ", tuple(tokens(run)))
        return
    for at in range(len(run) - 1):
        pair = run[at : at + 2]
        if pair not in common:
            yield Word(pair, (pair,))
