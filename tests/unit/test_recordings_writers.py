"""Whether a file is still being written is known from the kernel, or else from its age."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from ivr.recordings.writers import QUIET_SECONDS, being_written


def test_an_open_writer_is_seen_and_its_end_too(tmp_path: Path) -> None:
    """However long it has written nothing; a reader does not count."""
    path = tmp_path / "track"
    with path.open("wb") as writer:
        writer.flush()
        os.utime(path, (0, 0))
        assert being_written(path)
    with path.open("rb"):
        assert not being_written(path)


def test_where_the_kernel_cannot_tell_the_age_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a file system without leases a file counts as finished once it has been quiet for long enough."""
    path = tmp_path / "track"
    path.write_bytes(b"x")

    def refuse(*_: object) -> int:
        raise OSError(errno.EINVAL, "no leases here")

    monkeypatch.setattr("fcntl.fcntl", refuse)
    assert being_written(path)
    quiet = time.time() - QUIET_SECONDS - 1
    os.utime(path, (quiet, quiet))
    assert not being_written(path)
