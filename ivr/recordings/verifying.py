"""Whether a call's folder is still exactly what was closed: for the operator, the archive, the court's expert."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509 import Certificate

from common import timestamp
from common.signing import key_id
from common.vault import DataKey, TamperedError, VaultError
from common.vault.files import key_of_file, unsealed
from ivr.model import RecordingState
from ivr.recordings import manifest
from ivr.recordings.sealing import NOTE, sealed_name, sealed_place

#: The data key of a matter; a ``VaultError`` where it is not to be had.
Keys = Callable[[str], DataKey]


class Flaw(StrEnum):
    """What may be wrong with a file of a call's folder."""

    MISSING = "missing"
    CHANGED = "changed"
    ADDED = "added"
    BAD_SIGNATURE = "bad-signature"
    OTHER_KEY = "other-key"
    BROKEN_CHAIN = "broken-chain"
    UNSTAMPED = "unstamped"
    BAD_STAMP = "bad-stamp"
    #: Sealed, and whoever checks has not the key: nothing can be said of its content.
    SEALED = "sealed"
    #: Removed by two persons' approval (A15).
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True)
class Problem:
    """One flaw and the file that has it."""

    flaw: Flaw
    file: str


def verify(
    folder: Path, public_key: Ed25519PublicKey, roots: Sequence[Certificate] = (), keys: Keys | None = None
) -> list[Problem]:
    """Every changed, missing or added file of a call's folder; an empty list says that all is as it was closed.

    ``roots`` are the certificates that the time-stamp service is trusted by; without them a stamp is only compared with
    the manifest, and whoever made it stays unproved. ``keys`` gives the data keys of sealed files; others are
    reported as sealed.

    Raises:
        OSError: the folder cannot be read.
    """
    present = {entry.name for entry in folder.iterdir()}
    if manifest.FILE not in present:
        return [Problem(Flaw.MISSING, manifest.FILE)]
    try:
        newest = manifest.read(folder / manifest.FILE)
    except manifest.Damaged:
        return [Problem(Flaw.CHANGED, manifest.FILE)]
    known = {manifest.FILE, NOTE}
    problems = list(_signature(newest, manifest.FILE, public_key))
    if newest.manifest.call_id != folder.resolve().name:
        problems.append(Problem(Flaw.CHANGED, manifest.FILE))
    problems += _chain(folder, newest, known, public_key)
    problems += _stamps(folder, newest, present, known, roots)
    for entry in newest.manifest.entries:
        if entry.state is RecordingState.EMPTY:
            continue
        known |= {entry.name.wav_name, sealed_name(entry.name.wav_name)}
        if entry.name.wav_name not in present and sealed_name(entry.name.wav_name) in present:
            problems += _sealed(folder, entry, keys)
        elif entry.name.wav_name not in present and NOTE in present:
            problems.append(Problem(Flaw.DESTROYED, entry.name.wav_name))
        elif entry.name.wav_name not in present:
            problems.append(Problem(Flaw.MISSING, entry.name.wav_name))
        elif not (path := folder / entry.name.wav_name).is_file() or _digest(path) != entry.sha256:
            problems.append(Problem(Flaw.CHANGED, entry.name.wav_name))
    problems += [Problem(Flaw.ADDED, name) for name in sorted(present - known)]
    return problems


def _sealed(folder: Path, entry: manifest.Entry, keys: Keys | None) -> Iterator[Problem]:
    """The manifest vouches for the plain audio: sealed or not, it is the same."""
    path = folder / sealed_name(entry.name.wav_name)
    digest = hashlib.sha256()
    try:
        if keys is None:
            yield Problem(Flaw.SEALED, path.name)
            return
        for piece in unsealed(keys(key_of_file(path)), path, sealed_place(entry.name.id)):
            digest.update(piece)
    except TamperedError:
        yield Problem(Flaw.CHANGED, path.name)
    except VaultError:
        yield Problem(Flaw.SEALED, path.name)
    else:
        if digest.hexdigest() != entry.sha256:
            yield Problem(Flaw.CHANGED, path.name)


def _signature(version: manifest.OnDisk, file: str, key: Ed25519PublicKey) -> Iterator[Problem]:
    if version.manifest.key_id != key_id(key):
        yield Problem(Flaw.OTHER_KEY, file)
    elif not version.is_signed_by(key):
        yield Problem(Flaw.BAD_SIGNATURE, file)


def _chain(folder: Path, newest: manifest.OnDisk, known: set[str], key: Ed25519PublicKey) -> Iterator[Problem]:
    later = newest.manifest
    while later.version > 1:
        file = manifest.previous_file(later.version - 1)
        known.add(file)
        try:
            earlier = manifest.read(folder / file)
        except FileNotFoundError:
            yield Problem(Flaw.MISSING, file)
            return
        except manifest.Damaged:
            yield Problem(Flaw.CHANGED, file)
            return
        yield from _signature(earlier, file, key)
        kept = {entry.name for entry in earlier.manifest.entries} <= {entry.name for entry in later.entries}
        if later.previous != earlier.sha256 or earlier.manifest.version != later.version - 1 or not kept:
            yield Problem(Flaw.BROKEN_CHAIN, file)
            return
        later = earlier.manifest


def _stamps(
    folder: Path, newest: manifest.OnDisk, present: set[str], known: set[str], roots: Sequence[Certificate]
) -> Iterator[Problem]:
    version = newest.manifest.version
    if newest.manifest.stamp_wanted and manifest.stamp_file(version) not in present:
        yield Problem(Flaw.UNSTAMPED, manifest.FILE)
    for name in sorted(present):
        match = re.fullmatch(r"manifest-([1-9][0-9]{0,8})\.tsr", name)
        if not match or int(match[1]) > version:
            continue
        known.add(name)
        of = folder / (manifest.FILE if int(match[1]) == version else manifest.previous_file(int(match[1])))
        try:
            timestamp.check(of.read_bytes(), (folder / name).read_bytes(), roots)
        except (timestamp.NotStamped, FileNotFoundError):
            yield Problem(Flaw.BAD_STAMP, name)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
