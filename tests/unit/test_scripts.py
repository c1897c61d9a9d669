"""The scripts of a call, read from the caller's side: what they heard, where they went, what the books and desk got."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.channel import HungUp
from ivr.dialplans.emergency import emergency
from ivr.dialplans.intake import intake
from ivr.dialplans.menu import menu
from ivr.dialplans.waiting import callback, nobody
from ivr.model import CallerId, Outcome, Reason, Verdict
from ivr.routes import ROUTES, pick
from tests.fakes import PlainBook, ScriptedChannel, call_of, house_of, record_of


class Desk:
    """Remembers what was opened; its tickets have a number to be read out."""

    number = "20261124-000123"

    def __init__(self) -> None:
        self.opened: list[tuple[str, str]] = []

    async def open_from_call(
        self, call_id: str, number: str, kind: str, opened_at: object, recording_id: str = ""
    ) -> Desk:
        """One ticket."""
        del call_id, number, opened_at
        self.opened.append((kind, recording_id))
        return self


@pytest.fixture
def channel(tmp_path: Path) -> ScriptedChannel:
    """A caller who presses nothing."""
    return ScriptedChannel(live=tmp_path)


@pytest.fixture
def desk() -> Desk:
    """An empty desk."""
    return Desk()


async def test_who_is_taken_is_greeted(channel: ScriptedChannel, desk: Desk) -> None:
    """An ordinary number goes on to the greeting, and its verdict is in the book."""
    book = PlainBook(record_of(channel))
    await intake(call_of(channel, "new"), house_of(book, desk))
    assert channel.went == "hotline-open,s"
    assert (book.record.reason, book.record.greeted_at is not None) == ("accepted.mobile", True)


@pytest.mark.covers("R6.5", "A14")
@pytest.mark.parametrize(
    ("reason", "where"), [(Reason.PRIVACY, "hotline-refuse,withheld"), (Reason.LENGTH, "hotline-refuse,abnormal")]
)
async def test_who_is_refused_hears_why(channel: ScriptedChannel, desk: Desk, reason: Reason, where: str) -> None:
    """A refused number goes to the announcement of its kind; there is no ticket."""
    book = PlainBook(record_of(channel))

    def refuse(_: CallerId) -> Verdict:
        return Verdict(accepted=False, reason=reason, number="")

    await intake(call_of(channel, "new"), house_of(book, desk, refuse))
    assert channel.went == where
    assert (book.record.outcome, book.record.reason, desk.opened) == (Outcome.REFUSED, reason, [])


@pytest.mark.covers("R4.2")
@pytest.mark.parametrize(
    ("keys", "queue"), [("1", "heating"), ("0", "agents"), ("  ", "agents"), ("77", "agents"), ("71", "heating")]
)
async def test_the_menu_is_no_dead_end(channel: ScriptedChannel, desk: Desk, keys: str, queue: str) -> None:
    """A topic's key leads to its queue; 0, silence and wrong keys lead to a person."""
    channel.keys = keys
    await menu(call_of(channel, "menu"), house_of(PlainBook(record_of(channel)), desk))
    assert channel.went == f"hotline-wait,{queue}"


@pytest.mark.covers("R7.1")
@pytest.mark.parametrize(("key", "service"), [("1", "110"), ("2", "119"), ("3", "120"), ("4", "122")])
async def test_an_emergency_reaches_its_service(channel: ScriptedChannel, desk: Desk, key: str, service: str) -> None:
    """Each key leads to its service, with the number left for a trunk that does not show it; the record says so."""
    channel.keys = key
    book = PlainBook(record_of(channel))
    await emergency(call_of(channel, "emergency"), house_of(book, desk))
    assert channel.went == f"hotline-emergency,{service}"
    assert channel.marks["__HOTLINE_NUMBER"] == "13854301001"
    assert (book.record.emergency, book.record.outcome) == (service, Outcome.EMERGENCY)


@pytest.mark.covers("R7.1")
@pytest.mark.parametrize("keys", ["0", "  ", "59"])
async def test_an_emergency_without_a_choice_reaches_a_person(channel: ScriptedChannel, desk: Desk, keys: str) -> None:
    """0, silence and wrong keys: a person, first in line; it is an emergency all the same."""
    channel.keys = keys
    book = PlainBook(record_of(channel))
    await emergency(call_of(channel, "emergency"), house_of(book, desk))
    assert channel.went == "hotline-wait,first"
    assert book.record.outcome is Outcome.EMERGENCY


@pytest.mark.covers("R7.1")
async def test_an_emergency_needs_no_ticket_to_go_on(channel: ScriptedChannel) -> None:
    """Who hangs up in the emergency menu is in the books; whose ticket cannot be opened is put through all the same."""
    channel.gone_at = "STREAM FILE"
    book = PlainBook(record_of(channel))
    with pytest.raises(HungUp):
        await emergency(call_of(channel, "emergency"), house_of(book, desk=None))
    assert book.record.outcome is Outcome.EMERGENCY


async def test_a_message_becomes_a_ticket_whose_number_is_read_out(channel: ScriptedChannel, desk: Desk) -> None:
    """2, a matter told, thanks and the number figure by figure."""
    channel.keys = "2"
    book = PlainBook(record_of(channel))
    await nobody(call_of(channel, "nobody"), house_of(book, desk))
    assert book.record.outcome is Outcome.MESSAGE
    [(kind, recording)] = desk.opened
    assert kind == "message"
    assert recording.startswith(f"{channel.id}_message_caller_")
    figures = [name.removeprefix("tel/") for name in channel.said if name.startswith("tel/")]
    assert "".join(figures) == "20261124000123"
    assert channel.went == "hangup 16"


async def test_nothing_said_is_asked_once_more(channel: ScriptedChannel, desk: Desk) -> None:
    """A breath is no message: asked again once, then farewell with the emergency numbers, and no ticket."""
    channel.keys, channel.seconds = "2", 0.5
    await nobody(call_of(channel, "nobody"), house_of(PlainBook(record_of(channel)), desk))
    assert channel.said.count("message-again") == 1
    assert "emergency-numbers" in channel.said
    assert desk.opened == []


async def test_a_hangup_ends_a_message_and_keeps_it(channel: ScriptedChannel, desk: Desk) -> None:
    """Who hangs up after speaking has left a message."""
    channel.keys, channel.gone_at = "2", "message-thanks"
    with pytest.raises(HungUp):
        await nobody(call_of(channel, "nobody"), house_of(PlainBook(record_of(channel)), desk))
    assert [kind for kind, _ in desk.opened] == ["message"]


@pytest.mark.parametrize(("seconds", "kept"), [(3.0, True), (0.0, False)])
async def test_a_message_begun_before_a_crash(
    channel: ScriptedChannel, desk: Desk, seconds: float, *, kept: bool
) -> None:
    """What was recorded while nobody listened is kept; where nothing was, the caller is asked."""
    name = f"{channel.id}_message_caller_1795500000000"
    if seconds:
        (channel.live / f"{name}.alaw").write_bytes(b"\xd5" * int(seconds * 8000))
    channel.stage = f"message:{name}"
    await nobody(call_of(channel, "nobody", resumed=True), house_of(PlainBook(record_of(channel)), desk))
    assert ("leave-message" in channel.said) is not kept
    assert [recording == name for _, recording in desk.opened] == [kept]


@pytest.mark.parametrize(
    ("keys", "where", "kinds"), [("1", "hangup 16", ["callback"]), ("0", "hotline-wait,agents", [])]
)
async def test_a_callback_is_confirmed(
    channel: ScriptedChannel, desk: Desk, keys: str, where: str, kinds: list[str]
) -> None:
    """1 opens the ticket; 0 goes on waiting, without one."""
    channel.keys = keys
    await callback(call_of(channel, "callback"), house_of(PlainBook(record_of(channel)), desk))
    assert channel.went == where
    assert [kind for kind, _ in desk.opened] == kinds


@pytest.mark.covers("R4.2")
async def test_an_unknown_step_leads_to_a_person(channel: ScriptedChannel, desk: Desk) -> None:
    """A step that no script answers is no dead end."""
    assert "no-such-step" not in ROUTES
    await pick("no-such-step")(call_of(channel, "no-such-step"), house_of(PlainBook(record_of(channel)), desk))
    assert channel.went == "hotline-wait,first"
