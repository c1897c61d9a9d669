"""What the tests of recordings share: a live folder, an archive, and a way to die at any step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from common.signing import Signer
from ivr.model import Track
from ivr.recordings import files
from ivr.recordings.closing import Archive
from ivr.recordings.names import TrackName

AT = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
CALL = "hotline-1795498660.12"
CITIZEN = TrackName(CALL, Track.CITIZEN, "caller", 1795498661000)
AGENT = TrackName(CALL, Track.AGENT, "8001", 1795498675250)
#: The operations that change the disk, in ``ivr.recordings.files``.
STEPS = ("write", "rename", "keep", "remove", "sync")


class Died(BaseException):
    """The process was killed here; nothing of ours catches it."""


def archive(root: Path, *, stamps: bool = False) -> Archive:
    """An archive with a fixed key."""
    return Archive(root, Signer.of(Ed25519PrivateKey.from_private_bytes(bytes(32))), stamps=stamps)


def live(folder: Path, *names: TrackName, seconds: float = 3.0) -> None:
    """Live files as Asterisk leaves them, with distinct bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name.live_name).write_bytes(audio(name, seconds))


def audio(name: TrackName, seconds: float = 3.0) -> bytes:
    """The A-law bytes of a track; a longer one begins as a shorter one does."""
    seed = name.started_ms % 251
    return bytes((seed + sample * 7) % 256 for sample in range(int(seconds * 8000)))


@contextmanager
def steps(before: Callable[[str, object], None], after: Callable[[str, object], None]) -> Iterator[None]:
    """Call ``before`` and ``after`` around each operation that changes the disk, with its name and first argument."""

    def watched(step: str) -> Callable[..., None]:
        real = getattr(files, step)

        def run(subject: object, *rest: object) -> None:
            subject = list(subject) if step == "sync" else subject  # type: ignore[call-overload]  # paths
            before(step, subject)
            real(subject, *rest)
            after(step, subject)

        return run

    with ExitStack() as stack:
        for step in STEPS:
            stack.enter_context(patch.object(files, step, watched(step)))
        yield
