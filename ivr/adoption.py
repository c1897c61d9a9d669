"""After a gap: what lives in Asterisk, what the books know, and what the journal noted are brought together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog

from common import clock
from ivr import claims, notes
from ivr.ami.client import AmiClient
from ivr.ami.events import ChannelSnapshot
from ivr.ami.messages import AmiError
from ivr.book import Book
from ivr.call import Facts
from ivr.journal import Journal
from ivr.model import CallerId, CallRecord, Outcome, Verdict

log = structlog.get_logger(__name__)

#: The dialplan's context in which a channel waits for the service.
_ASK = "hotline-ask"


@dataclass(frozen=True, slots=True)
class Adopted:
    """A live call that waits in AGI for somebody to go on with its step."""

    channel: str
    call_id: str
    facts: Facts


class Adoption:
    """Brings the books into line with Asterisk after a start or a lost line.

    ``open_calls`` are the calls that have not ended as far as the database knows, ``stored`` one call of it;
    ``normalise`` reads a claimed number without counting it.
    """

    def __init__(
        self,
        client: AmiClient,
        journal: Journal,
        open_calls: Callable[[], Awaitable[list[CallRecord]]],
        stored: Callable[[str], Awaitable[CallRecord | None]],
        normalise: Callable[[CallerId], Verdict],
    ) -> None:
        self._client = client
        self._journal = journal
        self._open_calls = open_calls
        self._stored = stored
        self._normalise = normalise

    async def adopt(self, book: Book) -> list[Adopted]:
        """Put every live call into the book, close those that are gone, and say which wait for a script.

        Raises:
            AmiError: the line was lost again meanwhile.
        """
        known = {record.id: record for record in await self._open_calls()}
        live = [channel for channel in await self._client.channels() if _is_citizen(channel)]
        # The journal after the listing: a call that ended in between is in one of them at least.
        noted = await asyncio.to_thread(self._journal.read)
        waiting: list[Adopted] = []
        for channel in live:
            note = await self._ask(channel)
            record = self._join(known.pop(channel.uniqueid, None), note)
            if record is None:
                continue
            book.open(record)
            # Not by the application: within AGI, EXEC shows the application that it runs.
            if channel.context == _ASK:
                claimed = claims.read(channel.variables.get(claims.VARIABLE, ""), record.trunk)
                caller_id = claimed or CallerId(channel.number, trunk=record.trunk)
                facts = Facts(channel.exten, caller_id, record.dialled, resumed=True)
                waiting.append(Adopted(channel.channel, channel.uniqueid, facts))
        book.enter(_gone(record, noted.get(record.id)) for record in known.values())
        for call_id, note in noted.items():
            if call_id in known or call_id in book:
                continue
            if await self._stored(call_id) is None:
                book.enter([notes.fresh(note, self._normalise(CallerId(note.number, trunk=note.trunk)))])
            else:
                # The end was written, and then the service died before it took the note away.
                self._journal.remove(call_id)
        await book.written()
        log.info("the books are in line with Asterisk", live=len(live), gone=len(known), noted=len(noted))
        return waiting

    def _join(self, record: CallRecord | None, note: notes.Note | None) -> CallRecord | None:
        if note is None:
            return record
        if record is not None:
            return notes.merge(record, note)
        return notes.fresh(note, self._normalise(CallerId(note.number, trunk=note.trunk)))

    async def _ask(self, channel: ChannelSnapshot) -> notes.Note | None:
        try:
            reply = await self._client.action("Getvar", Channel=channel.channel, Variable=f"EVAL({notes.EXPRESSION})")
        except AmiError:
            return None
        return notes.read(reply.fields.get("Value", ""))


def _is_citizen(channel: ChannelSnapshot) -> bool:
    """The channel that a call came in on; legs dialled for it carry its id as Linkedid."""
    return (
        channel.channel.startswith("PJSIP/")
        and channel.uniqueid == channel.linkedid
        and channel.context.startswith("hotline-")
    )


def _gone(record: CallRecord, note: notes.Note | None) -> CallRecord:
    """The last record of a call that ended unseen; where nothing tells how, it is lost."""
    if note is not None:
        return notes.merge(record, note)
    outcome = Outcome.LOST if record.outcome is Outcome.LIVE else record.outcome
    return replace(record, ended_at=clock.now(), outcome=outcome)
