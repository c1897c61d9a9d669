"""How much of an answer is left once citations and empty phrases are taken out, and whether it meets the matter."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from tickets.feedback_phrases import ARTICLE, BOILERPLATE, CITATION, COMMON_PAIRS, CONCRETE, DONE, EMPTY, PROVISION

_SENTENCES = re.compile(r"[^。;；!！?？\n]+")
_WORDS = re.compile(r"[\u3400-\u9fff]+|[a-z0-9]+")
#: A matter with fewer telling pairs than this gives nothing to compare with.
_LEAST_PAIRS = 4
#: Two answers that share so much were copied.
_COPIED = 0.85
#: Beside a citation only the perfect tells of a deed: 安装收费由市场形成 recites.
_TOLD = re.compile(r"已|了(?!解)|责令|约谈")
#: What is left beside the law must have this many telling characters.
_BESIDE_THE_LAW = 10
_NAMES = re.compile(
    r"电话|当面|上门|短信|微信|书面|来访|面谈|入户|现场|邮寄|邮件|回拨|接听|接通|拒接|关机|停机|空号|拨打|面对面|沟通|告知|签收"
)


def is_contact(text: str) -> bool:
    """Whether it says by which way the caller heard, or why not."""
    return bool(_NAMES.search(text))


def substance(text: str) -> str:
    """The letters and digits that are left without citations, provisions, boilerplate and empty phrases."""
    beside = "".join(part for part in _sentences(text) if not _is_law(part))
    return "".join(_WORDS.findall(_phrases().sub("", CITATION.sub("", beside)).lower()))


def is_stuck_on_law(text: str) -> tuple[str, ...]:
    """The citations, if there is next to nothing beside them; empty if the answer says more, or cites nothing."""
    cited = tuple(dict.fromkeys(found[0] for found in re.finditer(r"《[^》]{2,60}》|第[^条。]{1,8}条", text)))
    if not cited:
        return ()
    beside = [part for part in _sentences(text) if not _is_law(part)]
    rest = substance("。".join(beside))
    telling = any(DONE.search(part) or CONCRETE.search(part) for part in beside)
    return () if len(rest) >= _BESIDE_THE_LAW and telling else cited


def touches(text: str, matter: Iterable[str]) -> bool:
    """Whether an answer shares at least two telling pairs of characters with the matter, its category and place.

    A category or place that is named in full is enough. A matter that tells too little is touched by anything.
    """
    whole, *names = matter
    asked = _pairs(whole)
    if any(name in text for name in names if len(name) > 1):
        return True
    if len(asked) < _LEAST_PAIRS:
        return True
    for name in names:
        asked |= _pairs(name)
    return len(asked & _pairs(text)) >= 2  # noqa: PLR2004 - one shared pair is chance


def same_text(one: str, other: str) -> bool:
    """Whether two texts are one, but for a few characters."""
    first, second = _pairs(one), _pairs(other)
    return bool(first | second) and len(first & second) / len(first | second) >= _COPIED


def _sentences(text: str) -> list[str]:
    return _SENTENCES.findall(text)


def _is_law(sentence: str) -> bool:
    """A sentence that recites: it names a law or article, and tells of nothing that happened.

    A sentence that says what was done and names the law for it is none: 依据《…》第五条,已责令该店拆除.
    """
    if not (CITATION.search(sentence) or ARTICLE.search(sentence)):
        return bool(re.match(r"[“\"「『(（]", sentence)) and bool(PROVISION.search(sentence))
    beside = ARTICLE.sub("", CITATION.sub("", sentence))
    recites = PROVISION.search(beside)
    told = beside[: recites.start()] if recites else beside
    return not (_TOLD.search(told) or CONCRETE.search(told))


def _pairs(text: str) -> set[str]:
    pairs: set[str] = set()
    for run in _WORDS.findall(text.lower()):
        if run.isascii():
            pairs.add(run)
        else:
            pairs.update(run[at : at + 2] for at in range(len(run) - 1))
    return pairs - COMMON_PAIRS


@cache
def _phrases() -> re.Pattern[str]:
    longest = sorted({*EMPTY, *BOILERPLATE}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest)))
