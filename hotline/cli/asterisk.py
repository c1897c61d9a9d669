"""``hotline asterisk``: renders the configuration and becomes Asterisk, for a container of its own."""

from __future__ import annotations

import argparse
import os
import sys

from hotline.asterisk import command, load_secrets, render
from hotline.settings import load
from hotline.toolchain import ToolchainError, find
from hotline.voice_build import build


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = subparsers.add_parser("asterisk", help="只运行 Asterisk(按本系统的配置)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Render, make the announcements, and exec; returns only when that fails."""
    del args
    settings = load()
    try:
        toolchain = find(settings.data_dir)
    except ToolchainError as error:
        print(error, file=sys.stderr)
        return 1
    line = command(toolchain, render(settings, toolchain, load_secrets(settings)))
    build(settings)
    os.execv(line[0], line)  # noqa: S606 - becoming Asterisk is the purpose
    return 1
