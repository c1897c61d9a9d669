"""People's accounts on open books, with passwords that cost little to hash."""

from __future__ import annotations

from access.policy import Hashing, Policy
from access.store import AccessStore
from hotline.sign_in import Access, build_access
from tests.books import Books

#: As cheap as Argon2id can be, for tests that sign in many times.
CHEAP = Policy(hashing=Hashing(memory_mib=1, passes=1, lanes=1))


def accounts(at: Books, policy: Policy = CHEAP) -> Access:
    """The desks of accounts on these books; its owner closes it."""
    store = AccessStore(at.database.reads, at.once)
    return build_access(policy, "a-key-for-tests", store, tickets=at.tickets, audit=at.audit.add, house="滨州市12345")
