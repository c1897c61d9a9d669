"""Which processes of this installation are running, so that their ports are not taken for somebody else's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psutil

from hotline.preflight.finding import Finding
from hotline.settings import Settings

#: Files below ``data_dir/run`` with the process id of: the supervisor, its halves started alone, Asterisk itself.
_NOTES = {"supervisor": "监管进程", "service": "业务服务", "asterisk": "Asterisk"}


@dataclass(frozen=True, slots=True)
class Processes:
    """The live processes of this installation: ``roots`` by role, ``all_ids`` with everything they started."""

    roots: dict[str, int]
    all_ids: frozenset[int]

    def findings(self, *, starting: bool = False) -> Iterator[Finding]:
        """Says which of them run, nothing when none does; for who is ``starting`` the hotline it is a problem."""
        if not self.roots:
            return
        who = "、".join(f"{_NOTES[role]} {pid}" for role, pid in self.roots.items())
        if starting:
            ids = " ".join(map(str, self.roots.values()))
            yield Finding("running", "problem", f"热线已经在运行（{who}）", f"先停止它：kill {ids}")
        else:
            yield Finding("running", "ok", f"热线正在运行（{who}）")


def processes(settings: Settings) -> Processes:
    """The processes that the notes in the data directory name and that are still what they say."""
    roots: dict[str, int] = {}
    everyone: set[int] = set()
    for role in _NOTES:
        try:
            noted = int((settings.data_dir / "run" / f"{role}.pid").read_text(encoding="ascii"))
            process = psutil.Process(noted)
            if _is_ours(process):
                everyone |= {noted, *(child.pid for child in process.children(recursive=True))}
                roots[role] = noted
        except (OSError, ValueError, psutil.Error):
            continue  # no note, or one of a process that has ended
    return Processes(roots, frozenset(everyone))


def _is_ours(process: psutil.Process) -> bool:
    """A number that was given to another program since the note was written does not count."""
    return any(word in part for part in process.cmdline()[:8] for word in ("hotline", "asterisk"))
