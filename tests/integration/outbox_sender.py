"""A sender of its own: python outbox_sender.py DATABASE_URL GATEWAY_ADDRESS; sends what is due, once."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime

import aiohttp

from hotline.database import Database
from hotline.group_commit import GroupCommit
from hotline.settings_outside import SmsGateway
from hotline.sms import HttpGateway
from tests.vault_kit import vault_for_tests
from tickets.outbox import Outbox
from tickets.store import TicketStore


async def send(database_url: str, address: str, now: datetime) -> None:
    """Deliver what is due at ``now``."""
    database = Database(database_url)
    async with GroupCommit(database).running() as ledger, aiohttp.ClientSession() as session:
        gateway = HttpGateway(session, SmsGateway(url=address), lambda: now)
        await Outbox(TicketStore(database.reads, ledger, vault_for_tests()), gateway, lambda: now).deliver()
    await database.close()


if __name__ == "__main__":
    asyncio.run(send(sys.argv[1], sys.argv[2], datetime.fromisoformat(sys.argv[3])))
