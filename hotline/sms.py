"""The ways by which messages leave the house: an HTTP gateway by settings, or none at all, which shows them instead."""

from __future__ import annotations

import asyncio
import csv
import fcntl
import io
import json
import os
import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape as xml_escape

import aiohttp
from yarl import URL

from common.clock import civil
from hotline.settings_outside import SmsGateway
from tickets.outbox import Message, NotSentError, Taken

_MOST_BYTES = 64 * 1024
_KEPT_CHARACTERS = 500
_HEADINGS = ("时间", "编号", "号码", "内容")
#: Whom such a notice concerns is told by a person, who looks into the ticket (A16).
_DISCREET = "保密工单，请专人告知"


class HttpGateway:
    """A gateway of a telephone company, spoken to as ``SmsGateway`` says. The session stays the caller's to close.

    Nothing that a citizen has typed reaches the address but as a quoted parameter, and no redirect is followed: where
    messages go is the operator's word alone.
    """

    def __init__(self, session: aiohttp.ClientSession, settings: SmsGateway, now: Callable[[], datetime]) -> None:
        self._session = session
        self._settings = settings
        self._now = now
        self._escape = _escaping(settings.content_type)

    async def send(self, message: Message) -> Taken:
        """Hand over one message.

        Raises:
            NotSentError: no answer in time, or not the one that means success.
        """
        said = self._settings
        values = {"recipient": message.recipient, "text": message.text, "key": message.key}
        url = _filled(said.url, {name: quote(value, safe="") for name, value in values.items()})
        body = _filled(said.body, {name: self._escape(value) for name, value in values.items()})
        headers = {"Idempotency-Key": message.key, **said.headers}
        if body:
            headers.setdefault("Content-Type", f"{said.content_type}; charset=utf-8")
        try:
            async with self._session.request(
                said.method,
                URL(url, encoded=True),
                data=body.encode() or None,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=said.timeout_seconds),
                allow_redirects=False,
            ) as answer:
                return self._judged(answer.status, await _text(answer))
        except TimeoutError as error:
            raise NotSentError("短信网关超时未应答") from error
        except (aiohttp.ClientError, OSError) as error:
            raise NotSentError(f"短信网关无法连接：{type(error).__name__}") from error

    def _judged(self, status: int, text: str) -> Taken:
        said = self._settings
        kept = text[:_KEPT_CHARACTERS]
        if not 200 <= status < 300:  # noqa: PLR2004 - HTTP's own bounds of success
            raise NotSentError(f"短信网关应答 HTTP {status}：{kept}")
        if said.success and not re.search(said.success, text):
            raise NotSentError(f"短信网关未受理：{kept}")
        proof = {"gateway": "http", "status": str(status), "answer": kept, "answered_at": self._now().isoformat()}
        if said.message_id and (found := re.search(said.message_id, text)):
            proof["message_id"] = found[1] if found.re.groups else found[0]
        return Taken(proof)


class ShownOnly:
    """No gateway: what would be sent is written where the office can read it, one CSV file per civil day.

    Nobody has been told by this, so nothing that depends on it happens: a clerk who tells the caller records that. Of a
    confidential ticket the file says only that there is a notice.
    """

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._now = now

    async def send(self, message: Message) -> Taken:
        """Write one message down.

        Raises:
            NotSentError: the disk did not take it.
        """
        at = civil(self._now())
        path = self._folder / f"{at:%Y-%m-%d}.csv"
        told = [_DISCREET, _DISCREET] if message.discreet else [message.recipient, message.text]
        try:
            await asyncio.to_thread(_append, path, [f"{at:%H:%M:%S}", message.key, *told])
        except OSError as error:
            raise NotSentError(f"无法写入待发短信文件：{error.strerror}") from error
        return Taken({"gateway": "none", "shown": path.name}, told=False)


def blot_out(folder: Path, keys: Collection[str]) -> int:
    """Make number and text of these messages unreadable where they were shown: their tickets became confidential.

    Gives how many there were. Blocks on the disk.

    Raises:
        OSError: a file cannot be read or written.
    """
    return sum(_blotted(path, frozenset(keys)) for path in sorted(folder.glob("*.csv"))) if keys else 0


def _blotted(path: Path, keys: frozenset[str]) -> int:
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        text = file.read().decode("utf-8")
        lines, done = [], 0
        for row in csv.reader(io.StringIO(text, newline="")):
            # A message to several telephones has the notice's id with a count behind it.
            found = len(row) == len(_HEADINGS) and row[1].partition("-")[0] in keys
            done += found
            lines.append([*row[:2], *("*" * len(cell.encode()) for cell in row[2:])] if found else row)
        if done:
            new = io.StringIO(newline="")
            csv.writer(new).writerows(lines)
            file.seek(0)
            # As long as before, in the very same place of the disk.
            file.write(new.getvalue().encode())
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
    return done


def _append(path: Path, row: list[str]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    line = io.StringIO()
    csv.writer(line).writerow(row)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        # Spreadsheets take UTF-8 for what it is only behind this mark.
        fcntl.flock(handle, fcntl.LOCK_EX)
        head = f"\ufeff{','.join(_HEADINGS)}\r\n" if os.fstat(handle).st_size == 0 else ""
        os.write(handle, (head + line.getvalue()).encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def _filled(template: str, values: Mapping[str, str]) -> str:
    """The template with its placeholders; one pass, so that a text that looks like a placeholder stays text."""
    return re.sub(r"\{(recipient|text|key)\}", lambda found: values[found[1]], template)


def _escaping(content_type: str) -> Callable[[str], str]:
    if content_type.endswith("json"):
        return lambda value: json.dumps(value, ensure_ascii=False)[1:-1]
    if content_type.endswith("xml"):
        return lambda value: xml_escape(value, {'"': "&quot;", "'": "&apos;"})
    return quote_plus if content_type == "application/x-www-form-urlencoded" else str


async def _text(answer: aiohttp.ClientResponse) -> str:
    data = bytearray()
    async for piece in answer.content.iter_chunked(_MOST_BYTES):
        data += piece
        if len(data) > _MOST_BYTES:
            break
    return data[:_MOST_BYTES].decode("utf-8", "replace").replace("\0", "")
