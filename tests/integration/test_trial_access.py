"""The machine's own token lets in while there is nobody else, and is not a way around those who keep the house."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from aiohttp.test_utils import TestClient, TestServer

from access import tables as t
from access.people import Account
from access.rows import add
from common import clock
from hotline import wiring
from hotline.asterisk import Secrets
from hotline.secrets_file import secret
from hotline.settings import Settings

pytestmark = pytest.mark.covers("R25.2", "R12.3")


@pytest.mark.parametrize(("setting", "before", "after"), [("auto", 200, 401), ("on", 200, 200), ("off", 401, 401)])
async def test_it_is_good_until_there_are_people(
    tmp_path: Path, setting: Literal["auto", "on", "off"], before: int, after: int
) -> None:
    """Until the first account is made, by the very next request; a setting makes it always or never good."""
    settings = Settings(data_dir=tmp_path, trial_access=setting)
    settings.live_recordings_dir.mkdir(parents=True)
    async with (
        wiring.service(settings, Secrets("", {})) as service,
        TestClient(TestServer(service.app)) as client,
    ):
        headers = {"Authorization": f"Bearer {secret(settings.secrets_dir / 'api.token')}"}
        for path, status in (("tickets", before), ("figures", before), ("accounts", 403)):
            async with client.get(f"/api/v1/{path}", headers=headers) as answer:
                assert answer.status == (status if before == 200 else 401), path
        now = clock.now()
        one = Account("a", "a", "某人", "12345", "test", now, "test", now)
        await service.database.write(lambda connection: add(connection, t.accounts, one))
        async with client.get("/api/v1/tickets", headers=headers) as answer:
            assert answer.status == after
