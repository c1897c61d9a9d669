"""What a call is, on the line and in the books: frozen records that every other module speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Reason(StrEnum):
    """Why a caller id was taken or refused (R6.5, R8.1). ``accepted.*`` is taken, everything else refused."""

    MOBILE = "accepted.mobile"
    IOT = "accepted.iot"
    LANDLINE = "accepted.landline"
    LOCAL = "accepted.local"
    INTERNATIONAL = "accepted.international"
    ALLOW_LISTED = "accepted.allow-listed"
    ANONYMOUS = "withheld.anonymous"
    PRIVACY = "withheld.privacy"
    RESTRICTED = "withheld.restricted"
    UNAVAILABLE = "withheld.unavailable"
    SENTINEL = "withheld.sentinel"
    EMPTY = "withheld.empty"
    LETTERS = "abnormal.letters"
    NOT_A_NUMBER = "abnormal.not-a-number"
    LENGTH = "abnormal.length"
    PREFIX = "abnormal.prefix"
    AREA_CODE = "abnormal.area-code"
    REPEATED_DIGIT = "abnormal.repeated-digit"
    OWN_NUMBER = "abnormal.own-number"
    EMERGENCY_NUMBER = "abnormal.emergency-number"
    SHORT_CODE = "abnormal.short-code"
    INTERNATIONAL_OFF = "abnormal.international-off"
    #: A normal number, restricted for a time after abuse of the line (R8.1).
    RESTRICTED_NUMBER = "restricted"


@dataclass(frozen=True, slots=True)
class CallerId:
    """What the network claims about a caller; nobody has vouched for it.

    ``presentation`` is the Q.931 octet that Asterisk reports (``agi_callingpres``): ``& 0x60`` is 0x00 allowed,
    0x20 restricted, 0x40 unavailable.
    """

    number: str
    name: str = ""
    presentation: int = 0
    privacy: str = ""
    trunk: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What screening says of a caller id.

    ``accepted`` is what is done; ``reason`` what the rules say: they differ in shadow mode and while refusing is
    stopped on a trunk (``shadowed`` is then true). ``number`` is normalised: ``13812345678``, ``05433123456``,
    ``+442071838750``; for a refused caller it is what could be read, else empty.
    """

    accepted: bool
    reason: Reason
    number: str
    shadowed: bool = False


class Outcome(StrEnum):
    """What became of a call. A call is *connected* when a person answered, nothing less (GB/T 33358)."""

    LIVE = "live"
    ANSWERED = "answered"
    MESSAGE = "message"
    CALLBACK = "callback"
    EMERGENCY = "emergency"
    ABANDONED = "abandoned"
    REFUSED = "refused"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class CallRecord:
    """The row that stays of a call. Instants are aware UTC.

    ``id`` is Asterisk's Uniqueid of the citizen's channel with the node's name before it. ``rang_at`` is the first
    instant we know of; ``greeted_at`` when the announcement began (the channel answered); ``answered_at`` when a
    person spoke; the wait that GB/T 33358 limits to 15 s is ``answered_at - rang_at``.
    """

    id: str
    trunk: str
    dialled: str
    claimed_number: str
    number: str
    reason: str
    shadowed: bool
    rang_at: datetime
    greeted_at: datetime | None = None
    queued_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    seat: str = ""
    emergency: str = ""
    outcome: Outcome = Outcome.LIVE
    cause: int = 0
    degraded: bool = False


class Track(StrEnum):
    """Whose voice a recording holds."""

    CITIZEN = "citizen"
    AGENT = "agent"
    EMERGENCY = "emergency"
    MESSAGE = "message"


class RecordingState(StrEnum):
    """Where a recording is in its life."""

    CLOSED = "closed"
    EMPTY = "empty"
    MISSING = "missing"
    #: Of a confidential ticket's call: its file is sealed with that ticket's key (R25.1).
    SEALED = "sealed"
    #: Removed on purpose, by two persons' approval (A15).
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True)
class Recording:
    """One closed track: an A-law WAV (8,000 Hz, mono) with its hash in a signed manifest.

    ``path`` is relative to the recordings directory; ``seconds`` is the length of the audio.
    """

    id: str
    call_id: str
    track: Track
    who: str
    started_at: datetime
    seconds: float
    sha256: str
    path: str
    state: RecordingState = RecordingState.CLOSED


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that a person must see to: raised once, however often it is found, until it is cleared."""

    code: str
    detail: str
    raised_at: datetime
    cleared_at: datetime | None = None
    times: int = 1


@dataclass(frozen=True, slots=True)
class Figures:
    """The calls of one civil day in numbers.

    ``by_outcome`` counts every call, ``refused`` those not taken, by reason (``shed``: over capacity). ``offered`` are
    the calls that were taken and are over or answered; of these ``connected`` reached a person, ``within_goal`` of
    them within the goal (GB/T 33358: 15 s from the first ring, and 95 % of a day's calls connected).
    """

    day: date
    by_outcome: dict[str, int]
    refused: dict[str, int]
    offered: int
    connected: int
    within_goal: int

    @property
    def connected_share(self) -> float | None:
        """Connected calls of those offered, 0 to 1; None before the first call of the day."""
        return self.connected / self.offered if self.offered else None

    @property
    def within_goal_share(self) -> float | None:
        """Calls answered within the goal of those connected, 0 to 1; None before the first."""
        return self.within_goal / self.connected if self.connected else None
