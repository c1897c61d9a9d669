"""The bed of the end-to-end tests: the real product beside a simulated telephone network, once for all of them.

Each test calls from numbers of its own and signs its seats off again, so that they do not meet.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from simnet.network import Network
from simnet.product import Product

#: Each test may ask for this long at most; calls take their time.
pytestmark = pytest.mark.timeout(180)


@dataclass(frozen=True, slots=True)
class Bed:
    """The product and the network around it."""

    net: Network
    product: Product

    def prompt(self, name: str) -> Path:
        """The sound file of an announcement, to be found again in what a caller heard."""
        return self.product.data / "sounds" / "zh" / f"{name}.alaw"


SETTINGS: dict[str, object] = {
    "MAX_WAIT_SECONDS": 8,
    "SEAT_RING_SECONDS": 5,
    "EMERGENCY_RING_SECONDS": 6,
    "MESSAGE_SILENCE_SECONDS": 2,
    "EMERGENCY_ROUTES": {
        "110": [{"trunk": "carrier", "number": "1109"}, {"trunk": "carrier", "number": "110"}],
        "119": [{"trunk": "carrier", "number": "119"}],
        "120": [{"trunk": "silent", "number": "120"}],
    },
}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def bed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bed]:
    """The shared bed."""
    net = Network()
    product = Product(net, tmp_path_factory.mktemp("product"), SETTINGS)
    try:
        await product.start()
        await net.start(product.host, product.sip_port)
        yield Bed(net, product)
    finally:
        await net.stop()
        await product.stop()


#: Mobile numbers, each of which is given out once.
numbers: Iterator[str] = map(str, itertools.count(13_800_000_001))


@pytest.fixture
def caller() -> str:
    """A mobile number that no other test calls from."""
    return next(numbers)


@pytest.fixture
def callers() -> Iterator[str]:
    """As many such numbers as a test takes."""
    return numbers


@pytest_asyncio.fixture(loop_scope="session")
async def quiet(bed: Bed) -> AsyncIterator[None]:
    """No call outlives its test, however the test ends."""
    yield
    await bed.net.hang_up_all()
    await bed.product.no_channels()
