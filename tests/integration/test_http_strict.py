"""What comes in is hostile until it is parsed: each fault is named, and nothing is changed by what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from common.api.fields import Nothing, Shown
from common.api.openapi import document
from common.api.operation import operation, operations
from tests.books import books
from tests.once_kit import KEY, OTHER, READER, TOKEN, Counter, counter


async def post(desk: Counter, data: bytes, kind: str = "application/json", token: str = TOKEN) -> tuple[int, Any]:
    """Send these very bytes."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": KEY, "Content-Type": kind}
    async with desk.client.post("/api/v1/counter", data=data, headers=headers) as answer:
        assert answer.content_type == ("application/json" if answer.ok else "application/problem+json")
        return answer.status, await answer.json(content_type=None)


@pytest.mark.parametrize(
    ("data", "status", "kind"),
    [
        (b"", 400, "bad-json"),
        (b"{", 400, "bad-json"),
        (b'{"by":1,"by":2}', 400, "bad-json"),
        (b'{"by":NaN}', 400, "bad-json"),
        (b'{"by":1}\xff', 400, "bad-json"),
        (b"[" * 10000, 400, "bad-json"),
        (b"null", 422, "bad-body"),
        (b"[]", 422, "bad-body"),
        (b"{}", 422, "bad-body"),
        (b'{"by":"1"}', 422, "bad-body"),
        (b'{"by":1.0}', 422, "bad-body"),
        (b'{"by":true}', 422, "bad-body"),
        (b'{"by":0}', 422, "bad-body"),
        (b'{"by":1,"more":1}', 422, "bad-body"),
        (b'{"by":1,"why":"\\u0000"}', 422, "bad-body"),
        (b'{"by":1,"why":"\\ud800"}', 422, "bad-body"),
        (b'{"by":1,"why":null}', 422, "bad-body"),
        (b'{"by":1,"why":"' + b"x" * 70_000 + b'"}', 413, "too-large"),
    ],
)
async def test_a_body_that_is_no_good_is_refused(tmp_path: Path, data: bytes, status: int, kind: str) -> None:
    """Syntax is 400, content 422, size 413; the counter stays where it was and the key stays free."""
    async with books(tmp_path) as at, counter(at) as desk:
        got, problem = await post(desk, data)
        assert (got, problem["type"]) == (status, f"urn:hotline12345:problem:{kind}"), problem
        assert await desk.pages.value() == 0
        assert (await post(desk, b'{"by":1}'))[0] == 201


async def test_each_fault_of_a_body_is_named_with_its_place(tmp_path: Path) -> None:
    """All faults come at once, each with a JSON pointer; the names of unknown fields are not repeated at any length."""
    async with books(tmp_path) as at, counter(at) as desk:
        body = {"by": 0, "why": "", "a/b~c": 1, "x" * 500: 1}
        _, problem = await post(desk, json.dumps(body).encode())
        places = {one["pointer"]: one["detail"] for one in problem["errors"]}
        assert set(places) == {"/by", "/why", "/a~1b~0c", "/…"}
        assert places["/by"] == "不得小于 1。"
        assert all(detail in problem["detail"] for detail in places.values())


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/json5"])
async def test_another_type_is_not_read(tmp_path: Path, kind: str) -> None:
    """A form on a foreign page can send no JSON: what is not sent as JSON is not looked at."""
    async with books(tmp_path) as at, counter(at) as desk:
        got, problem = await post(desk, b'{"by":1}', kind)
        assert (got, problem["type"]) == (415, "urn:hotline12345:problem:not-json")


async def test_a_reading_token_changes_nothing(tmp_path: Path) -> None:
    """It reads, and is told that it may not write, before anything else is looked at."""
    async with books(tmp_path) as at, counter(at) as desk:
        got, problem = await post(desk, b"{", token=READER)
        assert (got, problem["type"]) == (403, "urn:hotline12345:problem:scope")
        async with desk.client.get("/api/v1/counter", headers={"Authorization": f"Bearer {READER}"}) as answer:
            assert (answer.status, answer.headers["ETag"][:3]) == (200, '"0-')


async def test_the_keys_of_two_tokens_do_not_meet(tmp_path: Path) -> None:
    """The same key under another token is another key: its change is made, and nothing of the first is told."""
    async with books(tmp_path) as at, counter(at) as desk:
        assert await post(desk, b'{"by":1}') == (201, {"count": 1})
        assert await post(desk, b'{"by":2}', token=OTHER) == (201, {"count": 3})
        assert await post(desk, b'{"by":1}') == (201, {"count": 1})


class _Wrong:
    """Handlers that nobody could serve."""

    @operation("GET", "/x", summary="错", tag="运行")
    async def takes_request(self, request: object) -> Shown:
        """A parameter that a handler has not."""
        del request
        return Shown()


class _Silent:
    """A handler that does not say what it answers."""

    @operation("GET", "/x", summary="错", tag="运行")
    async def says_nothing(self, query: Nothing) -> str:
        """No model."""
        del query
        return ""


class _Twin:
    """Two handlers at one address."""

    @operation("GET", "/x", summary="一", tag="运行")
    async def one(self) -> Shown:
        """The first."""
        return Shown()

    @operation("GET", "/x", summary="二", tag="运行")
    async def two(self) -> Shown:
        """The second."""
        return Shown()


def test_what_cannot_be_served_is_found_at_start() -> None:
    """Wrong parameters, no answer, two at one address, an unexplained tag: the service does not start with them."""
    with pytest.raises(TypeError, match="takes request"):
        operations(_Wrong())
    with pytest.raises(TypeError, match="must say what it answers"):
        operations(_Silent())
    with pytest.raises(ValueError, match="same name or address"):
        document(operations(_Twin()), version="1", tags={"运行": "…"})
    with pytest.raises(ValueError, match="without an explanation"):
        document(operations(_Twin())[:1], version="1", tags={})
