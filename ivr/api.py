"""Calls, their recordings, alarms and figures over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from common import clock
from common.api.ask import Ask
from common.api.fields import Revealing
from common.api.operation import Reply, operation
from common.api.problem import ProblemKind, missing
from ivr.api_shown import (
    AlarmList,
    CallList,
    CallsQuery,
    CallWithParts,
    FiguresShown,
    OfOne,
    alarm_shown,
    call_shown,
    call_with_parts,
    figures_shown,
)
from ivr.model import RecordingState
from ivr.store import CallFilter, CallStore

NO_AUDIO = ProblemKind(
    "no-audio",
    404,
    "没有录音文件",
    "这段录音没有可听的内容：空录音，或文件已不在磁盘上。请让值班运维查看 /api/v1/alarms。",
)


@dataclass(frozen=True, slots=True)
class CallPages:
    """The telephone's part of ``/api/v1``.

    ``ticket_numbers`` gives the numbers of a call's tickets; ``goal_seconds`` is the wait within which a person should
    answer.
    """

    store: CallStore
    recordings_dir: Path
    ticket_numbers: Callable[[str], Awaitable[list[str]]]
    goal_seconds: float

    @operation("GET", "/api/v1/calls", summary="来电列表，新的在前", tag="来电", audit="calls.list")
    async def list_calls(self, ask: Ask, query: CallsQuery) -> Reply[CallList]:
        """Calls, newest first; ``outcome=abandoned`` are those to be called back."""
        wanted = CallFilter(query.outcome, query.number or "", query.since, query.until)
        page = await self.store.page(wanted, limit=query.limit, after=query.cursor)
        body = CallList(calls=[call_shown(call, ask) for call in page.rows], next=str(page.next) if page.next else None)
        return Reply(body, [call.id for call in page.rows])

    @operation("GET", "/api/v1/calls/{id}", summary="一通来电及其录音和工单", tag="来电", audit="calls.read")
    async def read_call(self, ask: Ask, ids: OfOne, query: Revealing) -> Reply[CallWithParts]:
        """One call with its recordings and the numbers of its tickets."""
        del query  # the reason in it has reached ``ask``
        call = await self.store.get(ids.id)
        if call is None:
            raise missing("通话")
        tracks = await self.store.recordings_of(ids.id)
        return Reply(call_with_parts(call, tracks, await self.ticket_numbers(ids.id), ask), [call.id])

    @operation(
        "GET",
        "/api/v1/recordings/{id}/audio",
        summary="听一段录音（WAV，可分段取）",
        tag="来电",
        audit="recordings.hear",
        media="audio/wav",
        problems=(NO_AUDIO,),
    )
    async def hear_recording(self, ask: Ask, ids: OfOne, query: Revealing) -> web.FileResponse:
        """One recording as a WAV file, whole or in ranges."""
        del query  # the reason in it has reached ``ask``
        recording = await self.store.recording(ids.id)
        if recording is None:
            raise missing("录音")
        root = self.recordings_dir.resolve()
        file = (root / recording.path).resolve()
        if recording.state is not RecordingState.CLOSED or not file.is_relative_to(root) or not file.is_file():
            raise NO_AUDIO.problem()
        await ask.saw([recording.call_id, recording.id])
        return web.FileResponse(file, headers={"Content-Type": "audio/wav", "Content-Disposition": "inline"})

    @operation("GET", "/api/v1/alarms", summary="现有的告警", tag="来电")
    async def list_alarms(self) -> AlarmList:
        """The alarms that stand now."""
        return AlarmList(alarms=[alarm_shown(alarm) for alarm in await self.store.alarms()])

    @operation("GET", "/api/v1/figures", summary="今日数字", tag="来电")
    async def read_figures(self) -> FiguresShown:
        """Today in numbers; nobody's data is in them."""
        today = clock.civil(clock.now()).date()
        return figures_shown(await self.store.figures(today, goal_seconds=self.goal_seconds))
