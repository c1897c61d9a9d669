"""Lists that are read page by page, mostly newest first, while new rows arrive."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

Row = TypeVar("Row")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLAIN = re.compile(r"([0-9]{1,18}) ([^\x00-\x20\x7f][^\x00-\x1f\x7f]{0,199})")


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of a page: the next page begins after it, whatever has come in since.

    ``at`` is the instant by which the list is sorted, ``id`` decides between rows of one instant; where they are told
    apart by several things, ``id`` is those with a space between them, of which only the last may hold spaces itself.
    """

    at: datetime
    id: str

    def __str__(self) -> str:
        micros = (self.at - _EPOCH) // timedelta(microseconds=1)
        return base64.urlsafe_b64encode(f"{micros} {self.id}".encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """The cursor that ``str`` wrote.

        Raises:
            ValueError: it was not made here.
        """
        try:
            plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
        except ValueError as error:
            raise ValueError("not a cursor of ours") from error
        if not (match := _PLAIN.fullmatch(plain)):
            raise ValueError("not a cursor of ours")
        try:
            return cls(_EPOCH + timedelta(microseconds=int(match[1])), match[2])
        except OverflowError as error:
            raise ValueError("not a cursor of ours") from error

    def parts(self, count: int) -> list[str]:
        """The things that ``id`` is made of.

        Raises:
            ValueError: there are not so many; it is another list's cursor.
        """
        found = self.id.split(" ", count - 1)
        if len(found) < count:
            raise ValueError("not a cursor of this list")
        return found


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows in the list's order, and where to go on; ``next`` is None on the last page."""

    rows: list[Row]
    next: Cursor | None = None
