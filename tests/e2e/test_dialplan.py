"""The dialplan asks Asterisk for nothing that is not loaded."""

from __future__ import annotations

import re

import pytest

from tests.e2e.conftest import Bed

pytestmark = pytest.mark.asyncio(loop_scope="session")

_APPLICATION = re.compile(r"^(?:exten => [^,]+,[^,]+,| same => n(?:\([a-z]+\))?,)([A-Za-z]+)\(", re.MULTILINE)
_FUNCTION = re.compile(r"(?:\$\{|Set\()([A-Z_]+)\(")


async def test_every_application_and_function_is_there(bed: Bed) -> None:
    """A missing module would be found by a caller, in the middle of a call: by the one who needs 110, say."""
    dialplan = (bed.product.data / "etc" / "extensions.conf").read_text(encoding="utf-8")
    applications = await bed.product.asterisk("core show applications")
    functions = await bed.product.asterisk("core show functions")
    used = set(_APPLICATION.findall(dialplan))
    assert used >= {"Queue", "Dial", "Answer", "MixMonitor", "AGI"}, "the pattern does not find what is used"
    there = {name.lower() for name in re.findall(r"^\s*([A-Za-z]+):", applications, re.MULTILINE)}
    assert {name for name in used if name.lower() not in there} == set()
    used_functions = set(_FUNCTION.findall(dialplan))
    assert used_functions >= {"CHANNEL", "STRFTIME", "FILTER"}, "the pattern does not find what is used"
    assert used_functions - set(re.findall(r"^([A-Z_]+)\s", functions, re.MULTILINE)) == set()
