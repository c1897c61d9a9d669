"""Looks a call up over HTTP, with the installation's token and nothing else, and holds it against what must be."""

from __future__ import annotations

import asyncio
import hashlib
import struct
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

import aiohttp

from simnet.demo.account import Account, Expected, NotSo, Track
from simnet.demo.hearing import contains
from simnet.demo.speech import Line, Speech
from simnet.product import Product
from simnet.sound import RATE, Samples, decode, read

Row = dict[str, Any]
#: Who says what is found again in which track: (track, line).
Said = Iterable[tuple[str, Line]]
T = TypeVar("T")

_A_LAW = 6
_LOOK_SECONDS = 0.3
_BOOKS_SECONDS = 15.0
#: What a recording's length in the books may differ from that of its sound.
_SAME_LENGTH = 0.01


class Office:
    """The HTTP API of the product, as a visitor with a token sees it."""

    def __init__(self, product: Product, speech: Speech) -> None:
        self._product = product
        self._speech = speech

    async def calls(self, **query: str) -> list[Row]:
        """Calls, newest first."""
        return list((await self._json("/api/v1/calls", **query))["calls"])

    async def tickets(self, **query: str) -> list[Row]:
        """Tickets, newest first."""
        return list((await self._json("/api/v1/tickets", **query))["tickets"])

    async def figures(self) -> Row:
        """Today in numbers."""
        return dict(await self._json("/api/v1/figures"))

    async def ticket_at_once(self, number: str) -> Row:
        """The ticket of the call that goes on from this number.

        Raises:
            NotSo: there is none within three seconds.
        """
        tickets = await eventually(lambda: self.tickets(number=number), bool, 3)
        if len(tickets) != 1:
            raise NotSo(f"通话进行中应有 1 张工单,查到 {len(tickets)} 张")
        return tickets[0]

    async def missed(self, number: str) -> list[Row]:
        """The calls from this number among those to be called back."""
        return await eventually(lambda: self.calls(outcome="abandoned", number=number), bool)

    async def look_up(
        self, number: str, expected: Expected, said: Iterable[tuple[str, Line]], account: Account
    ) -> None:
        """Fill the account with what the books say of the one call from this number, and with what is wrong there."""
        rows = await eventually(lambda: self.calls(number=number), lambda rows: bool(rows and rows[0]["ended_at"]))
        if len(rows) != 1:
            raise NotSo(f"通话记录应有 1 条,查到 {len(rows)} 条")
        address = f"/api/v1/calls/{rows[0]['id']}"
        row: Row = await eventually(lambda: self._json(address), lambda row: _complete(row, expected))
        account.number = row["number"] or row["claimed_number"]
        account.outcome, account.reason = row["outcome"], row["reason"]
        account.why += _differences(row, expected)
        for ticket in row["tickets"]:
            account.ticket = ticket
            account.why += _ticket_differences(await self._json(f"/api/v1/tickets/{ticket}"), row, expected)
        for recording in row["recordings"]:
            words = [line for track, line in said if track == recording["track"]]
            await self._take(recording, words, account)

    async def _take(self, recording: Row, words: list[Line], account: Account) -> None:
        wav = await self._bytes(recording["audio"])
        sound = _samples(wav)
        digest = hashlib.sha256(wav).hexdigest()
        name = recording["track"]
        account.recordings.append(Track(name, recording["who"], recording["seconds"], self._file(digest)))
        if digest != recording["sha256"]:
            account.why.append(f"录音 {name} 的 SHA-256 与记录不符")
        if abs(len(sound) / RATE - recording["seconds"]) > _SAME_LENGTH:
            account.why.append(f"录音 {name} 的长度与记录不符")
        account.why += [
            f"录音 {name} 中没有“{line.text}”" for line in words if not contains(read(self._speech.file(line)), sound)
        ]

    def _file(self, digest: str) -> str:
        """Where the people at this machine find a recording; the API does not tell strangers."""
        root = self._product.data / "recordings"
        files = (file for file in root.rglob("*.wav") if hashlib.sha256(file.read_bytes()).hexdigest() == digest)
        return next((str(file.relative_to(self._product.data)) for file in files), "")

    async def _json(self, path: str, **query: str) -> Any:
        return await self._get(path, query, lambda answer: answer.json())

    async def _bytes(self, path: str) -> bytes:
        return await self._get(path, {}, lambda answer: answer.read())

    async def _get(self, path: str, query: Row, take: Callable[[aiohttp.ClientResponse], Awaitable[T]]) -> T:
        address = f"http://{self._product.host}:{self._product.http_port}{path}"
        headers = {"Authorization": f"Bearer {self._product.token}"}
        try:
            async with (
                aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=5)) as session,
                session.get(address, params=query) as answer,
            ):
                if answer.ok:
                    return await take(answer)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NotSo(f"接口 {path} 没有应答:{type(error).__name__}") from error
        # Not aiohttp's own exception: its text has the whole address, and with it the number that was asked for.
        raise NotSo(f"接口 {path} 返回 HTTP {answer.status}")


async def eventually(look: Callable[[], Awaitable[T]], true: Callable[[T], bool], seconds: float = _BOOKS_SECONDS) -> T:
    """What is seen once it makes ``true`` true, or what is seen after so many seconds."""
    until = time.monotonic() + seconds
    # The office looks again as people do; nobody tells it.
    while not true(seen := await look()) and time.monotonic() < until:  # noqa: ASYNC110 - see above
        await asyncio.sleep(_LOOK_SECONDS)
    return seen


def _complete(row: Row, expected: Expected) -> bool:
    return bool(len(row["recordings"]) >= len(expected.tracks) and len(row["tickets"]) >= bool(expected.ticket))


def _differences(row: Row, expected: Expected) -> list[str]:
    tracks = sorted(recording["track"] for recording in row["recordings"])
    pairs: tuple[tuple[str, object, object], ...] = (
        ("结果", row["outcome"], expected.outcome),
        ("号码判断", row["reason"], expected.reason),
        ("工单数", len(row["tickets"]), int(bool(expected.ticket))),
        ("录音", tracks, sorted(expected.tracks)),
        ("录音状态", {recording["state"] for recording in row["recordings"]} - {"closed"}, set()),
    )
    return [f"{name}应为 {_said(wanted)},实为 {_said(found)}" for name, found, wanted in pairs if found != wanted]


def _ticket_differences(ticket: Row, call: Row, expected: Expected) -> list[str]:
    pairs = (
        ("工单类型", ticket["kind"], expected.ticket),
        ("工单状态", ticket["status"], "awaiting_review"),
        ("工单来源", ticket["channel"], "telephone"),
        ("工单所属通话", ticket["call_id"], call["id"]),
        ("工单上的号码", ticket["caller_number"], call["number"]),
    )
    return [f"{name}应为 {_said(wanted)},实为 {_said(found)}" for name, found, wanted in pairs if found != wanted]


def _said(value: object) -> str:
    return "、".join(map(str, value)) or "无" if isinstance(value, (list, set)) else str(value) or "无"


def _samples(wav: bytes) -> Samples:
    """The sound of an A-law WAV of 8,000 Hz, mono, found as any player would: chunk by chunk.

    Raises:
        NotSo: it is no such file.
    """
    chunks, at = {}, 12
    while wav[:4] == b"RIFF" and at + 8 <= len(wav):
        name, size = struct.unpack_from("<4sI", wav, at)
        chunks[name] = wav[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    if struct.unpack_from("<HHI", chunks.get(b"fmt ", bytes(8))) != (_A_LAW, 1, RATE):
        raise NotSo("录音不是 8000 Hz 单声道 A 律 WAV 文件")
    return decode(chunks.get(b"data", b""))
