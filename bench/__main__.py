"""``make bench``: every benchmark, or those named; tables on the screen, JSON in ``var/bench``."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

from bench import audit, calls, desk, seal, search

_BENCHES = {"audit": audit.run, "calls": calls.run, "desk": desk.run, "seal": seal.run, "search": search.run}


def main() -> None:
    """Run and report."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*_BENCHES, []], help="which (default: all)")
    parser.add_argument("--quick", action="store_true", help="short runs, to see that it works; not for figures")
    parser.add_argument("--million", action="store_true", help="desk, search: a million tickets too (half an hour)")
    parser.add_argument("--profile", action="store_true", help="desk: print where the time goes")
    arguments = parser.parse_args()
    folder = Path("var") / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    for name in arguments.names or _BENCHES:
        report = asyncio.run(_BENCHES[name](arguments))
        (folder / f"{name}.json").write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(json.dumps(report, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
