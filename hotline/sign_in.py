"""Everything that people sign in with, put together for the house."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from access.api_accounts import AccountPages
from access.api_asking import Asking
from access.api_filings import FilingPages
from access.api_own import OwnPages
from access.api_roles import RolePages
from access.api_session import SessionPages
from access.door import Door
from access.filing_desk import FilingDesk
from access.keeping import Keeping
from access.own import OwnDesk
from access.passwords import Passwords
from access.policy import Policy
from access.role_desk import RoleDesk
from access.sealing import Seal
from access.signing_in import SignIn
from access.staff import StaffDesk
from access.store import AccessStore
from common.api.operation import Operation, operations
from common.audit import Audit
from hotline.audit import AuditStore
from hotline.people import above, tell_register, within
from hotline.secrets_file import secret
from hotline.settings import Settings
from tickets.register import ROOT
from tickets.store import TicketStore


@dataclass(frozen=True, slots=True)
class Access:
    """The desks of people's accounts. ``close`` gives back the threads that hash passwords."""

    door: Door
    signing: SignIn
    own: OwnDesk
    staff: StaffDesk
    roles: RoleDesk
    filings: FilingDesk
    within: Callable[[str], Awaitable[frozenset[str]]]

    def operations(self) -> list[Operation]:
        """All that is served of it."""
        asking = Asking(self.door, self.signing)
        pages = (
            SessionPages(asking, self.own),
            OwnPages(asking, self.own),
            AccountPages(asking, self.staff, self.within),
            RolePages(asking, self.roles),
            FilingPages(asking, self.filings, self.within),
        )
        return [one for page in pages for one in operations(page)]

    def close(self) -> None:
        """No password is hashed any more."""
        self.signing.passwords.close()


def build_access(
    policy: Policy,
    secret: str,
    store: AccessStore,
    *,
    tickets: TicketStore,
    audit: Audit,
    house: str,
) -> Access:
    """The desks on open books. ``secret`` seals second factors, ``house`` is what an app shows beside its codes."""
    passwords, seal = Passwords(policy.hashing), Seal(secret)
    keeping = Keeping(tell_register, ROOT.id)
    signing = SignIn(store, passwords, seal, policy, audit)
    uppers = above(tickets)
    return Access(
        Door(store, policy),
        signing,
        OwnDesk(signing, house),
        StaffDesk(store, passwords, seal, audit, uppers, keeping),
        RoleDesk(store, audit, keeping),
        FilingDesk(store, audit, uppers, keeping),
        within(tickets),
    )


def access_of(settings: Settings, store: AccessStore, tickets: TicketStore, audit: AuditStore) -> Access:
    """The same, as the settings of this house say."""
    key = secret(settings.secrets_dir / "second-factor.key")
    house = f"{settings.city_name}{settings.hotline_number}"
    return build_access(settings.sign_in_policy, key, store, tickets=tickets, audit=audit.add, house=house)
