"""People who sign in: accounts, roles, sessions, tokens, filings; who stood in the register gets an account.

Nobody has a password yet: ``hotline account reset-password`` gives the first.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import sqlalchemy as sa
from alembic import op

from common.ids import new_id

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
#: The register did not say since when.
_ALWAYS = date(2000, 1, 1)


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("login", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=False),
        sa.Column("password_at", _INSTANT),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("totp", sa.String(length=200), nullable=False),
        sa.Column("totp_new", sa.String(length=200), nullable=False),
        sa.Column("totp_step", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
    )
    op.create_index("uq_accounts_login", "accounts", ["login"], unique=True)
    op.create_index(op.f("ix_accounts_unit_id"), "accounts", ["unit", "id"])
    op.create_table(
        "grants",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date()),
        sa.Column("ends_at", _INSTANT),
        sa.Column("session", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("decided_by", sa.String(length=80), nullable=False),
        sa.Column("decided_at", _INSTANT),
        sa.Column("filing", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_grants_account_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
    )
    op.create_index(op.f("ix_grants_account"), "grants", ["account"])
    op.create_table(
        "old_passwords",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_old_passwords_account_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_old_passwords")),
    )
    op.create_index(op.f("ix_old_passwords_account"), "old_passwords", ["account"])
    op.create_table(
        "recovery_codes",
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("used_at", _INSTANT),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_recovery_codes_account_accounts")),
        sa.PrimaryKeyConstraint("account", "digest", name=op.f("pk_recovery_codes")),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("proved_at", _INSTANT, nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT),
        sa.Column("ended_why", sa.String(length=40), nullable=False),
        sa.Column("address", sa.String(length=80), nullable=False),
        sa.Column("agent", sa.String(length=200), nullable=False),
        sa.Column("second_factor", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_sessions_account_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    op.create_index("uq_sessions_digest", "sessions", ["digest"], unique=True)
    op.create_index(op.f("ix_sessions_account_id"), "sessions", ["account", "id"])
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("scopes", sa.String(length=80), nullable=False),
        sa.Column("rights", sa.Text()),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT),
        sa.Column("used_at", _INSTANT),
        sa.Column("revoked_at", _INSTANT),
        sa.Column("revoked_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_api_tokens_account_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
    )
    op.create_index("uq_api_tokens_digest", "api_tokens", ["digest"], unique=True)
    op.create_index("uq_api_tokens_name", "api_tokens", ["account", "name"], unique=True)
    op.create_table(
        "staff_filings",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("change", sa.String(length=20), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("decided_by", sa.String(length=80), nullable=False),
        sa.Column("decided_at", _INSTANT),
        sa.Column("decided_why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_filings")),
    )
    op.create_index(op.f("ix_staff_filings_unit_id"), "staff_filings", ["unit", "id"])
    op.create_table(
        "failures",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_at", _INSTANT, nullable=False),
        sa.Column("locked_until", _INSTANT),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_failures")),
    )
    op.create_index(op.f("ix_failures_last_at"), "failures", ["last_at"])
    _accounts_of_the_register()


def downgrade() -> None:
    for table in (
        "failures",
        "staff_filings",
        "api_tokens",
        "sessions",
        "recovery_codes",
        "old_passwords",
        "grants",
        "accounts",
    ):
        op.drop_table(table)


def _accounts_of_the_register() -> None:
    """Whoever had a role in a unit gets an account there; in the unit of their first role, if there are several."""
    connection = op.get_bind()
    people = sa.table("people", sa.column("id"), sa.column("name"), sa.column("phone"), sa.column("active", sa.Boolean))
    held = sa.table(
        "memberships",
        sa.column("person"),
        sa.column("unit"),
        sa.column("role"),
        sa.column("since", sa.Date),
        sa.column("until", sa.Date),
    )
    new = sa.MetaData()
    accounts = sa.Table("accounts", new, autoload_with=connection)
    grants = sa.Table("grants", new, autoload_with=connection)
    now = datetime.now(UTC)
    at = now.replace(tzinfo=None) if connection.dialect.name == "sqlite" else now
    taken: set[str] = set()
    roles: dict[str, list[sa.Row[tuple[str, str, str]]]] = {}
    for row in connection.execute(sa.select(held).order_by(held.c.person, held.c.unit, held.c.role)):
        roles.setdefault(row.person, []).append(row)
    for person in connection.execute(sa.select(people).order_by(people.c.id)):
        mine = roles.get(person.id, [])
        if not mine:
            continue
        account = {
            "id": person.id,
            "login": _login(person.id, taken),
            "name": person.name,
            "phone": person.phone,
            "unit": mine[0].unit,
            "active": person.active,
            "password": "",
            "must_change": True,
            "totp": "",
            "totp_new": "",
            "totp_step": 0,
            "made_by": "revision",
            "made_at": at,
            "changed_by": "revision",
            "changed_at": at,
        }
        connection.execute(accounts.insert(), account)
        for one in mine:
            if one.unit != mine[0].unit:
                continue
            grant = {
                "id": new_id(),
                "account": person.id,
                "role": one.role,
                "since": one.since or _ALWAYS,
                "until": one.until,
                "session": "",
                "state": "held",
                "reason": "机构名录中原有",
                "by": "revision",
                "at": at,
                "decided_by": "",
                "filing": "",
            }
            connection.execute(grants.insert(), grant)


def _login(person: str, taken: set[str]) -> str:
    """Their id, by which they are known; two that differ in capitals only are told apart."""
    login = person.casefold()
    while login in taken:
        login += "-2"
    taken.add(login)
    return login
