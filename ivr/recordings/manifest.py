"""The signed list of a call's recordings: what there is, what it weighs, who vouches for it.

``manifest.json`` is ``{"manifest": BODY, "signature": BASE64}`` in canonical form (sorted keys, no blanks, UTF-8); the
Ed25519 signature is over BODY in that form. A later version names the SHA-256 of the file before it, which is kept as
``manifest-<version>.json``; a time stamp of a version (RFC 3161) is ``manifest-<version>.tsr``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from common.signing import Signer, is_signed
from ivr.model import Recording, RecordingState
from ivr.recordings.names import TrackName, call_folder

FILE = "manifest.json"
#: From and to, seconds from the track's beginning.
Pause = tuple[float, float]


class Damaged(Exception):  # noqa: N818 - says what is so
    """The manifest is not one that we wrote; the message says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One track in a manifest; ``state`` empty means that no file stands under its name, since nothing was said."""

    name: TrackName
    sha256: str
    seconds: float
    state: RecordingState
    pauses: tuple[Pause, ...] = ()

    def recording(self) -> Recording:
        """The row of this track."""
        name = self.name
        return Recording(
            id=name.id,
            call_id=name.call_id,
            track=name.track,
            who=name.who,
            started_at=name.started_at,
            seconds=self.seconds,
            sha256=self.sha256,
            path=name.path,
            state=self.state,
        )


@dataclass(frozen=True, slots=True)
class Manifest:
    """One version of a call's manifest. ``previous`` is the SHA-256 of the version before, empty in the first."""

    call_id: str
    version: int
    previous: str
    closed_at: datetime
    key_id: str
    stamp_wanted: bool
    entries: tuple[Entry, ...]

    def signed(self, signer: Signer) -> bytes:
        """The bytes of ``manifest.json``."""
        body = self._body()
        signature = base64.b64encode(signer.sign(_canonical(body))).decode()
        return _canonical({"manifest": body, "signature": signature})

    def _body(self) -> dict[str, object]:
        return {
            "call_id": self.call_id,
            "version": self.version,
            "previous": self.previous,
            "closed_at": _written(self.closed_at),
            "key_id": self.key_id,
            "stamp_wanted": self.stamp_wanted,
            "tracks": [
                {
                    "file": entry.name.wav_name,
                    "started_at": _written(entry.name.started_at),
                    "sha256": entry.sha256,
                    "seconds": entry.seconds,
                    "state": entry.state,
                    "pauses": entry.pauses,
                }
                for entry in self.entries
            ],
        }


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A manifest as it was read: ``sha256`` is of the whole file, ``signature`` still to be checked."""

    manifest: Manifest
    body: bytes
    signature: bytes
    sha256: str

    def is_signed_by(self, key: Ed25519PublicKey) -> bool:
        """Whether the holder of this key signed it."""
        return is_signed(self.body, self.signature, key)


def read(path: Path) -> OnDisk:
    """Read a manifest; every byte of it is accounted for, so that a changed blank is a change too.

    Raises:
        Damaged: not a manifest in the form in which we write it.
        OSError: it cannot be read; FileNotFoundError when there is none.
    """
    return parse(path.read_bytes())


def parse(data: bytes) -> OnDisk:
    """``read`` from bytes at hand.

    Raises:
        Damaged: not a manifest in the form in which we write it.
    """
    try:
        whole = json.loads(data)
        signature = base64.b64decode(whole["signature"], validate=True)
        body = whole["manifest"]
        manifest = Manifest(
            call_id=body["call_id"],
            version=body["version"],
            previous=body["previous"],
            closed_at=datetime.fromisoformat(body["closed_at"]),
            key_id=body["key_id"],
            stamp_wanted=body["stamp_wanted"],
            entries=tuple(_entry(body["call_id"], item) for item in body["tracks"]),
        )
        canonical = _canonical(manifest._body())  # noqa: SLF001 - the module's own
        again = _canonical({"manifest": body, "signature": base64.b64encode(signature).decode()})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error) as error:
        raise Damaged(f"not a manifest: {type(error).__name__}") from error
    if data != again or _canonical(body) != canonical:
        raise Damaged("not in the form in which manifests are written")
    return OnDisk(manifest, canonical, signature, hashlib.sha256(data).hexdigest())


def previous_file(version: int) -> str:
    """The name under which a superseded version is kept."""
    return f"manifest-{version}.json"


def stamp_file(version: int) -> str:
    """The name of a version's time stamp (the answer of the service, DER)."""
    return f"manifest-{version}.tsr"


def merged(old: Sequence[Entry], new: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries of the next version: those of the old one, replaced where closed anew, in order of time."""
    entries = {entry.name: entry for entry in (*old, *new)}
    return tuple(sorted(entries.values(), key=lambda entry: (entry.name.started_ms, entry.name.wav_name)))


def _entry(call_id: str, item: dict[str, Any]) -> Entry:
    name = TrackName.of_path(f"{call_folder(call_id)}/{item['file']}")
    if name is None or item["started_at"] != _written(name.started_at):
        raise ValueError("a track's name is not one of ours")
    pauses = tuple((float(start), float(end)) for start, end in item["pauses"])
    seconds = item["seconds"]
    if not isinstance(seconds, float) or not isinstance(item["sha256"], str):
        raise TypeError("a track's length or hash is of the wrong type")
    return Entry(name, item["sha256"], seconds, RecordingState(str(item["state"])), pauses)


def _written(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds")


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
