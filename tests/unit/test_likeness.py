"""How like two texts are: by what tells something, and by how rare that is."""

from __future__ import annotations

from common.bigrams import searchable
from common.likeness import MOST_WORDS, shared, telling, weights

COMMON = frozenset({"反映", "问题"})


def words(text: str) -> list[str]:
    """By which words a text is looked for."""
    return [word.literal.strip() for word in telling(text, COMMON)]


def test_a_text_is_looked_for_by_what_tells_something() -> None:
    """Pairs and whole words, each once, no common ones, no single letters, and never a person's number."""
    assert words("反映路灯问题，路灯不亮 BUS a 13854301001") == ["映路", "路灯", "灯问", "灯不", "不亮", "bus"]
    assert len(telling("".join(chr(0x4E00 + at) for at in range(100)), COMMON)) == MOST_WORDS
    assert telling("反映 问题 13854301001", COMMON) == ()


def test_what_is_shared_is_said_in_the_longest_pieces() -> None:
    """People read words, not pairs; what is common alone is not said."""
    text = searchable("反映供暖管道又坏了，乘BUS到黄河五路，问题未解决")
    assert shared("供暖管道漏水，黄河五路 bus，反映问题", text, COMMON) == ("供暖管道", "黄河五路", "bus")
    assert shared("busy", text, COMMON) == ()
    assert shared("管道又坏坏了", text, COMMON) == ("管道又坏", "坏了")


def test_the_rarer_a_word_the_more_it_weighs() -> None:
    """One that nobody else has weighs most, one that all have still something."""
    everywhere, seldom, nowhere = telling("小区 井盖 污水", COMMON)
    found = weights((everywhere, seldom, nowhere), [" 小区 路灯 ", " 小区 井盖 ", " 小区 供暖 "])
    assert found[nowhere] > found[seldom] > found[everywhere] >= 1
