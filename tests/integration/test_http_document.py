"""The interface describes itself: the document is valid, complete and true, and a page shows it to people."""

from __future__ import annotations

import re
from pathlib import Path

from openapi_spec_validator import OpenAPIV31SpecValidator

from hotline.http import PAGES
from tests.http_kit import desk


async def test_the_document_is_valid_openapi(tmp_path: Path) -> None:
    """Without a token it is served, says 3.1, and keeps every rule of the specification."""
    async with desk(tmp_path) as at:
        answer = await at.get("/api/v1/openapi.json", token=None)
        assert answer.status == 200
        assert answer.json["openapi"].startswith("3.1.")
        assert list(OpenAPIV31SpecValidator(answer.json).iter_errors()) == []


async def test_every_address_is_in_the_document_and_no_other(tmp_path: Path) -> None:
    """What the program serves and what the document names are the same; only pages for people are left out."""
    async with desk(tmp_path) as at:
        document = (await at.get("/api/v1/openapi.json", token=None)).json
        described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
        routes = at.client.app.router.routes() if at.client.app else []
        served = {(route.method, route.resource.canonical) for route in routes if route.resource}
        # HEAD is the same as GET without the body (RFC 9110); OpenAPI would have it written twice.
        assert {(method, path) for method, path in served if method != "HEAD" and path not in PAGES} == described


async def test_the_document_speaks_to_its_readers(tmp_path: Path) -> None:
    """Every operation has a Chinese summary, a name in English, and problems that say what to do."""
    async with desk(tmp_path) as at:
        document = (await at.get("/api/v1/openapi.json", token=None)).json
        for methods in document["paths"].values():
            for one in methods.values():
                assert re.search("[一-鿿]", one["summary"]), one
                assert re.fullmatch("[a-z][A-Za-z]+", one["operationId"]), one
                for status, answer in one["responses"].items():
                    assert int(status) < 400 or "description" in answer
        problem = document["paths"]["/api/v1/calls/{id}"]["get"]["responses"]["404"]
        kinds = problem["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]["type"]["enum"]
        assert kinds == ["urn:hotline12345:problem:not-found"]


async def test_parameters_are_described_as_they_are_taken(tmp_path: Path) -> None:
    """Names, limits and defaults of a query stand in the document; nothing there may be null."""
    async with desk(tmp_path) as at:
        document = (await at.get("/api/v1/openapi.json", token=None)).json
        taken = {one["name"]: one for one in document["paths"]["/api/v1/calls"]["get"]["parameters"]}
        assert list(taken) == ["reveal", "limit", "cursor", "outcome", "number", "since", "until"]
        assert taken["limit"]["schema"] == {"default": 50, "maximum": 200, "minimum": 1, "type": "integer"}
        assert not any(one["required"] for one in taken.values())
        assert '"null"' not in str([one["schema"] for one in taken.values()])


async def test_the_page_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    """The page and its parts are served here without a token, and run under a policy without inline scripts."""
    async with desk(tmp_path) as at:
        page = await at.get("/api/v1/docs", token=None)
        assert page.status == 200
        text = page.body.decode()
        parts = re.findall(r'(?:src|href)="(/[^"]+)"', text)
        assert set(parts) >= {"/api/v1/docs.js", "/api/v1/docs.css", "/api/v1/openapi.json"}
        for part in parts:
            assert (await at.get(part, token=None)).status == 200
        assert "//" not in "".join(re.findall(r'(?:src|href)="([^"]+)"', text))
        assert not re.search(r"<script(?![^>]*src=)|style=|\son\w+=", text)
        assert "unsafe" not in page.headers["Content-Security-Policy"]
