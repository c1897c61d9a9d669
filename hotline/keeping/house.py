"""The settings of an installation as what keeping works with."""

from __future__ import annotations

from datetime import datetime

from common.signing import Signer
from hotline.database import Database
from hotline.keeping.ages import age
from hotline.keeping.retention import Ages, House
from hotline.settings import Settings
from tickets.attachment_shelf import Shelf


def ages(settings: Settings, now: datetime) -> Ages:
    """The rules that are in force."""
    return Ages(
        age("recordings", settings.keep_recordings_years, now),
        age("tickets", settings.keep_tickets_years, now),
        age("audit", settings.keep_audit_years, now),
    )


def house(settings: Settings, database: Database) -> House:
    """Where everything is.

    Raises:
        KeyUnusable: the signing key cannot be used.
        OSError: it cannot be read.
    """
    shelf = Shelf(settings.attachments_dir, settings.attachment_most_bytes)
    return House(database, settings.recordings_dir, shelf, Signer.in_folder(settings.secrets_dir))
