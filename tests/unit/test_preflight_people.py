"""``hotline check`` looks at who keeps the house: accounts, the machine's own token, backups."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from access import tables as t
from access.people import Account, Grant
from access.rows import add
from common import clock
from common.ids import new_id
from common.roles import Role
from hotline.database import opened
from hotline.keeping.backup import shelf
from hotline.preflight.people import LATE, examine
from hotline.settings import Settings

pytestmark = pytest.mark.covers("R25.2")


async def found(settings: Settings) -> dict[str, str]:
    """What was looked at, and how it is."""
    return {one.name: one.state for one in await examine(settings)}


async def account(settings: Settings, role: Role) -> None:
    """Somebody with a role."""
    now, name = clock.now(), new_id()
    one = Account(name, name, "某人", "12345", "test", now, "test", now)
    grant = Grant(new_id(), name, role, clock.civil(now).date(), "test", now)
    async with opened(settings.database) as database:
        await database.write(lambda connection: add(connection, t.accounts, one))
        await database.write(lambda connection: add(connection, t.grants, grant))


async def test_a_trial_needs_nobody(tmp_path: Path) -> None:
    """Fresh from the box: nothing to complain of, and no database is made by looking."""
    settings = Settings(data_dir=tmp_path)
    assert set((await found(settings)).values()) == {"ok"}
    assert not (tmp_path / "hotline.db").exists()


async def test_production_without_administrators_is_said(tmp_path: Path) -> None:
    """No telephones for trying it out: there must be a security administrator, no trial token, and backups."""
    settings = Settings(data_dir=tmp_path, trial_citizens=())
    warned = {"security_admin": "warning", "trial_access": "warning", "backup": "warning"}
    assert await found(settings) == warned
    await account(settings, Role.SYSTEM_ADMIN)
    assert await found(settings) == {**warned, "trial_access": "ok"}
    await account(settings, Role.SECURITY_ADMIN)
    assert (await found(settings))["security_admin"] == "ok"
    forced = Settings(data_dir=tmp_path, trial_access="on")
    assert (await found(forced))["trial_access"] == "warning"


@pytest.mark.parametrize(("age", "state"), [(timedelta(hours=1), "ok"), (LATE + timedelta(hours=1), "warning")])
async def test_a_late_backup_is_said(tmp_path: Path, age: timedelta, state: str) -> None:
    """None, or the last one made more than 36 hours ago."""
    settings = Settings(data_dir=tmp_path / "data", backup_dir=tmp_path / "backups")
    assert (await found(settings))["backup"] == "warning"
    folder = tmp_path / "backups" / f"{clock.now() - age:%Y%m%dT%H%M%SZ}"
    folder.mkdir(parents=True)
    (folder / shelf.MANIFEST_FILE).touch()
    assert (await found(settings))["backup"] == state
