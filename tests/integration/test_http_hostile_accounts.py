"""The same fire on accounts, roles and sessions, as somebody who has signed in and may do most of it."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from access.visit import CSRF_HEADER
from common.roles import Role
from tests.access_kit import Office, office
from tests.integration.test_http_hostile import CONFIG

#: ignored_auth is left out: that a cookie and a header belong together is tried in test_sessions.py.
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,negative_data_rejection,missing_required_header,unsupported_method,"
    "allow_header_conformance"
)
#: They would end the session with which all else is asked.
ENDS = ("signOut", "endSessions", "endSession")


async def _without_security(at: Office, folder: Path) -> Path:
    """The document, without what it says of the cookie: it comes with every request, and is no part to be varied."""
    document = (await at.browser().ask("GET", "/openapi.json")).json
    for methods in document["paths"].values():
        for one in methods.values():
            one["security"] = []
    file = folder / "document.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


@pytest.mark.timeout(240)
@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN])
async def test_no_request_about_accounts_finds_a_fault_or_an_undocumented_answer(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    """No 5xx, no status, type or body beside the document, no bad input taken, however it is asked."""
    async with office(database_url, monkeypatch) as at:
        await at.account("wang", Role.AGENT)
        browser = await at.signed_in("admin", role)
        config = CONFIG.replace("428]", "428, 429]")
        (tmp_path / "schemathesis.toml").write_text(config, encoding="utf-8")
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(tmp_path / "schemathesis.toml")),
            *("run", str(await _without_security(at, tmp_path)), "--url", str(at.client.make_url("/"))),
            *("--header", f"Cookie: hotline={browser.cookies['hotline']}"),
            *("--header", f"{CSRF_HEADER}: {browser.csrf}"),
            *("--include-tag", "登录", "--include-tag", "账号"),
            *(part for name in ENDS for part in ("--exclude-operation-id", name)),
            *("--checks", CHECKS, "--phases", "examples,coverage,fuzzing"),
            *("--max-examples", "4", "--seed", "12345", "--workers", "1", "--continue-on-failure", "--no-color"),
            *("--suppress-health-check", "all", "--warnings", "off", "--request-timeout", "20"),
        ]
        pipe = asyncio.subprocess.PIPE
        run = await asyncio.create_subprocess_exec(
            *command, stdout=pipe, stderr=asyncio.subprocess.STDOUT, cwd=tmp_path
        )
        output, _ = await run.communicate()
        assert run.returncode == 0, output.decode()
        assert "No issues found" in output.decode(), output.decode()
        assert (await browser.ask("GET", "/session")).status == 200
