"""A citizen with a browser before the public pages of a city."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp

from hotline.outside.serving import citizens
from hotline.settings_outside import Outside
from tests.city import City, city
from tests.http_kit import Answer
from tests.outside_kit import Client, served
from tickets.attachment_shelf import Shelf

MATTER = "黄河五路与渤海七路路口的路灯坏了三盏，晚上看不见路"
File = tuple[str, bytes]


@dataclass
class Citizen:
    """Who writes and asks."""

    here: City
    client: Client
    shelf: Shelf
    arrived: list[int]

    @property
    def kept(self) -> list[Path]:
        """Every file on the shelf."""
        return [path for path in self.shelf.path("0" * 64).parents[1].rglob("*") if path.is_file()]

    async def get(self, address: str, **headers: str) -> Answer:
        """Fetch an address."""
        async with self.client.get(address, headers=headers) as answer:
            return Answer(answer.status, answer.headers.copy(), await answer.read())

    async def token(self) -> str:
        """Fetch the form, as a program does, and wait as long as a person needs."""
        token: str = (await self.get("/public/mailbox")).json["token"]
        self.here.now += timedelta(seconds=5)
        return token

    async def write(self, matter: str = MATTER, *, files: tuple[File, ...] = (), **more: str) -> Answer:
        """Send a letter."""
        token = more.pop("token", None) or await self.token()
        return await self.post("/public/mailbox", {"token": token, "matter": matter, **more}, files)

    async def post(
        self, address: str, fields: dict[str, str], files: tuple[File, ...] = (), headers: dict[str, str] | None = None
    ) -> Answer:
        """Post a form as a browser does."""
        form = aiohttp.FormData(quote_fields=False)
        for name, value in fields.items():
            form.add_field(name, value, content_type="text/plain")
        for name, data in files:
            form.add_field("files", data, filename=name, content_type="application/octet-stream")
        async with self.client.post(address, data=form, headers=headers) as answer:
            return Answer(answer.status, answer.headers.copy(), await answer.read())


@contextlib.asynccontextmanager
async def citizen(database_url: str, folder: Path, **settings: Any) -> AsyncIterator[Citizen]:
    """The public pages of the city on a database; files in ``folder``."""
    outside = Outside.model_validate({"attachment_most_bytes": 64 * 1024, "attachments_most": 3, **settings})
    shelf = Shelf(folder / "attachments", outside.attachment_most_bytes)
    arrived: list[int] = []
    async with city(database_url, public_url=outside.public_url) as here:
        routes = citizens(
            here.books.tickets,
            shelf,
            outside,
            city="滨州",
            key="k" * 43,
            now=lambda: here.now,
            arrived=lambda: arrived.append(1),
        )
        async with served(here.books, outside=routes) as client:
            yield Citizen(here, client, shelf, arrived)
