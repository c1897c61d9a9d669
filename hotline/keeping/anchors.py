"""Anchors of the audit: its end, signed and kept outside the database, so that even a chain made anew is found (R25.2).

``anchors/YYYY-MM-DD.json`` is the end at the beginning of a civil day; each names the one before it. ``head.json`` is
the end a minute ago. ``*.tsr`` beside a day's anchor is its time stamp (RFC 3161).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509 import Certificate

from common.signed import NotVouchedFor, opened, signed, sync_folder, write_whole
from common.signing import Signer
from common.timestamp import NotStamped, check
from hotline.audit_chain import Link

HEAD_FILE = "head.json"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.json")


@dataclass(frozen=True, slots=True)
class Anchor:
    """The end of the chain at an instant; ``name`` is the file's. ``previous`` is the SHA-256 of the anchor before."""

    name: str
    end: Link
    at: datetime
    previous: str = ""

    def document(self, signer: Signer) -> bytes:
        """The anchor as it is kept; since places have no gaps, the place is the count as well."""
        body = {"audit": self.end.hash, "count": self.end.place, "at": self.at.isoformat(), "previous": self.previous}
        return signed(body, signer)


def read(path: Path, key: Ed25519PublicKey) -> Anchor:
    """One anchor.

    Raises:
        NotVouchedFor: this installation did not sign it.
        OSError: it cannot be read.
    """
    body = opened(path.read_bytes(), key)
    try:
        link = Link(body["count"], body["audit"])
        return Anchor(path.name, link, datetime.fromisoformat(body["at"]), body["previous"])
    except (KeyError, TypeError, ValueError) as error:
        raise NotVouchedFor("signed, but no anchor of the audit") from error


def days(folder: Path) -> list[Path]:
    """The files of the daily anchors, oldest first."""
    return sorted(path for path in folder.glob("*.json") if _DAY.fullmatch(path.name))


def anchor_day(folder: Path, day: date, end: Link, at: datetime, signer: Signer) -> bool:
    """Anchor a civil day, unless that has been done; whether it was done now. Of two processes one does.

    Raises:
        OSError: it cannot be written.
    """
    path = folder / f"{day}.json"
    if path.exists():
        return False
    before = [known for known in days(folder) if known.name < path.name]
    previous = hashlib.sha256(before[-1].read_bytes()).hexdigest() if before else ""
    draft = folder / f".{path.name}.draft"
    write_whole(draft, Anchor(path.name, end, at, previous).document(signer))
    try:
        with suppress(FileExistsError):
            path.hardlink_to(draft)
            return True
        return False
    finally:
        draft.unlink(missing_ok=True)
        sync_folder(folder)


def keep_head(folder: Path, end: Link, at: datetime, signer: Signer) -> bool:
    """Keep the end outside; False, and nothing is touched, where the chain has become shorter than what is kept.

    Raises:
        NotVouchedFor: what is kept was not signed by us.
        OSError: it cannot be read or written.
    """
    path = folder / HEAD_FILE
    if path.exists():
        kept = read(path, signer.public).end
        if kept.place >= end.place:
            return kept == end
    write_whole(path, Anchor(HEAD_FILE, end, at).document(signer))
    return True


def gathered(
    folder: Path, key: Ed25519PublicKey, roots: Sequence[Certificate], more: Sequence[Path] = ()
) -> tuple[list[Anchor], list[tuple[str, str]]]:
    """All anchors that can be trusted, and of the others the file and what is wrong with it.

    ``more`` are further heads, kept elsewhere.
    """
    found: list[Anchor] = []
    wrong: list[tuple[str, str]] = []
    daily = days(folder)
    before = ""
    for path in [*daily, *(head for head in (folder / HEAD_FILE,) if head.exists()), *more]:
        try:
            anchor = read(path, key)
            data = path.read_bytes()
        except (NotVouchedFor, OSError) as error:
            wrong.append((path.name, f"锚点不可信：{error}"))
            continue
        found.append(anchor)
        if path not in daily:
            continue
        if before and anchor.previous != before:
            wrong.append((path.name, "与前一个锚点不衔接：其间的锚点被删除或更换"))
        before = hashlib.sha256(data).hexdigest()
        stamp = path.with_suffix(".tsr")
        if stamp.exists():
            try:
                check(data, stamp.read_bytes(), roots)
            except NotStamped as error:
                wrong.append((stamp.name, f"时间戳无效：{error}"))
    return found, wrong
