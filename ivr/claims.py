"""What the dialplan copies from an INVITE about its caller, in one line that no header can break out of.

Asterisk's own caller id is not enough to judge by: it forgets a hidden From beside a P-Asserted-Identity, decodes line
breaks into AMI events, and says of a From without a number what nobody claimed. So the dialplan takes the headers as
they came, percent-encoded, into ``HOTLINE_CLAIM``, and they are read here by the function with which ``hotline
screen-call`` reads them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote

from ivr.model import CallerId
from ivr.sipheaders import from_sip

#: The channel variable; ``channelvars`` in manager.conf adds it to the events of a channel.
VARIABLE = "HOTLINE_CLAIM"

#: Presentation as Asterisk names it, then From, P-Asserted-Identity and Privacy, percent-encoded.
_LINE = re.compile(r"([a-z_]*)\|([!-{}~]*)\|([!-{}~]*)\|([!-{}~]*)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_RESTRICTED = 0x20


def read(line: str, trunk: str) -> CallerId | None:
    """The claim in a line; None if it is none, as on a channel that did not come over SIP."""
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    sender, asserted, privacy = (unquote(part) for part in found.groups()[1:])
    # Asterisk restricts for a Privacy header too, which speaks for itself; else it was a Remote-Party-ID. Its
    # "unavailable" says that there is no number, which the headers show.
    restricted = found[1].startswith("prohib") and not privacy
    claim = from_sip(sender, privacy, asserted, _RESTRICTED if restricted else 0, trunk)
    return replace(claim, number=_printable(claim.number), name=_printable(claim.name))


def _printable(text: str) -> str:
    return _CONTROL.sub("\ufffd", text)
