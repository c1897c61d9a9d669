"""What of a ticket can be found, and by what: pure (R14.8, R25.1, R25.2).

Found are the matter, the address and what the category asks for. Names and numbers of people are not. Where the
reporter is protected, only the matter is, and once a unit has had it only what units get of it (A16): an excerpt, or
that a word is found at all, tells units no more than they may read. Where the ticket is confidential, nothing is.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from common.search_store import Document
from tickets.model import Ticket
from tickets.protecting import protected
from tickets.workflow_terms import Case

#: By which a search is narrowed without looking at every ticket that has the words.
UNIT, CATEGORY, OPEN = "unit", "category", "open"
_FIRST_SENTENCE = re.compile(r"[^。！？；，!?;,\n]{1,80}")
#: Fields of a category that name a person.
_OF_PERSONS = re.compile(r"姓名|名字|电话|手机|号码|证件|身份|账号|联系人|业主")


def document(ticket: Ticket, branch: Collection[str], *, is_open: bool, shut: Collection[str] = ()) -> Document | None:
    """The ticket as it may be found; None where it may not be, or nothing is known of its matter.

    What was found before must then be forgotten. ``branch`` are the codes of its category and of those above it, so
    that a search by a branch finds what hangs on its twigs; the units in ``shut`` do not find it. The matter's first
    sentence weighs as a title does.
    """
    details, case = ticket.details, ticket.case
    matter = _matter(ticket)
    if ticket.confidential or not matter.strip():
        return None
    begins = _FIRST_SENTENCE.search(matter)
    title = begins[0] if begins else ""
    rest = matter[begins.end() :] if begins else matter
    said = () if protected(details) else (details.address, *_fields(details.fields))
    facets = {UNIT: tuple(sorted(_units(case) - {*shut})), CATEGORY: tuple(branch), OPEN: ("yes" if is_open else "no",)}
    body = "\n".join(part for part in (rest, *said) if part)
    return Document(ticket.id, ticket.opened_at, title, body, case.status.value, facets)


def same_words(before: Ticket, after: Ticket) -> bool:
    """Whether both are found by the same words and, but for whether it is open, in the same narrower searches."""
    same = (before.details, before.confidential, _matter(before)) == (after.details, after.confidential, _matter(after))
    return same and (before.case is after.case or _units(before.case) == _units(after.case))


def _matter(ticket: Ticket) -> str:
    details = ticket.details
    return details.for_unit if protected(details) and ticket.case.transferred else details.matter


def _units(case: Case) -> set[str]:
    return {case.unit, case.offered_to, *case.givers, *case.tasks} - {""}


def _fields(fields: Collection[tuple[str, str]]) -> list[str]:
    return [value for name, value in fields if not _OF_PERSONS.search(name)]
