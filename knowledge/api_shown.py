"""The knowledge base as the interface shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from pydantic import Field

from common.api.fields import Next, Shown, Stamp
from knowledge.model import CLASS_WORDS, Entry, EntryClass, Overdue, Owed, Version

#: Of a body a list shows this many characters.
_BEGINNING = 120


class EntryShown(Shown):
    """One entry in a list."""

    id: str
    title: str
    beginning: Annotated[str, Field(description="内容的开头。")]
    entry_class: EntryClass
    class_words: str
    owner: Annotated[str, Field(description="所属单位的编号。")]
    source: str
    published_on: Annotated[date, Field(description="来源文件的发布日期。")]
    expires_on: Annotated[date | None, Field(description="失效日期；长期有效时为 null。")]
    version: int
    published_at: Annotated[Stamp, Field(description="本版本入库的时间。")]
    review_by: Annotated[date, Field(description="最迟在此日复核。")]
    valid: Annotated[bool, Field(description="今天可否据以答复。")]


class EntryList(Shown):
    """What was found."""

    entries: Annotated[list[EntryShown], Field(description="可能不足 limit 条；还有没有以 next 为准。")]
    next: Next
    capped: Annotated[bool, Field(description="true：符合的太多，只比较了最新的 2000 条。")]


class VersionShown(Shown):
    """One version of an entry."""

    version: int
    title: str
    unit: Annotated[str, Field(description="提出单位的编号。")]
    submitted_at: Stamp
    published_at: Stamp
    late: Annotated[bool, Field(description="是否超过一个工作日才报送。")]


class EntryWhole(EntryShown):
    """One entry with all it says."""

    body: str
    withdrawn: bool
    versions: list[VersionShown]


class Announcements(Shown):
    """The announcements in force."""

    announcements: list[EntryWhole]


class OverdueShown(Shown):
    """Something that is overdue."""

    owed: Annotated[
        Owed,
        Field(
            description="entry 待报送的条目，review 待复核的条目，consent 待同意的建议，"
            "approval 待审核的建议，planned 计划中待编写或复核的类别。"
        ),
    ]
    id: Annotated[str, Field(description="任务、条目或建议的编号；计划中的为类别。")]
    title: str
    due: date


class OverdueUnit(Shown):
    """What one unit owes, the earliest due first."""

    unit: str
    items: list[OverdueShown]


class OverdueList(Shown):
    """What is overdue, by unit."""

    units: list[OverdueUnit]


def entry_shown(entry: Entry, today: date) -> EntryShown:
    """An entry in a list."""
    return EntryShown(**_entry(entry, today))


def entry_whole(entry: Entry, versions: Sequence[Version], today: date) -> EntryWhole:
    """An entry with everything."""
    return EntryWhole(
        **_entry(entry, today),
        body=entry.content.body,
        withdrawn=entry.withdrawn,
        versions=[
            VersionShown(
                version=one.seq,
                title=one.content.title,
                unit=one.unit,
                submitted_at=one.submitted_at,
                published_at=one.published_at,
                late=one.late,
            )
            for one in versions
        ],
    )


def overdue_shown(late: Mapping[str, Sequence[Overdue]]) -> OverdueList:
    """The list of what is overdue."""
    return OverdueList(
        units=[
            OverdueUnit(
                unit=unit,
                items=[OverdueShown(owed=one.owed, id=one.id, title=one.title, due=one.due) for one in items],
            )
            for unit, items in late.items()
        ]
    )


def _entry(entry: Entry, today: date) -> dict[str, Any]:
    content = entry.content
    return {
        "id": entry.id,
        "title": content.title,
        "beginning": content.body[:_BEGINNING],
        "entry_class": content.entry_class,
        "class_words": CLASS_WORDS[content.entry_class],
        "owner": entry.owner,
        "source": content.source,
        "published_on": content.published_on,
        "expires_on": content.expires_on,
        "version": entry.version,
        "published_at": entry.published_at,
        "review_by": entry.review_by,
        "valid": entry.valid_on(today),
    }
