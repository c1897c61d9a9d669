"""Where attached files stand: by their hash, each once, written aside first and never whole in memory."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from common.vault import Algorithm, DataKey
from common.vault.files import seal_file, wipe
from tickets.attachment_kinds import HEAD_BYTES, AttachmentRefusedError, Kind, check_whole, clean_name, kind_of

#: Written to disk in pieces of this size.
_PIECE = 256 * 1024
_STALE_SECONDS = 24 * 3600
#: Recordings and books need the disk more than letters do.
_LEAST_FREE = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is on the shelf. ``name`` is for people; where it stands follows from ``sha256``."""

    sha256: str
    name: str
    media_type: str
    size: int


class Shelf:
    """The folder of attachments. ``most_bytes`` is the largest file that is taken."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"
        self.most_bytes = most_bytes

    async def take(self, name: str, pieces: AsyncIterator[bytes]) -> Stored:
        """Take a file as it comes in; on disk when this returns. Of a file that is refused nothing stays.

        Raises:
            AttachmentRefusedError: too large, empty, not allowed, or not what its name says.
        """
        shown = clean_name(name)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if shutil.disk_usage(self._folder).free < _LEAST_FREE + self.most_bytes:
            raise AttachmentRefusedError("暂时不能接收附件，请先不带附件提交，或稍后再试。")
        with self._draft() as (path, handle):
            digest, size, waiting = hashlib.sha256(), 0, bytearray()
            kind: Kind | None = None
            async for piece in pieces:
                size += len(piece)
                if size > self.most_bytes:
                    raise AttachmentRefusedError(f"文件超过 {self.most_bytes // 1024 // 1024} MB，请压缩或分开上传。")
                waiting += piece
                if kind is None and size >= HEAD_BYTES:
                    kind = kind_of(shown, bytes(waiting[:HEAD_BYTES]))
                if kind is not None and len(waiting) >= _PIECE:
                    await asyncio.to_thread(_write, handle, bytes(waiting), digest)
                    waiting.clear()
            kind = kind or kind_of(shown, bytes(waiting[:HEAD_BYTES]))
            await asyncio.to_thread(_finish, handle, bytes(waiting), digest, path, kind)
            sha256 = digest.hexdigest()
            await asyncio.to_thread(self._place, path, sha256)
        return Stored(sha256, shown, kind.media_type, size)

    def path(self, sha256: str) -> Path:
        """Where the file of this hash stands.

        Raises:
            ValueError: that is no hash.
        """
        if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):  # noqa: PLR2004 - 256 bits in hexadecimal
            raise ValueError("not a SHA-256 in hexadecimal")
        return self._folder / sha256[:2] / sha256

    def seal(self, sha256: str, key: DataKey, place: str, algorithm: Algorithm) -> str:
        """Put a sealed copy of a file on the shelf; gives its hash, under which it stands. Blocks.

        Raises:
            OSError: the file is not there, or the disk did not take it.
        """
        self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._incoming / secrets.token_hex(16)
        try:
            seal_file(key, self.path(sha256), draft, place, algorithm)
            with draft.open("rb") as file:
                sealed = hashlib.file_digest(file, "sha256").hexdigest()
            self._place(draft, sealed)
        finally:
            draft.unlink(missing_ok=True)
        return sealed

    def brought(self, sha256: str) -> float:
        """When a file was last brought (``st_mtime``); 0 where there is none."""
        with contextlib.suppress(FileNotFoundError):
            return self.path(sha256).stat().st_mtime
        return 0.0

    def wipe(self, sha256: str, *, unless_brought_since: float) -> bool:
        """Write over and remove a file that no ticket has any more; False where somebody has brought it anew since.

        Raises:
            OSError: it cannot be removed.
        """
        path = self.path(sha256)
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime > unless_brought_since:
                return False
            wipe(path)
        return True

    def sweep(self) -> list[str]:
        """Remove what uploads that broke off have left a day ago or earlier; gives the hashes of files as old as that.

        Some of them may belong to no ticket, where a form was refused after its files had come: see ``forget``.
        """
        for path in self._incoming.glob("*"):
            self._remove(path)
        return [path.name for path in self._folder.glob("[0-9a-f][0-9a-f]/*") if _is_stale(path)]

    def forget(self, sha256: str) -> None:
        """Remove a file that belongs to no ticket, unless somebody has brought it anew within the day."""
        self._remove(self.path(sha256))

    def _remove(self, path: Path) -> None:
        with contextlib.suppress(FileNotFoundError):
            if _is_stale(path):
                # Whose it was may have been confidential.
                wipe(path)

    @contextlib.contextmanager
    def _draft(self) -> Iterator[tuple[Path, int]]:
        self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._incoming / secrets.token_hex(16)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            yield path, handle
        finally:
            os.close(handle)
            path.unlink(missing_ok=True)

    def _place(self, draft: Path, sha256: str) -> None:
        target = self.path(sha256)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Linked, not moved: of two that bring the same file one wins, and nobody ever sees half of it.
        try:
            target.hardlink_to(draft)
        except FileExistsError:
            # Brought anew: whoever sweeps must not take it for forgotten.
            os.utime(target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _is_stale(path: Path) -> bool:
    try:
        return path.stat().st_mtime < time.time() - _STALE_SECONDS
    except FileNotFoundError:
        return False


def _write(handle: int, data: bytes, digest: hashlib._Hash) -> None:
    digest.update(data)
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def _finish(handle: int, data: bytes, digest: hashlib._Hash, path: Path, kind: Kind) -> None:
    _write(handle, data, digest)
    os.fsync(handle)
    check_whole(path, kind)
