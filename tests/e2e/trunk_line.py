"""A product of its own for tests that call it over its trunks with INVITEs written by hand."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from unittest.mock import patch

import pytest

from common.roles import Role
from hotline.__main__ import main
from simnet.network import Network
from simnet.product import Product
from tests.cli_kit import token_of

T = TypeVar("T")

#: Trunk → the address that its calls come from. What comes in over ``linked`` is allow-listed.
TRUNKS = {"carrier": "127.0.0.3", "linked": "127.0.0.5"}
#: So many refusals stop nothing: these tests are about each rule.
NO_GUARD = 100_000
_ENOUGH_SECONDS = 15.0


class Row(NamedTuple):
    """One call in the books."""

    trunk: str
    number: str
    reason: str
    shadowed: bool
    outcome: str


@dataclass(frozen=True, slots=True)
class Invite:
    """What an INVITE says of its caller, as header values."""

    sender: str
    asserted: str = ""
    privacy: str = ""
    remote_party: str = ""
    trunk: str = "carrier"

    @property
    def headers(self) -> tuple[str, ...]:
        """The header lines beside From."""
        named = {
            "P-Asserted-Identity": self.asserted,
            "Privacy": self.privacy,
            "Remote-Party-ID": self.remote_party,
        }
        return tuple(f"{name}: {value}" for name, value in named.items() if value)

    @property
    def options(self) -> list[str]:
        """The same as options of ``hotline screen-call``."""
        presentation = "restricted" if "privacy=full" in self.remote_party else ""
        named = {
            "--from": self.sender,
            "--pai": self.asserted,
            "--privacy": self.privacy,
            "--trunk": self.trunk,
            "--presentation": presentation,
        }
        return [f"{name}={value}" for name, value in named.items() if value]


@dataclass(frozen=True)
class Line:
    """A running product, the network behind its trunks, and what its books say."""

    product: Product
    net: Network
    #: Rows that earlier steps of a test have seen.
    seen: list[str] = field(default_factory=list)

    async def new_rows(self, count: int) -> list[Row]:
        """The next ``count`` calls that are over, in no order.

        Raises:
            TimeoutError: the books do not show so many; the message says which they show.
        """
        found: list[tuple[Any, ...]] = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ENOUGH_SECONDS):
                # A database tells nobody that a row was written.
                while len(found) < count:
                    await asyncio.sleep(0.1)
                    found = self.read(
                        "SELECT id, trunk, number, reason, shadowed, outcome FROM calls WHERE ended_at IS NOT NULL"
                    )
                    found = [row for row in found if row[0] not in self.seen]
        rows = [
            Row(trunk, number, reason, bool(shadowed), outcome) for _, trunk, number, reason, shadowed, outcome in found
        ]
        if len(rows) < count:
            raise TimeoutError(f"the books show {rows}")
        self.seen.extend(row[0] for row in found)
        return rows

    async def until(self, query: str, rows: list[tuple[Any, ...]]) -> None:
        """Wait until the books answer a query with these rows.

        Raises:
            TimeoutError: they do not; the message says what they answer.
        """
        try:
            async with asyncio.timeout(_ENOUGH_SECONDS):
                while self.read(query) != rows:  # noqa: ASYNC110 - a database tells nobody that a row was written
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise TimeoutError(f"the books show {self.read(query)}") from None

    def read(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the books, read beside the service."""
        with contextlib.closing(sqlite3.connect(f"file:{self.product.data / 'hotline.db'}?mode=ro", uri=True)) as books:
            return books.execute(query).fetchall()

    @cached_property
    def supervisor(self) -> dict[str, str]:
        """The product's environment with a shift supervisor's token: whose it is to ask why a call was refused."""
        with patch.dict("os.environ", self.product.environment, clear=True):
            return {**self.product.environment, "HOTLINE_TOKEN": _apart(lambda: token_of(Role.SHIFT_SUPERVISOR))}

    def screened(self, invite: Invite, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
        """What ``hotline screen-call`` says of an INVITE with this product's settings."""
        with patch.dict("os.environ", self.supervisor, clear=True):
            assert _apart(lambda: main(["screen-call", *invite.options, "--json"])) == 0
        answer: dict[str, Any] = json.loads(capsys.readouterr().out)
        return answer


def _apart(work: Callable[[], T]) -> T:
    """Done in a thread of its own: a verb runs a loop, and here one runs already."""
    with ThreadPoolExecutor(1) as one:
        return one.submit(work).result()


@contextlib.asynccontextmanager
async def running(home: Path, settings: Mapping[str, object]) -> AsyncIterator[Line]:
    """A product with the trunks above, and ``settings`` beside them; its network stands ready but is not started."""
    net = Network()
    trunks = [
        {
            "name": name,
            "host": net.host,
            "port": net.sip_port,
            "match": [source, net.host] if name == "carrier" else [source],
            "allow_listed": name == "linked",
        }
        for name, source in TRUNKS.items()
    ]
    product = Product(net, home, {"TRUNKS": trunks, "REFUSAL_JUMP_CALLS": NO_GUARD, **settings})
    try:
        await product.start()
        yield Line(product, net)
    finally:
        await net.stop()
        await product.stop()
