"""AMI messages become events, or nothing: the door is strict, and nothing breaks it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panoramisk.message import Message

from ivr.ami import events, fields, parsing
from tests.ami_fake import CALL_ID, CHANNEL, described, environment, event

_SEAT_ID = "node1-1795499382.4"
_SERVED = (
    described(_SEAT_ID, prefix="Dest").replace("\r\n", "\n")
    + "Queue: agents\nInterface: PJSIP/8001\nMemberName: 8001\nHoldTime: 4\n"
)
_KINDS = {
    "AsyncAGIStart": (
        environment(),
        events.AsyncAgiStart(
            CHANNEL, CALL_ID, CALL_ID, "hotline-ask", "new", "13854301001", "张三", 0, "12345", variables={}
        ),
    ),
    "AsyncAGIExec": (
        "Result: 200%20result%3D1%20%28a%20b%29%0A\nCommandId: e-1",
        events.AsyncAgiExec(CALL_ID, "e-1", "200 result=1 (a b)"),
    ),
    "AsyncAGIEnd": ("", events.AsyncAgiEnd(CALL_ID, CHANNEL)),
    "Hangup": ("Cause: 16\nCause-txt: Normal Clearing", events.Hangup(CALL_ID, CALL_ID, CHANNEL, 16)),
    "QueueCallerJoin": ("Queue: agents\nPosition: 2\nCount: 3", events.QueueCallerJoin(CALL_ID, "agents", 2, 3)),
    "QueueCallerLeave": ("Queue: agents\nPosition: 2\nCount: 0", events.QueueCallerLeave(CALL_ID, "agents", 2, 0)),
    "QueueCallerAbandon": (
        "Queue: agents\nPosition: 1\nOriginalPosition: 3\nHoldTime: 61",
        events.QueueCallerAbandon(CALL_ID, "agents", 1, 3, 61),
    ),
    "AgentConnect": (
        _SERVED + "RingTime: 2",
        events.AgentConnect(CALL_ID, "agents", "PJSIP/8001", "8001", _SEAT_ID, 4, 2),
    ),
    "AgentComplete": (
        _SERVED + "TalkTime: 90\nReason: caller",
        events.AgentComplete(CALL_ID, "agents", "PJSIP/8001", "8001", _SEAT_ID, 4, 90, "caller"),
    ),
    "DialEnd": (
        described(_SEAT_ID, prefix="Dest").replace("\r\n", "\n") + "DialStatus: BUSY",
        events.DialEnd(CALL_ID, CHANNEL, _SEAT_ID, "BUSY"),
    ),
    "UserEvent": (
        "UserEvent: Greeted\nStep: new\nEmpty: ",
        events.UserEvent("Greeted", CALL_ID, {"Step": "new", "Empty": ""}),
    ),
}


def _headers(text: str) -> dict[str, str | list[str]]:
    message = Message.from_line(text.removesuffix("\r\n\r\n"))
    assert message is not None
    return dict(message)


def _parsed(text: str) -> events.Event | None:
    return parsing.parse(_headers(text))


@pytest.mark.parametrize("name", _KINDS)
def test_each_kind_is_read(name: str) -> None:
    """What Asterisk writes becomes the record of its kind."""
    further, expected = _KINDS[name]
    assert _parsed(event(name, further)) == expected


def test_every_kind_has_its_case() -> None:
    """No kind of event is known that is not tried here."""
    assert set(_KINDS) | {"FullyBooted"} == parsing.KNOWN


@pytest.mark.parametrize("name", _KINDS)
def test_a_header_too_few_is_nothing(name: str) -> None:
    """Each header that an event is made of is needed: without it there is no event."""
    headers = _headers(event(name, _KINDS[name][0]))
    needed = [*fields.DESCRIPTION, *(line.split(": ")[0] for line in _KINDS[name][0].splitlines())]
    free = {"Cause-txt", "Step", "Empty"} | {
        one for one in needed if one.startswith("Dest") and one not in ("DestUniqueid", "DestChannel")
    }
    if name.startswith("Agent"):
        free.add("DestChannel")
    if name == "DialEnd":
        free.add("Channel")  # a leg that was originated has no channel that dialled
    for header in set(needed) - free:
        rest = {key: value for key, value in headers.items() if key != header}
        assert parsing.parse(rest) is None, header


@pytest.mark.parametrize("name", _KINDS)
def test_a_header_given_twice_is_nothing(name: str) -> None:
    """A caller's number that breaks out of its line to set another header spoils the event."""
    for header in ("Uniqueid", "Channel", "Context", "Exten"):
        assert _parsed(event(name, _KINDS[name][0], number=f"138\r\n{header}: forged")) is None


def test_a_new_header_inside_the_description_is_nothing() -> None:
    """Headers that Asterisk does not write between a caller's number and the channel's id spoil the event."""
    for forged in ("ChanVariable: TRUNK=inner", "Cause: 1", "uniqueid: 1.1", "X: y"):
        assert _parsed(event("Hangup", "Cause: 16", number=f"138\r\n{forged}")) is None


@pytest.mark.parametrize(
    "uniqueid", ["1795499377", "node1-1.1 ", "../1.1", "node_1-1.1", "1.1\n", "1.1.1", f"{'n' * 41}-1.1", "", "１.１"]
)
def test_only_ids_of_asterisk_are_ids(uniqueid: str) -> None:
    """A Uniqueid is a node's name, seconds and a counter; it may become the name of a file."""
    headers = _headers(event("Hangup", "Cause: 16"))
    assert parsing.parse({**headers, "Uniqueid": uniqueid}) is None


def test_a_node_without_a_name_has_ids_too() -> None:
    """Without a node's name Asterisk's ids are seconds and a counter."""
    assert _parsed(event("AsyncAGIEnd", uniqueid="1795499377.12")) == events.AsyncAgiEnd("1795499377.12", CHANNEL)


@pytest.mark.parametrize("forged", ["138\nagi_callingpres: 0", "138\nfree text", "138\n"])
def test_a_number_that_forges_the_environment_is_no_number(forged: str) -> None:
    """A caller whose number breaks out of its line in AGI's environment has claimed nothing that can be read."""
    start = _parsed(event("AsyncAGIStart", environment(number=forged), number="138"))
    assert isinstance(start, events.AsyncAgiStart)
    assert (start.number, start.name, start.presentation) == ("", "", events.UNREADABLE)
    assert start.uniqueid == CALL_ID


def test_control_characters_in_a_number_are_seen() -> None:
    """Screening sees that a number had bytes that are none of a number's, and no terminal obeys them."""
    start = _parsed(event("AsyncAGIStart", environment(number="138\x1b[2J\x00")))
    assert isinstance(start, events.AsyncAgiStart)
    assert start.number == "138\ufffd[2J\ufffd"


def test_no_number_and_a_number_called_unknown_differ() -> None:
    """A number that is not set is empty; one that says ``unknown`` is that word, for screening to judge."""
    for header, expected in (("<unknown>", ""), ("unknown", "unknown")):
        start = _parsed(event("AsyncAGIStart", environment(number="unknown"), number=header))
        assert isinstance(start, events.AsyncAgiStart)
        assert start.number == expected


def test_an_environment_of_another_channel_is_nothing() -> None:
    """The environment must be that of the channel of the event."""
    assert _parsed(event("AsyncAGIStart", environment(uniqueid="node1-1.1"))) is None


def test_channel_variables() -> None:
    """Variables that Asterisk adds to its events are read; one given twice, or a broken one, spoils the event."""
    variables = "ChanVariable: TRUNK=mobile\nChanVariable: NODE=\n"
    start = _parsed(event("AsyncAGIStart", variables + environment()))
    assert isinstance(start, events.AsyncAgiStart)
    assert start.variables == {"TRUNK": "mobile", "NODE": ""}
    assert _parsed(event("AsyncAGIStart", variables + "ChanVariable: TRUNK=x\n" + environment())) is None
    assert _parsed(event("AsyncAGIStart", "ChanVariable: no name\n" + environment())) is None


def test_a_leg_that_was_originated_ends_dialling_too() -> None:
    """DialEnd of an originated leg has no channel that dialled."""
    text = f"Event: DialEnd\r\nPrivilege: call,all\r\n{described(prefix='Dest')}DialStatus: ANSWER\r\n\r\n"
    assert _parsed(text) == events.DialEnd("", CHANNEL, CALL_ID, "ANSWER")


def test_channels_as_listed() -> None:
    """An item of CoreShowChannels becomes a snapshot; a malformed one becomes nothing."""
    further = "ChanVariable: TRUNK=a\nApplication: AGI\nApplicationData: agi:async\nDuration: 01:02:03\nBridgeId: "
    headers = _headers(event("CoreShowChannel", further))
    assert parsing.snapshot(headers) == events.ChannelSnapshot(
        uniqueid=CALL_ID,
        linkedid=CALL_ID,
        channel=CHANNEL,
        state=6,
        context="hotline-ask",
        exten="new",
        application="AGI",
        application_data="agi:async",
        number="13854301001",
        bridge_id="",
        seconds=3723,
        variables={"TRUNK": "a"},
    )
    assert parsing.snapshot({**headers, "Duration": "1 h"}) is None
    assert parsing.snapshot({**headers, "Linkedid": ["1.1", "1.2"]}) is None


_VALUES = st.text(max_size=30) | st.lists(st.text(max_size=10), max_size=3) | st.sampled_from(["1.1", "16", "a=b"])


@settings(deadline=None)  # other work on the machine must not fail a test
@given(st.sampled_from(sorted(parsing.KNOWN)), st.data())
def test_nothing_breaks_the_door(name: str, data: st.DataObject) -> None:
    """Whatever stands in the headers, parsing gives an event or nothing; ids in an event are always ids."""
    headers = _headers(event(name, _KINDS.get(name, ("", None))[0]))
    for header in data.draw(st.lists(st.sampled_from(sorted(headers.keys() - {"Event"})), max_size=4)):
        headers[header] = data.draw(_VALUES)
    parsed = parsing.parse(headers)
    parsing.snapshot(headers)
    if parsed is not None and hasattr(parsed, "uniqueid"):
        assert parsed.uniqueid == "" or set(parsed.uniqueid) <= set("node1234567890.-")


@settings(deadline=None)  # likewise
@given(st.text())
def test_no_text_breaks_the_door(text: str) -> None:
    """Whatever follows an event's name, nothing is raised."""
    message = Message.from_line("Event: Hangup\r\n" + text)
    assert message is not None
    parsing.parse(dict(message))
