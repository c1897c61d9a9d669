"""The document is true under fire: schemathesis asks everything that it allows, and much that it forbids."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.model import Outcome
from tests.books import MORNING, call, track
from tests.case_kit import city
from tests.http_kit import TOKEN, Desk
from tickets.model import Kind

#: positive_data_acceptance is left out: a valid February 30 (the pattern allows it) and an unknown id are refused.
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,negative_data_rejection,missing_required_header,unsupported_method,"
    "allow_header_conformance,ignored_auth"
)


#: Too much at once is a rejection too, and documented; schemathesis does not count it as one by itself.
CONFIG = """
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 428]
"""


async def fill(at: Desk) -> None:
    """Something of everything, so that answers with data are judged too."""
    answered = MORNING + timedelta(seconds=9)
    await at.at.calls.save(call(answered_at=answered, ended_at=answered, outcome=Outcome.ANSWERED, seat="8001"))
    await at.at.calls.save_recordings([track(path="2026/11/24/a.wav")])
    (at.recordings / "2026/11/24").mkdir(parents=True)
    (at.recordings / "2026/11/24/a.wav").write_bytes(bytes(1024))
    await at.at.calls.raise_alarm("disk", "还剩 4 GB", MORNING)
    await at.at.desk.open_from_call("node-1.1", "13854301001", Kind.MATTER, MORNING)


@pytest.mark.timeout(180)
async def test_no_request_finds_a_fault_or_an_undocumented_answer(tmp_path: Path) -> None:
    """No 5xx, no status, type, header or body beside the document, no bad input taken, no door without the token."""
    async with city(tmp_path) as town:
        at = town.desk
        await fill(at)
        await town.signed()
        (tmp_path / "schemathesis.toml").write_text(CONFIG, encoding="utf-8")
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(tmp_path / "schemathesis.toml")),
            *("run", str(at.client.make_url("/api/v1/openapi.json"))),
            *("--header", f"Authorization: Bearer {TOKEN}"),
            # Accounts are for people who have signed in: test_http_hostile_accounts.py.
            *("--exclude-tag", "登录", "--exclude-tag", "账号"),
            *("--checks", CHECKS, "--phases", "examples,coverage,fuzzing,stateful"),
            *("--max-examples", "8", "--seed", "12345", "--workers", "1", "--continue-on-failure", "--no-color"),
            *("--suppress-health-check", "all", "--warnings", "off", "--request-timeout", "10"),
        ]
        pipe = asyncio.subprocess.PIPE
        run = await asyncio.create_subprocess_exec(
            *command, stdout=pipe, stderr=asyncio.subprocess.STDOUT, cwd=tmp_path
        )
        output, _ = await run.communicate()
        assert run.returncode == 0, output.decode()
        assert "No issues found" in output.decode(), output.decode()
