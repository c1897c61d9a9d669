"""What is known, by whom, since when: records only (R20)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from common.clock import civil


class EntryClass(StrEnum):
    """By what entries are collected (R20.1)."""

    POLICY = "policy"
    GUIDE = "guide"
    QUESTION = "question"
    CONTACT = "contact"
    #: What every seat must know now (a street without water tonight); shown on top until it expires.
    ANNOUNCEMENT = "announcement"


CLASS_WORDS = {
    EntryClass.POLICY: "政策法规",
    EntryClass.GUIDE: "办事指南",
    EntryClass.QUESTION: "常见问题",
    EntryClass.CONTACT: "机构联系方式",
    EntryClass.ANNOUNCEMENT: "公告",
}


class Stage(StrEnum):
    """Where a proposal stands."""

    AWAITING_CONSENT = "awaiting_consent"
    AWAITING_REVIEW = "awaiting_review"
    ACCEPTED = "accepted"
    REFUSED = "refused"


OPEN_STAGES = (Stage.AWAITING_CONSENT, Stage.AWAITING_REVIEW)


@dataclass(frozen=True, slots=True)
class Clerk:
    """Who acts; ``level_one`` says that they are of the office that reviews (市长公开电话办公室)."""

    who: str
    unit: str
    level_one: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """What an entry says.

    ``published_on`` is the civil date of the source's publication; after ``expires_on`` it is no longer answered from.
    """

    title: str
    body: str
    entry_class: EntryClass
    source: str
    published_on: date
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it stands: it belongs to ``owner`` (R20.3). ``version`` counts from 1.

    By ``review_by`` somebody must have looked whether it still holds (R20.2).
    """

    id: str
    owner: str
    version: int
    content: Content
    published_at: datetime
    review_by: date
    withdrawn: bool = False

    def valid_on(self, day: date) -> bool:
        """Whether it may be answered from on a civil day."""
        expires = self.content.expires_on
        return not self.withdrawn and (expires is None or day <= expires)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A new entry or a new version that waits for consent and review.

    ``consent_of`` are the units that must still agree (R20.3), ``base`` is the version that it changes, 0 for a new
    entry; ``reuses`` an entry whose text it takes; ``task_id`` the task that it answers.
    """

    id: str
    entry_id: str
    owner: str
    content: Content
    who: str
    unit: str
    at: datetime
    stage: Stage
    base: int = 0
    consent_of: tuple[str, ...] = ()
    reuses: str = ""
    task_id: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an entry, never changed. ``due`` is the day by which a new policy had to be handed in (R20.2)."""

    entry_id: str
    seq: int
    content: Content
    who: str
    unit: str
    submitted_at: datetime
    approved_by: str
    published_at: datetime
    due: date | None = None

    @property
    def late(self) -> bool:
        """Handed in after its day; how long level 1 took to review it makes no unit late."""
        return self.due is not None and civil(self.submitted_at).date() > self.due


@dataclass(frozen=True, slots=True)
class Step:
    """Who did what with an entry, and why; never changed."""

    entry_id: str
    seq: int
    at: datetime
    who: str
    unit: str
    act: str
    why: str = ""


class TaskKind(StrEnum):
    """Why an entry is wanted."""

    #: A policy was published (R20.2).
    PUBLICATION = "publication"
    #: Somebody's question was answered although there was no entry (A19).
    CONSULTATION = "consultation"


@dataclass(frozen=True, slots=True)
class Task:
    """An entry that ``unit`` owes by the end of ``due``; ``about`` is the publication's address or the ticket's id."""

    id: str
    kind: TaskKind
    unit: str
    title: str
    about: str
    began_on: date
    due: date
    submitted_at: datetime | None = None
    done_at: datetime | None = None


#: With this begins the title of a task that made itself: a person's own wording of the question goes before it (A19).
BY_ITSELF = "咨询:"


class Owed(StrEnum):
    """What is overdue."""

    ENTRY = "entry"
    REVIEW = "review"
    CONSENT = "consent"
    APPROVAL = "approval"
    #: By level 1's plan: a first entry of a class, or another look at those that there are (R20.1).
    PLANNED = "planned"


@dataclass(frozen=True, slots=True)
class Overdue:
    """Something that ``unit`` should have done by ``due``; ``id`` is that of the task, entry or proposal."""

    unit: str
    owed: Owed
    id: str
    title: str
    due: date
