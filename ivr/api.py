"""Calls, their recordings, alarms and figures over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from common import clock
from common.api import Parameters, Problem, Shown, is_id, missing, stamp
from common.audit import Audit
from common.paging import Page
from ivr.model import Alarm, CallRecord, Figures, Outcome, Recording, RecordingState
from ivr.store import CallFilter, CallStore


@dataclass(frozen=True, slots=True)
class CallPages:
    """The telephone's part of ``/api/v1``.

    ``ticket_numbers`` gives the numbers of a call's tickets; ``goal_seconds`` is the wait within which a person should
    answer.
    """

    store: CallStore
    audit: Audit
    recordings_dir: Path
    ticket_numbers: Callable[[str], Awaitable[list[str]]]
    goal_seconds: float

    def routes(self) -> list[web.RouteDef]:
        """What is served."""
        return [
            web.get("/api/v1/calls", self.list_calls),
            web.get("/api/v1/calls/{id}", self.one_call),
            web.get("/api/v1/recordings/{id}/audio", self.audio),
            web.get("/api/v1/alarms", self.alarms),
            web.get("/api/v1/figures", self.figures),
        ]

    async def list_calls(self, request: web.Request) -> web.StreamResponse:
        """Calls, newest first; ``outcome=abandoned`` are those to be called back."""
        asked = Parameters(request, "limit", "cursor", "outcome", "number", "since", "until", "reveal")
        shown = Shown(request, self.audit, "calls.list", asked.reveal())
        wanted = CallFilter(
            asked.choice("outcome", Outcome), asked.number(), asked.instant("since"), asked.instant("until")
        )
        page: Page[CallRecord] = await self.store.page(wanted, limit=asked.limit(), after=asked.cursor())
        rows = [_call(call, shown) for call in page.rows]
        body = {"calls": rows, "next": str(page.next) if page.next else None}
        return await shown.answer(body, [call.id for call in page.rows])

    async def one_call(self, request: web.Request) -> web.StreamResponse:
        """One call with its recordings and the numbers of its tickets."""
        shown = Shown(request, self.audit, "calls.read", Parameters(request, "reveal").reveal())
        name = request.match_info["id"]
        call = await self.store.get(name) if is_id(name) else None
        if call is None:
            raise missing("通话")
        tracks = [_recording(track) for track in await self.store.recordings_of(name)]
        body = {**_call(call, shown), "recordings": tracks, "tickets": await self.ticket_numbers(name)}
        return await shown.answer(body, [call.id])

    async def audio(self, request: web.Request) -> web.StreamResponse:
        """One recording as a WAV file, whole or in ranges."""
        shown = Shown(request, self.audit, "recordings.hear", Parameters(request, "reveal").reveal())
        name = request.match_info["id"]
        recording = await self.store.recording(name) if is_id(name) else None
        if recording is None:
            raise missing("录音")
        root = self.recordings_dir.resolve()
        file = (root / recording.path).resolve()
        if recording.state is not RecordingState.CLOSED or not file.is_relative_to(root) or not file.is_file():
            detail = "这段录音没有可听的内容：空录音，或文件已不在磁盘上。请让值班运维查看 /api/v1/alarms。"
            raise Problem(404, "no-audio", "没有录音文件", detail)
        await shown.log([recording.call_id, recording.id])
        return web.FileResponse(file, headers={"Content-Type": "audio/wav", "Content-Disposition": "inline"})

    async def alarms(self, request: web.Request) -> web.StreamResponse:
        """The alarms that stand now."""
        Parameters(request)
        return web.json_response({"alarms": [_alarm(alarm) for alarm in await self.store.alarms()]})

    async def figures(self, request: web.Request) -> web.StreamResponse:
        """Today in numbers; nobody's data is in them."""
        Parameters(request)
        today = clock.civil(clock.now()).date()
        return web.json_response(_figures(await self.store.figures(today, goal_seconds=self.goal_seconds)))


def _call(call: CallRecord, shown: Shown) -> dict[str, Any]:
    wait = (call.answered_at - call.rang_at).total_seconds() if call.answered_at else None
    return {
        "id": call.id,
        "number": shown.number(call.number),
        "claimed_number": shown.number(call.claimed_number),
        "dialled": call.dialled,
        "trunk": call.trunk,
        "reason": call.reason,
        "shadowed": call.shadowed,
        "outcome": call.outcome,
        "rang_at": stamp(call.rang_at),
        "greeted_at": stamp(call.greeted_at),
        "queued_at": stamp(call.queued_at),
        "answered_at": stamp(call.answered_at),
        "ended_at": stamp(call.ended_at),
        "wait_seconds": wait,
        "seat": call.seat,
        "emergency": call.emergency,
        "cause": call.cause,
        "degraded": call.degraded,
    }


def _recording(track: Recording) -> dict[str, Any]:
    return {
        "id": track.id,
        "track": track.track,
        "who": track.who,
        "started_at": stamp(track.started_at),
        "seconds": track.seconds,
        "sha256": track.sha256,
        "state": track.state,
        "audio": f"/api/v1/recordings/{track.id}/audio",
    }


def _alarm(alarm: Alarm) -> dict[str, Any]:
    return {"code": alarm.code, "detail": alarm.detail, "raised_at": stamp(alarm.raised_at), "times": alarm.times}


def _figures(figures: Figures) -> dict[str, Any]:
    return {
        "day": figures.day.isoformat(),
        "by_outcome": figures.by_outcome,
        "refused": figures.refused,
        "offered": figures.offered,
        "connected": figures.connected,
        "connected_share": figures.connected_share,
        "within_goal": figures.within_goal,
        "within_goal_share": figures.within_goal_share,
    }
