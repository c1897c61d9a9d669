"""Pages for citizens: made here whole, readable without a script, with nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from common.api.problem import Problem
from tickets.attachment_kinds import ALLOWED, OFFERED

FOLDER = Path(__file__).parent / "templates"
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
}


class Typed(dict[str, str]):
    """What was typed so far; a field that was not is empty."""

    def __missing__(self, key: str) -> str:
        """Empty."""
        return ""


class Pages:
    """Renders the pages of one city."""

    def __init__(self, city: str, *, most_files: int, most_bytes: int) -> None:
        self._pages = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined)
        self._pages.globals.update(
            city=city,
            most_files=most_files,
            most_megabytes=most_bytes // 1024 // 1024,
            accepted=",".join(ALLOWED),
            offered=OFFERED,
        )

    def page(self, name: str, title: str, *, problem: Problem | None = None, **told: Any) -> web.Response:
        """A page; with ``problem`` it says what is to be mended."""
        plain = {"typed": Typed(), "ticket": None, "progress": None, "received": False, "link": ""}
        text = self._pages.get_template(f"{name}.html").render(
            here=name, title=title, trouble=problem.body["detail"] if problem else "", **{**plain, **told}
        )
        status = problem.kind.status if problem else 200
        headers = {**_HEADERS, **(problem.headers if problem else {})}
        return web.Response(status=status, text=text, content_type="text/html", headers=headers)


def wants_page(request: web.Request) -> bool:
    """Whether a person's browser asks, or a program."""
    return "text/html" in request.headers.get("Accept", "")
