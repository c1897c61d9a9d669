"""What stands in the live folder, and whose it is."""

from __future__ import annotations

import os
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path

from ivr.recordings.names import TrackName
from ivr.recordings.writers import being_written


@dataclass(slots=True)
class Scan:
    """The live folder at one moment: calls that may be closed, how many still write, and files that are not ours."""

    calls: dict[str, list[TrackName]] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)
    strangers: set[str] = field(default_factory=set)


def scan(live: Path, live_ids: AbstractSet[str]) -> Scan:
    """Look through the live folder.

    A call is left alone as long as it is live, or any of its files is still being written: a leg may outlast the
    hangup by a moment, and a call may be younger than ``live_ids``. Blocks on the disk: call it in a thread.

    Raises:
        OSError: the folder cannot be read.
    """
    found = Scan()
    with os.scandir(live) as entries:
        for entry in entries:
            call_id = entry.name.partition("_")[0]
            if call_id in live_ids:
                continue
            name = TrackName.of_live(entry.name)
            if name is None or not entry.is_file(follow_symlinks=False):
                found.strangers.add(entry.name)
            elif call_id not in found.busy:
                _take(found, name, live / entry.name)
    for call_id in found.busy:
        found.calls.pop(call_id, None)
    return found


def _take(found: Scan, name: TrackName, path: Path) -> None:
    try:
        busy = being_written(path)
    except FileNotFoundError:
        return
    except OSError:
        # It cannot be read; closing will say so, with the call's id.
        busy = False
    if busy:
        found.busy.add(name.call_id)
    else:
        found.calls.setdefault(name.call_id, []).append(name)
