"""What a recording's file names say: everything that closing needs, whoever comes to close it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from common.clock import CIVIL
from ivr.model import Track

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CALL = r"(?P<call>[A-Za-z][A-Za-z0-9-]{0,30}-(?P<began>[0-9]{10})\.[0-9]{1,10})"
_TRACK = rf"(?P<track>{'|'.join(Track)})"
_WHO = r"(?P<who>caller|[0-9]{1,20})"
_MS = r"(?P<ms>[0-9]{13})"
_LIVE = re.compile(rf"{_CALL}_{_TRACK}_{_WHO}_{_MS}\.alaw")
_CLOSED = re.compile(rf"[0-9]{{4}}/[0-9]{{2}}/[0-9]{{2}}/{_CALL}/{_TRACK}-{_WHO}-{_MS}\.wav")
_FOLDER = re.compile(rf"[0-9]{{4}}/[0-9]{{2}}/[0-9]{{2}}/{_CALL}")


@dataclass(frozen=True, slots=True)
class TrackName:
    """One speaker's leg of one call.

    ``who`` is the seat's or emergency service's digits, or ``caller``; ``started_ms`` is milliseconds since the epoch.
    """

    call_id: str
    track: Track
    who: str
    started_ms: int

    @classmethod
    def of_live(cls, name: str) -> TrackName | None:
        """Read ``<call id>_<track>_<who>_<start, ms>.alaw``; None when the name is not exactly of that form."""
        return cls._of(_LIVE.fullmatch(name))

    @classmethod
    def of_path(cls, path: str) -> TrackName | None:
        """Read a closed recording's path, relative to the recordings directory; None when it is not one of ours."""
        name = cls._of(_CLOSED.fullmatch(path))
        return name if name and name.path == path else None

    @classmethod
    def _of(cls, match: re.Match[str] | None) -> TrackName | None:
        if match is None:
            return None
        return cls(match["call"], Track(match["track"]), match["who"], int(match["ms"]))

    @property
    def id(self) -> str:
        """The recording's id: the same however often the file is closed."""
        return f"{self.call_id}_{self.track}_{self.who}_{self.started_ms}"

    @property
    def live_name(self) -> str:
        """The file that Asterisk writes."""
        return f"{self.id}.alaw"

    @property
    def wav_name(self) -> str:
        """The closed file, in the call's folder."""
        return f"{self.track}-{self.who}-{self.started_ms}.wav"

    @property
    def path(self) -> str:
        """The closed file, relative to the recordings directory."""
        return f"{call_folder(self.call_id)}/{self.wav_name}"

    @property
    def started_at(self) -> datetime:
        """When the leg began to be recorded, aware UTC."""
        return _EPOCH + timedelta(milliseconds=self.started_ms)


def call_folder(call_id: str) -> str:
    """Where a call's recordings stand: ``YYYY/MM/DD/<call id>``, relative to the recordings directory.

    The day is the civil day on which the call began (its id says when), not each track's own: a call over midnight
    stays in one folder, under one manifest.

    Raises:
        ValueError: not a call id.
    """
    match = re.fullmatch(_CALL, call_id)
    if match is None:
        raise ValueError(f"{call_id!r} is not a call id such as hotline-1795498660.12")
    began = datetime.fromtimestamp(int(match["began"]), CIVIL)
    return f"{began.year:04}/{began.month:02}/{began.day:02}/{call_id}"


def call_of_folder(folder: str) -> str | None:
    """The call whose folder this is (relative to the recordings directory); None when it is no call's folder."""
    match = _FOLDER.fullmatch(folder)
    return match["call"] if match and call_folder(match["call"]) == folder else None
