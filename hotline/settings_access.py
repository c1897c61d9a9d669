"""What a city sets about signing in: passwords, second factors, sessions."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from access.policy import Hashing, Policy
from common.roles import NOBODYS, Role


class SigningIn(BaseModel):
    """All of it; ``hotline.settings.Settings`` has these among its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    password_min_length: int = Field(default=12, ge=8, le=64)
    #: So many passwords before the present one are not taken again.
    password_history: int = Field(default=5, ge=0, le=24)
    #: 0: a password is changed when there is a reason, not by the calendar.
    password_max_days: int = Field(default=0, ge=0, le=3650)
    # The cost of one hash (Argon2id, RFC 9106, 4: its second recommended option)
    password_hash_mib: int = Field(default=64, ge=19, le=4096)
    password_hash_passes: int = Field(default=3, ge=2, le=100)
    password_hash_lanes: int = Field(default=4, ge=1, le=64)
    password_hashes_at_once: int = Field(default=2, ge=1, le=64)
    sign_in_failures: int = Field(default=5, ge=1, le=100)
    sign_in_address_failures: int = Field(default=100, ge=5, le=10_000)
    sign_in_lock_seconds: int = Field(default=60, ge=1, le=3600)
    sign_in_longest_lock_seconds: int = Field(default=3600, ge=1, le=86_400)
    second_factor_roles: tuple[Role, ...] = (
        Role.SYSTEM_ADMIN,
        Role.SECURITY_ADMIN,
        Role.AUDITOR,
        Role.LEADER,
        Role.REVIEWER,
    )
    session_idle_minutes: int = Field(default=30, ge=1, le=24 * 60)
    session_longest_hours: int = Field(default=12, ge=1, le=24 * 7)
    proof_minutes: int = Field(default=15, ge=1, le=12 * 60)
    #: The machine's own token, for trials; ``auto``: good until there is an account.
    trial_access: Literal["auto", "on", "off"] = "auto"

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if nobodys := NOBODYS & frozenset(self.second_factor_roles):
            raise ValueError(f"second_factor_roles: nobody signs in as {min(nobodys).value}")
        if self.sign_in_longest_lock_seconds < self.sign_in_lock_seconds:
            raise ValueError("sign_in_longest_lock_seconds: is shorter than sign_in_lock_seconds")
        return self

    @property
    def sign_in_policy(self) -> Policy:
        """The same, as ``access`` knows it."""
        return Policy(
            hashing=Hashing(
                self.password_hash_mib,
                self.password_hash_passes,
                self.password_hash_lanes,
                self.password_hashes_at_once,
            ),
            password_min_length=self.password_min_length,
            password_history=self.password_history,
            password_max_age=timedelta(days=self.password_max_days) if self.password_max_days else None,
            free_failures=self.sign_in_failures,
            address_failures=self.sign_in_address_failures,
            lock=timedelta(seconds=self.sign_in_lock_seconds),
            longest_lock=timedelta(seconds=self.sign_in_longest_lock_seconds),
            second_factor_roles=frozenset(self.second_factor_roles),
            session_idle=timedelta(minutes=self.session_idle_minutes),
            session_longest=timedelta(hours=self.session_longest_hours),
            proof_holds=timedelta(minutes=self.proof_minutes),
        )
