"""``hotline service``: the service alone, for a house where something else runs Asterisk."""

from __future__ import annotations

import argparse
import asyncio
import sys

from hotline import logs, service
from hotline.asterisk import load_secrets
from hotline.database import DatabaseError
from hotline.settings import load


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = subparsers.add_parser("service", help="只运行业务服务(Asterisk 由别处运行)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the service in the foreground until a signal ends it."""
    del args
    settings = load()
    logs.configure(settings)
    try:
        asyncio.run(service.run(settings, load_secrets(settings)))
    except DatabaseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
