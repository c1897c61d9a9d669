#!/usr/bin/env python3
"""Puts the table of settings into the operators' guides: names, limits and defaults from the code, words from a file.

    scripts/settings_reference.py            write it
    scripts/settings_reference.py --check    only say whether it is up to date

Run it with the Python of the virtual environment. The status is 1 when a setting has no words in
``docs/settings.toml``, words have no setting, or a guide is not what the code says.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hotline.settings import Settings

DOCS = Path(__file__).resolve().parent.parent / "docs"
GUIDES = {"en": "operators.md", "zh": "operators.zh.md"}
BEGIN, END = "<!-- settings: made by scripts/settings_reference.py -->", "<!-- end of settings -->"

_HEADS = {"en": "| setting | value | default | for |", "zh": "| 设置 | 取值 | 缺省 | 用途 |"}
_KINDS = {
    "integer": {"en": "whole number", "zh": "整数"},
    "number": {"en": "number", "zh": "数"},
    "string": {"en": "text", "zh": "文本"},
    "array": {"en": "list", "zh": "列表"},
    "object": {"en": "table", "zh": "表"},
}
_BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}

Words = Mapping[str, Mapping[str, Any]]


def value(schema: Mapping[str, Any], language: str) -> str:
    """What a setting may be, from its JSON schema."""
    if "anyOf" in schema:
        return value(next(one for one in schema["anyOf"] if one.get("type") != "null"), language)
    if "$ref" in schema:
        return _KINDS["object"][language]
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    if schema["type"] == "boolean":
        return "`true`, `false`"
    bounds = [f"{sign} {schema[name]:g}" for name, sign in _BOUNDS.items() if name in schema]
    return " ".join([_KINDS[schema["type"]][language], ", ".join(bounds)]).strip()


def default(schema: Mapping[str, Any]) -> str:
    """The default as it is written in the environment."""
    given = schema.get("default")
    if given in (None, ""):
        return ""
    return f"`{given}`" if isinstance(given, str) else f"`{json.dumps(given, ensure_ascii=False)}`"


def table(words: Words, language: str) -> Iterator[str]:
    """The lines of the reference: a heading and a table for each group."""
    schemas = Settings.model_json_schema()["properties"]
    for group in words.values():
        yield from (f"### {group[language]}", _HEADS[language], "|---|---|---|---|")
        for name, said in group.items():
            if isinstance(said, dict):
                schema = schemas[name]
                cells = (f"`HOTLINE_{name.upper()}`", value(schema, language), default(schema), said[language])
                yield f"| {' | '.join(cells)} |"
        yield ""


def unmatched(words: Words) -> Iterator[str]:
    """Settings without words and words without a setting."""
    described = {name for group in words.values() for name, said in group.items() if isinstance(said, dict)}
    for name in sorted(Settings.model_fields.keys() - described):
        yield f"docs/settings.toml says nothing of {name}"
    for name in sorted(described - Settings.model_fields.keys()):
        yield f"docs/settings.toml describes {name}, and there is no such setting"


def main() -> int:
    """Write or check; 0 only if nothing is missing."""
    parser = argparse.ArgumentParser(description="Puts the table of settings into the operators' guides.")
    parser.add_argument("--check", action="store_true", help="only say whether it is up to date")
    parser.add_argument("--docs", type=Path, default=DOCS, help="the folder of the guides")
    args = parser.parse_args()
    docs: Path = args.docs
    words = tomllib.loads((docs / "settings.toml").read_text(encoding="utf-8"))
    faults = list(unmatched(words))
    for language, name in GUIDES.items() if not faults else ():
        text = (docs / name).read_text(encoding="utf-8")
        before, _, rest = text.partition(BEGIN)
        _, _, after = rest.partition(END)
        wanted = f"{before}{BEGIN}\n" + "\n".join(table(words, language)) + f"{END}{after}"
        if text != wanted and args.check:
            faults.append(f"docs/{name} is not what the code says; run scripts/settings_reference.py")
        elif text != wanted:
            (docs / name).write_text(wanted, encoding="utf-8")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
