"""What the service tells the dialplan about itself: that it is there, and when it goes."""

from __future__ import annotations

from typing import Final

import structlog

from common import clock
from ivr.ami.client import AmiClient
from ivr.ami.messages import AmiError, Value

log = structlog.get_logger(__name__)

_SECONDS: Final = 5.0


class Heartbeat:
    """Global variables of the dialplan (``extensions.conf``); a failure to set one is logged and no more."""

    def __init__(self, client: AmiClient) -> None:
        self._client = client

    async def here(self) -> None:
        """Somebody listens; said every two seconds, believed for six."""
        await self.set("HOTLINE_HEARTBEAT", str(int(clock.now().timestamp())))

    async def arrived(self) -> None:
        """New calls may be asked about from now on."""
        await self.here()
        await self.set("HOTLINE_LEAVING", "0")

    async def leaving(self) -> None:
        """New calls do without us from now on; those of now are still ours."""
        await self.set("HOTLINE_LEAVING", "1")

    async def set(self, variable: str, value: str, channel: str = "") -> None:
        """Set a global variable, or one of a channel."""
        where: dict[str, Value] = {"Channel": channel} if channel else {}
        try:
            await self._client.action("Setvar", seconds=_SECONDS, Variable=variable, Value=value, **where)
        except AmiError as error:
            log.warning("a variable could not be set", variable=variable, why=type(error).__name__)
