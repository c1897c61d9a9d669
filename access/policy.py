"""What a city asks of passwords, second factors and sessions; the settings of the house fill it in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from common.roles import KEEPERS, Role


@dataclass(frozen=True, slots=True)
class Hashing:
    """The cost of one password hash (RFC 9106): memory in MiB, passes over it, lanes; and how many run at once."""

    memory_mib: int = 64
    passes: int = 3
    lanes: int = 4
    at_once: int = 2


@dataclass(frozen=True, slots=True)
class Policy:
    """All of it. ``password_max_age`` None: a password is changed when there is a reason, not by the calendar."""

    hashing: Hashing = Hashing()
    password_min_length: int = 12
    password_history: int = 5
    password_max_age: timedelta | None = None
    #: A password that an administrator gave is good for so long, to choose one's own with.
    first_password_holds: timedelta = timedelta(days=7)
    #: So many wrong tries for one login name are free; each one more doubles the wait.
    free_failures: int = 5
    #: The same for one address, behind which a whole hall may sit.
    address_failures: int = 100
    lock: timedelta = timedelta(minutes=1)
    longest_lock: timedelta = timedelta(hours=1)
    second_factor_roles: frozenset[Role] = KEEPERS | {Role.LEADER, Role.REVIEWER}
    session_idle: timedelta = timedelta(minutes=30)
    session_longest: timedelta = timedelta(hours=12)
    #: For so long after password and code were given, nothing more is asked for what touches accounts and rights.
    proof_holds: timedelta = timedelta(minutes=15)
