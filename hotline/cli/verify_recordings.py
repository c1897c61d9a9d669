"""``hotline verify-recordings``: whether closed recordings are still exactly what was closed."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from common.signing import Signer
from common.timestamp import load_roots
from common.vault import DataKey, KeyMissingError, VaultError
from common.vault.files import key_of_file
from common.vault.store import keys_of
from hotline.database import DatabaseError, opened
from hotline.sealing_keys import vault_of
from hotline.settings import Settings, load
from ivr.recordings.sealing import is_sealed_name
from ivr.recordings.verifying import Keys, verify


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = subparsers.add_parser("verify-recordings", help="核验录音是否与封存时完全一致")
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER", help="某通或某日的录音目录;缺省为全部")
    parser.add_argument("--json", action="store_true", help="以 JSON 输出")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Look at every call's folder; 0 only if all are whole, 2 where a folder does not exist."""
    settings = load()
    wanted: list[Path] = args.folders or [settings.recordings_dir]
    if absent := [folder for folder in wanted if not folder.is_dir()]:
        print(*(f"没有这个目录: {folder}" for folder in absent), sep="\n", file=sys.stderr)
        return 2
    try:
        found = _problems(settings, wanted)
    except DatabaseError as problem:
        print(problem, file=sys.stderr)
        return 2
    wrong = {folder: problems for folder, problems in found.items() if problems}
    if args.json:
        print(json.dumps({"calls": len(found), "problems": wrong}, ensure_ascii=False, indent=1))
    else:
        for folder, problems in wrong.items():
            print(f"✘ {folder}", *(f"    {problem}" for problem in problems), sep="\n")
        print(f"核验 {len(found)} 通来电的录音,{len(wrong)} 通有问题。")
    return 1 if wrong else 0


def _problems(settings: Settings, wanted: list[Path]) -> dict[str, list[str]]:
    key = Signer.in_folder(settings.secrets_dir).public
    roots = load_roots(settings.timestamp_roots) if settings.timestamp_roots else ()
    folders = list(_calls(wanted))
    keys = asyncio.run(_keys(settings, folders))
    return {
        str(folder): [f"{problem.flaw.value}: {problem.file}" for problem in verify(folder, key, roots, keys)]
        for folder in folders
    }


async def _keys(settings: Settings, folders: list[Path]) -> Keys:
    """The data keys of what is sealed in these folders; the books are asked only where something is."""
    sealed = [file for folder in folders for file in folder.iterdir() if is_sealed_name(file.name)]
    subjects = {key_of_file(file) for file in sealed} - {""}
    found: dict[str, DataKey | VaultError] = {}
    if subjects:
        async with opened(settings.database) as database, database.reads.connect() as connection:
            vault = vault_of(settings)
            found = await connection.run_sync(lambda plain: keys_of(plain, vault, subjects))

    def key(subject: str) -> DataKey:
        known = found.get(subject, KeyMissingError(subject, "没有它的数据密钥"))
        if isinstance(known, VaultError):
            raise known
        return known

    return key


def _calls(wanted: list[Path]) -> Iterator[Path]:
    """The folders of calls below the folders that are wanted."""
    for top in wanted:
        for folder in (top, *sorted(top.rglob("*"))):
            if (folder / "manifest.json").is_file() or (folder.is_dir() and any(folder.glob("*.wav*"))):
                yield folder
