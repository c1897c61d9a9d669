"""What of a ticket can be found, and by what: pure (R14.8, R25.1, R25.2).

Found are the matter, the address and what the category asks for. Names and numbers of people are not; where the
caller's identity is to be hidden, the matter alone is (A16); where the ticket is confidential, nothing is.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from common.search_store import Document
from tickets.model import Ticket
from tickets.workflow_terms import Case

#: By which a search is narrowed without looking at every ticket that has the words.
UNIT, CATEGORY, OPEN = "unit", "category", "open"
_FIRST_SENTENCE = re.compile(r"[^。！？；，!?;,\n]{1,80}")
#: Fields of a category that name a person.
_OF_PERSONS = re.compile(r"姓名|名字|电话|手机|号码|证件|身份|账号|联系人|业主")


def document(ticket: Ticket, branch: Collection[str], *, is_open: bool) -> Document | None:
    """The ticket as it may be found; None where it may not be, or nothing is known of its matter.

    What was found before must then be forgotten. ``branch`` are the codes of its category and of those above it, so
    that a search by a branch finds what hangs on its twigs. The matter's first sentence weighs as a title does.
    """
    details, case = ticket.details, ticket.case
    if ticket.confidential or not details.matter.strip():
        return None
    begins = _FIRST_SENTENCE.search(details.matter)
    title = begins[0] if begins else ""
    rest = details.matter[begins.end() :] if begins else details.matter
    said = () if details.hide_identity else (details.address, *_fields(details.fields))
    facets = {UNIT: tuple(sorted(_units(case))), CATEGORY: tuple(branch), OPEN: ("yes" if is_open else "no",)}
    body = "\n".join(part for part in (rest, *said) if part)
    return Document(ticket.id, ticket.opened_at, title, body, case.status.value, facets)


def same_words(before: Ticket, after: Ticket) -> bool:
    """Whether both are found by the same words and, but for whether it is open, in the same narrower searches."""
    return (before.details, before.confidential) == (after.details, after.confidential) and (
        before.case is after.case or _units(before.case) == _units(after.case)
    )


def _units(case: Case) -> set[str]:
    return {case.unit, case.offered_to, *case.givers, *case.tasks} - {""}


def _fields(fields: Collection[tuple[str, str]]) -> list[str]:
    return [value for name, value in fields if not _OF_PERSONS.search(name)]
