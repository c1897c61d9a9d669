"""The whole demonstration: the product and the network around it, the calls, the report."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hotline.settings import Settings
from hotline.voice_texts import announcements
from simnet.demo.account import Account, NotSo
from simnet.demo.office import Office
from simnet.demo.person import Sounds
from simnet.demo.playing import play
from simnet.demo.programme import SCENES, SETTINGS, acts
from simnet.demo.progress import shown
from simnet.demo.report import as_json
from simnet.demo.speech import Speech
from simnet.demo.stage import House
from simnet.network import Network
from simnet.product import Product


class Busy(Exception):  # noqa: N818 - says what is so
    """Another demonstration is running in the same directory."""


@contextlib.contextmanager
def fresh(home: Path) -> Iterator[None]:
    """``home`` is ours alone while the block lasts, and empty at its beginning.

    Raises:
        Busy: another process has it.
    """
    home.mkdir(parents=True, exist_ok=True)
    lock = os.open(home / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise Busy(str(home)) from None
    try:
        for old in (home / "data", home / "speech", home / "heard"):
            shutil.rmtree(old, ignore_errors=True)
        (home / "report.json").unlink(missing_ok=True)
        yield
    finally:
        os.close(lock)


@contextlib.asynccontextmanager
async def staged(home: Path, settings: Mapping[str, object]) -> AsyncIterator[House]:
    """The product and the network around it, both running while the block lasts.

    Raises:
        simnet.product.DidNotStart, simnet.asterisk.DidNotStart: with the end of what was written.
        hotline.voice.VoiceError: nothing can be spoken.
    """
    speech = Speech(home / "speech")
    lines = tuple(line for scene in SCENES for line in scene.lines)
    net = Network()
    product = Product(net, home, {**SETTINGS, **settings})
    try:
        # The network first: a product that finds its trunk dead when it starts looks again half a minute later.
        await net.start(product.host, product.sip_port)
        await asyncio.gather(asyncio.to_thread(speech.prepare, lines), product.start())
        # Not those of the installation that it runs in: the demonstration's hotline knows nothing of them.
        known: Any = {name.lower(): value for name, value in settings.items()}
        texts = announcements(Settings.model_construct(**known))
        sounds = Sounds(product.data / "sounds" / "zh", lambda name: texts[name].text, speech)
        yield House(net, product, Office(product, speech), sounds, home / "heard")
    finally:
        await net.stop()
        await product.stop()


async def perform(house: House, home: Path, only: Collection[str] = ()) -> tuple[list[Account], dict[str, Any]]:
    """Play the scenes (all, or those named), write ``report.json``, and give the accounts and the report."""
    began, started_at = time.monotonic(), datetime.now(UTC)
    scenes = [scene for scene in SCENES if not only or scene.key in only]
    accounts = {scene.key: Account(scene.key, scene.title) for scene in scenes}
    async with shown(accounts, sys.stderr):
        await play(house, acts(only), accounts)
    figures: dict[str, Any] = {}
    with contextlib.suppress(NotSo):
        # They are shown and not judged: a scene whose call went wrong says so itself.
        figures = await house.office.figures()
    seconds = round(time.monotonic() - began, 1)
    facts = {
        "started_at": started_at.isoformat(timespec="seconds"),
        "seconds": seconds,
        "data": str(house.product.data),
    }
    report = as_json(list(accounts.values()), figures, **facts)
    text = json.dumps(report, ensure_ascii=False, indent=1) + "\n"
    (home / "report.json").write_text(text, encoding="utf-8")
    return list(accounts.values()), report
