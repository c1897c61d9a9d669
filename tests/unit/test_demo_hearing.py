"""What the demonstration takes for heard, and what not."""

from __future__ import annotations

import numpy as np

from simnet.demo.hearing import begins, contains, pieces
from simnet.sound import RATE
from tests.unit.test_simnet_listen import babble

_SILENCE = np.zeros(RATE)
_WORDS = babble(9.5, 1)


def test_pieces_make_up_the_whole() -> None:
    """A sound is cut without a rest; what is shorter than two seconds stays in one piece."""
    assert np.array_equal(np.concatenate([piece for _, piece in pieces(_WORDS)]), _WORDS)
    assert [start for start, _ in pieces(_WORDS[: RATE * 3 // 2])] == [0]


def test_words_are_heard_though_packets_were_lost_in_their_middle() -> None:
    """60 ms are missing twice in nine seconds: a person would notice nothing."""
    heard = np.concatenate((_SILENCE, _WORDS[:20_000], _WORDS[20_480:50_000], _WORDS[50_480:], _SILENCE))
    assert begins(_WORDS, heard) == RATE
    assert contains(_WORDS, heard)


def test_words_are_heard_though_their_very_beginning_is_blurred() -> None:
    """The second piece says where they began."""
    heard = np.concatenate((_SILENCE, babble(1.0, 3), _WORDS[RATE:], _SILENCE))
    assert contains(_WORDS, heard)


def test_half_of_the_words_is_not_the_words() -> None:
    """Who is cut off after half a sentence has not been heard."""
    assert not contains(_WORDS, np.concatenate((_SILENCE, _WORDS[: len(_WORDS) // 2], _SILENCE)))


def test_other_words_are_not_the_words() -> None:
    """Other speech, or silence, is not taken for it."""
    assert not contains(_WORDS, np.concatenate((_SILENCE, babble(9.5, 2), _SILENCE)))
    assert not contains(_WORDS, np.zeros(12 * RATE))
