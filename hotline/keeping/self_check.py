"""The service verifies its own audit, in a process of its own; people have ``hotline verify-audit`` for it."""

from __future__ import annotations

import argparse
import sys

from hotline.cli import verify_audit

if __name__ == "__main__":
    sys.exit(verify_audit.run(argparse.Namespace(head=[], json=True)))
