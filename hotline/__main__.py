"""The ``hotline`` command."""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import signal
import sys

from access import rights
from access.errors import NotAllowedError
from hotline import cli
from hotline.settings import SettingsError

#: Every module of ``hotline.cli`` is a verb.
VERBS = tuple(sorted(module.name for module in pkgutil.iter_modules(cli.__path__)))


def main(argv: list[str] | None = None) -> int:
    """Parse the command line and carry out one verb; the exit status is 0 only when it did what was asked."""
    parser = argparse.ArgumentParser(prog="hotline", description="12345 政务服务便民热线")
    subparsers = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    arguments = sys.argv[1:] if argv is None else argv
    asked = arguments[0].replace("-", "_") if arguments else ""
    # Only the verb that is asked for is imported: most need a tenth of what the service needs.
    for verb in (asked,) if asked in VERBS else VERBS:
        importlib.import_module(f"hotline.cli.{verb}").add(subparsers)
    args = parser.parse_args(arguments)
    try:
        args.person = _person(args.verb)
        status: int = args.run(args)
    except SettingsError as error:
        print(f"The settings cannot be used:\n{error}", file=sys.stderr)
        return 2
    except NotAllowedError as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever read has seen enough (``| head``): not a fault, and nothing more can be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    return status


def _person(verb: str) -> object:
    """Who carries it out (``hotline.cli_person``), None for the machine itself, which most verbs need alone.

    What looks a token up is imported only where one is asked for.
    """
    if rights.of_verb(verb).id == rights.OF_THE_MACHINE:
        return None
    return importlib.import_module("hotline.cli_person").person_for(verb)


if __name__ == "__main__":
    sys.exit(main())
