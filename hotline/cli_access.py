"""People's accounts on open books, for the verbs of the command line."""

from __future__ import annotations

import contextlib
import getpass
from collections.abc import AsyncIterator

from sqlalchemy import Connection

from access.granting import Doer
from access.people import Account
from access.rows import account_by_login, account_of
from access.signing_in import normal
from access.store import AccessStore
from common import clock
from hotline.audit import AuditStore
from hotline.database import opened
from hotline.group_commit import GroupCommit
from hotline.sealing_keys import vault_of
from hotline.settings import Settings
from hotline.sign_in import Access, access_of
from tickets.register import ROOT
from tickets.store import TicketStore


@contextlib.asynccontextmanager
async def people(settings: Settings) -> AsyncIterator[Access]:
    """The desks of people's accounts, on the database of the settings.

    Raises:
        DatabaseError, SecretError: it cannot be used.
    """
    async with opened(settings.database) as database, GroupCommit(database, window=0).running() as ledger:
        tickets = TicketStore(database.reads, ledger, vault_of(settings))
        await tickets.seed(clock.now())
        access = access_of(settings, AccessStore(database.reads, ledger), tickets, AuditStore(ledger))
        try:
            yield access
        finally:
            access.close()


def console() -> Doer:
    """Whoever sits at the machine itself, and could do anything with it; the audit says so."""
    return Doer("console", ROOT.id, frozenset(), f"{getpass.getuser()}@console", console=True)


async def account_named(access: Access, login: str) -> Account:
    """The account of a login name, or of an id.

    Raises:
        NotFoundError: there is none.
    """

    def find(connection: Connection) -> Account:
        return account_by_login(connection, normal(login)) or account_of(connection, login)

    return await access.staff.store.read(find)
