"""A file as the body of a request: whole, or a problem that says that it is not."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import StreamReader
from aiohttp.base_protocol import BaseProtocol

from common.api.brought import Brought
from common.api.operation import operation, operations
from common.api.problem import CUT_OFF, Problem


def stream() -> StreamReader:
    """What the network has brought so far."""
    return StreamReader(BaseProtocol(asyncio.get_running_loop()), 2**16)


async def test_a_file_comes_whole() -> None:
    """In pieces, to the last byte."""
    reader = stream()
    reader.feed_data(b"a" * 100_000)
    reader.feed_data(b"b")
    reader.feed_eof()
    pieces = [piece async for piece in Brought(reader).pieces()]
    assert len(pieces) > 1
    assert b"".join(pieces) == b"a" * 100_000 + b"b"


async def test_a_line_that_breaks_is_the_senders_problem_and_no_fault_of_ours() -> None:
    """What has come is handed on; then it is said that the rest is missing."""
    reader = stream()
    reader.feed_data(b"half")
    pieces = Brought(reader).pieces()
    assert await anext(pieces) == b"half"
    reader.set_exception(ConnectionResetError())
    with pytest.raises(Problem) as caught:
        await anext(pieces)
    assert caught.value.kind is CUT_OFF


def test_who_takes_a_file_says_its_media_type_and_asks_for_no_key() -> None:
    """Whatever else is declared is a mistake of ours, found when the program starts."""

    class Silent:
        @operation("POST", "/x", summary="x", tag="x")
        async def add_file(self, body: Brought) -> None:
            """No media type."""

    class Keyed:
        @operation("POST", "/x", summary="x", tag="x", brings="application/pdf", once=True)
        async def add_file(self, body: Brought) -> None:
            """A key."""

    class Empty:
        @operation("POST", "/x", summary="x", tag="x", brings="application/pdf")
        async def add_file(self) -> None:
            """Nothing is taken."""

    for pages in (Silent(), Keyed(), Empty()):
        with pytest.raises(TypeError, match="Brought"):
            operations(pages)
