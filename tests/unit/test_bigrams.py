"""Words for searching in Chinese, and what is taken out before they are made."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.bigrams import QUERY_WORDS, Query, searchable, tokens, without_numbers
from common.relevance import score

#: What means something to one of the databases' query languages, or cannot be stored.
OPERATORS = set(" _\"'&|!()<>:*^-+\\\x00")


def test_a_text_becomes_characters_and_their_overlapping_pairs() -> None:
    """Chinese runs give each character and each neighbouring pair once, letters and digits whole words."""
    expected = {*"供暖不热号楼5", "供暖", "暖不", "不热", "号楼", "bus"}
    assert set(tokens(searchable("供暖不热，5号楼BUS"))) == expected
    assert tokens(searchable("，。！ \x00\ud800🔥")) == []


def test_rare_characters_of_names_are_characters_too() -> None:
    """Characters beyond the first 65,536 make pairs like all others."""
    assert "𬭎𠮷" in tokens(searchable("𬭎𠮷"))


def test_what_a_query_means() -> None:
    """Words are parted by what is no letter; a longer one needs its text, since pairs alone could lie apart."""
    (heating,) = Query.parse("供暖").words
    assert (heating.tokens, heating.needs_literal) == (("供暖",), False)
    (phrase,) = Query.parse("供暖不热").words
    assert (phrase.tokens, phrase.needs_literal) == (("供暖", "暖不", "不热"), True)
    assert [word.literal for word in Query.parse("5号楼 BUS，灯").words] == [" 5 号楼", " bus ", "灯"]


@pytest.mark.covers("R25.2")
@pytest.mark.parametrize(
    "number",
    [
        "13854301001",
        "+86 138-5430-1001",
        "0543-3123456",
        "(0543) 312 3456",
        "１３８５４３０１００１",
        "一三八五四三零幺零零幺",
        "37230119900101123X",
        "3123456",
    ],
)
def test_a_persons_number_is_no_word(number: str) -> None:
    """Telephone and identity numbers leave nothing behind, in any spelling; a query by one can find nothing."""
    left = searchable(f"电话{number}请回电")
    assert left.split() == ["电话", "请回电"]
    assert Query.parse(number).hopeless
    assert Query.parse(f"供暖 {number}").hopeless


@pytest.mark.parametrize("text", ["黄河五路23号", "二十三户", "14度", "2026年11月24日", "拨打12345", "一百二十米"])
def test_other_numbers_stay(text: str) -> None:
    """House numbers, degrees, dates in words and the hotline itself are searchable."""
    assert without_numbers(text) == text


@given(st.text(max_size=300), st.text(max_size=120))
def test_no_text_breaks_anything(text: str, typed: str) -> None:
    """Whatever is indexed or typed: tokens are short and hold nothing that a database could take for an operator."""
    query = Query.parse(typed)
    assert len(query.words) <= QUERY_WORDS
    assert query.hopeless or query.words
    found = [*tokens(searchable(text)), *(token for word in query.words for token in word.tokens)]
    assert all(0 < len(token) <= 64 and not set(token) & OPERATORS for token in found)
    assert "".join(found).encode() or not found


@given(st.text(alphabet="供暖路灯ab1 ，", min_size=1, max_size=40), st.data())
def test_every_part_of_a_chinese_text_finds_it(text: str, data: st.DataObject) -> None:
    """Any run of Chinese within a text finds that text: all its tokens are there, and its literal is in it."""
    runs = ["".join(run) for run in searchable(text).split() if not run.isascii()]
    if not runs:
        return
    run = data.draw(st.sampled_from(runs))
    start = data.draw(st.integers(0, len(run) - 1))
    end = data.draw(st.integers(start + 1, len(run)))
    (word,) = Query.parse(run[start:end]).words
    assert set(word.tokens) <= set(tokens(searchable(text)))
    assert word.literal in searchable(text)


def test_the_title_and_repetition_weigh_more_and_length_less() -> None:
    """What a searcher expects of an order, one thing changed at a time."""
    passing = score(["供暖"], "", "问候" * 50 + "供暖")
    assert score(["供暖"], "供暖", "问候" * 50 + "供暖") > passing
    assert score(["供暖"], "", "问候" * 49 + "供暖供暖") > passing
    assert score(["供暖"], "", "问候" * 10 + "供暖") > passing
    assert score(["供暖"], "", "问候") == 0
