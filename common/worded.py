"""Enums whose members are stored by value and read by people in Chinese."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Worded(StrEnum):
    """An enum whose members are written as ``NAME = "value", "中文"``; ``words`` is what people read."""

    words: str

    def __new__(cls, value: str, words: str) -> Self:
        """A member that is its stored value and knows what people read for it."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.words = words
        return member

    @classmethod
    def of(cls, value: str) -> Self:
        """The member that is stored by this value.

        Raises:
            ValueError: there is none.
        """
        return cls(value)  # type: ignore[call-arg]  # by value, as enums are looked up; the words are the member's own
