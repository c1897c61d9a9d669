"""The tables of people: accounts, their roles, how they sign in, what units have filed (R12.2-3)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, String, Table, Text

from common.store import Instant, metadata

tables = metadata()

accounts = Table(
    "accounts",
    tables,
    #: The person's id in the register, and for ever theirs: histories name it.
    Column("id", String(80), primary_key=True),
    Column("login", String(80), nullable=False),
    Column("name", String(80), nullable=False),
    Column("phone", String(40), nullable=False),
    Column("unit", String(80), nullable=False),
    Column("active", sa.Boolean, nullable=False),
    #: Argon2id in PHC form; empty until one was set, and then nobody gets in.
    Column("password", String(200), nullable=False),
    Column("password_at", Instant),
    Column("must_change", sa.Boolean, nullable=False),
    #: Sealed with a key outside the database; empty without a second factor.
    Column("totp", String(200), nullable=False),
    #: Shown to its owner, and not yet confirmed by a code.
    Column("totp_new", String(200), nullable=False),
    #: The newest time step of which a code was taken: none at or before it is taken again.
    Column("totp_step", BigInteger, nullable=False),
    Column("made_by", String(80), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("changed_by", String(80), nullable=False),
    Column("changed_at", Instant, nullable=False),
    Index("uq_accounts_login", "login", unique=True),
    Index(None, "unit", "id"),
)

grants = Table(
    "grants",
    tables,
    Column("id", String(32), primary_key=True),
    Column("account", String(80), ForeignKey("accounts.id"), nullable=False, index=True),
    Column("role", String(30), nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date),
    #: Set where the role is for one session only, and ends by itself (R15.1).
    Column("ends_at", Instant),
    Column("session", String(32), nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", String(80), nullable=False),
    Column("at", Instant, nullable=False),
    Column("decided_by", String(80), nullable=False),
    Column("decided_at", Instant),
    #: The filing that it came from, if any.
    Column("filing", String(32), nullable=False),
)

old_passwords = Table(
    "old_passwords",
    tables,
    Column("id", String(32), primary_key=True),
    Column("account", String(80), ForeignKey("accounts.id"), nullable=False, index=True),
    Column("password", String(200), nullable=False),
)

recovery_codes = Table(
    "recovery_codes",
    tables,
    Column("account", String(80), ForeignKey("accounts.id"), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("used_at", Instant),
)

sessions = Table(
    "sessions",
    tables,
    #: What its owner sees; the cookie's value is another, and only its digest is here.
    Column("id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("account", String(80), ForeignKey("accounts.id"), nullable=False),
    Column("made_at", Instant, nullable=False),
    #: When password, and code where there is one, were last given.
    Column("proved_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("ended_why", String(40), nullable=False),
    Column("address", String(80), nullable=False),
    Column("agent", String(200), nullable=False),
    Column("second_factor", sa.Boolean, nullable=False),
    Index("uq_sessions_digest", "digest", unique=True),
    Index(None, "account", "id"),
)

api_tokens = Table(
    "api_tokens",
    tables,
    Column("id", String(32), primary_key=True),
    Column("name", String(40), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("account", String(80), ForeignKey("accounts.id"), nullable=False),
    #: Words with a space between.
    Column("scopes", String(80), nullable=False),
    #: Names of rights with a space between; NULL leaves all that its owner has.
    Column("rights", Text),
    Column("made_by", String(80), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("used_at", Instant),
    Column("revoked_at", Instant),
    Column("revoked_by", String(80), nullable=False),
    Index("uq_api_tokens_digest", "digest", unique=True),
    Index("uq_api_tokens_name", "account", "name", unique=True),
)

filings = Table(
    "staff_filings",
    tables,
    Column("id", String(32), primary_key=True),
    Column("unit", String(80), nullable=False),
    Column("account", String(80), nullable=False),
    Column("change", String(20), nullable=False),
    #: What is to change, as JSON; read as a whole.
    Column("told", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", String(80), nullable=False),
    Column("at", Instant, nullable=False),
    Column("state", String(20), nullable=False),
    Column("decided_by", String(80), nullable=False),
    Column("decided_at", Instant),
    Column("decided_why", Text, nullable=False),
    Index(None, "unit", "id"),
)

failures = Table(
    "failures",
    tables,
    #: A keyed digest of what was tried (a login name, an address), whether or not there is such an account.
    Column("subject", String(64), primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("locked_until", Instant),
    Index(None, "last_at"),
)
