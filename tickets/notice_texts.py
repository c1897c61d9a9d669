"""The words of what callers are told (A18), as dated, versioned data. A notice keeps its text, whatever changes later.

A text for a confidential ticket names neither the matter nor why: whoever reads along learns that somebody has asked
something (A16).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from common.worded import Worded


class NoticeKind(Worded):
    """What a notice is about."""

    ACCEPTED = "accepted", "受理告知"
    EXTENDED = "extended", "延期告知"
    WAITING = "waiting", "待补充告知"
    NOT_ACCEPTED = "not_accepted", "不予受理告知"
    FINISHED = "finished", "办结告知"
    SURVEY = "survey", "满意度征询"
    UNIT = "unit", "承办提醒"
    WARNING = "warning", "督办提醒"
    ALERT = "alert", "热点预警"


_NAMES = frozenset({"number", "code", "limit", "reason", "channel", "way"})


@dataclass(frozen=True)
class NoticeTexts:
    """The texts in force from ``valid_from`` on. ``discreet`` are those for confidential tickets.

    Each may name ``number``, ``code``, ``limit``, ``reason``, ``channel``, ``way`` in braces; a discreet one only the
    first three.

    Raises:
        ValueError: a kind has no text, or a text names what it must not.
    """

    version: str
    valid_from: date
    plain: Mapping[NoticeKind, str]
    discreet: Mapping[NoticeKind, str]
    known: frozenset[str] = field(default=_NAMES, repr=False)

    def __post_init__(self) -> None:
        for texts, names in ((self.plain, self.known), (self.discreet, self.known - {"reason", "channel", "way"})):
            for kind in TO_CALLERS:
                if kind not in texts:
                    raise ValueError(f"texts {self.version} lack {kind.value}")
                try:
                    texts[kind].format(**dict.fromkeys(names, ""))
                except (KeyError, IndexError, ValueError) as error:
                    raise ValueError(f"texts {self.version}: {kind.value} names {error}") from error
        object.__setattr__(self, "plain", MappingProxyType(dict(self.plain)))
        object.__setattr__(self, "discreet", MappingProxyType(dict(self.discreet)))


#: Kinds that callers get; the others go to units and are written by the desk.
TO_CALLERS = (
    NoticeKind.ACCEPTED,
    NoticeKind.EXTENDED,
    NoticeKind.WAITING,
    NoticeKind.NOT_ACCEPTED,
    NoticeKind.FINISHED,
    NoticeKind.SURVEY,
)

_FIRST = NoticeTexts(
    version="2026-1",
    valid_from=date(2020, 10, 13),
    plain={
        NoticeKind.ACCEPTED: "【12345】您的诉求已受理，工单号{number}，查询码{code}。凭此查询进展，请勿告诉他人。",
        NoticeKind.EXTENDED: "【12345】您的诉求（工单号{number}）因{reason}，办理期限延至{limit}。",
        NoticeKind.WAITING: "【12345】您的诉求（工单号{number}）需要补充材料：{reason}。请于{limit}前{way}。",
        NoticeKind.NOT_ACCEPTED: "【12345】您的诉求（工单号{number}）{reason}。{channel}。",
        NoticeKind.FINISHED: "【12345】您的诉求（工单号{number}）已办理完毕，稍后将回访听取您的意见。",
        NoticeKind.SURVEY: "【12345】您的诉求（工单号{number}）多次回访未接通。是否解决、是否满意，请回电12345告知。",
    },
    discreet={
        NoticeKind.ACCEPTED: "【12345】您登记的事项编号{number}，查询码{code}，请勿告诉他人。",
        NoticeKind.EXTENDED: "【12345】编号{number}的事项办理期限延至{limit}，原因请致电12345了解。",
        NoticeKind.WAITING: "【12345】编号{number}的事项有新情况，请致电12345了解。",
        NoticeKind.NOT_ACCEPTED: "【12345】编号{number}的事项有新情况，请致电12345了解。",
        NoticeKind.FINISHED: "【12345】编号{number}的事项有新情况，工作人员将与您联系。",
        NoticeKind.SURVEY: "【12345】编号{number}的事项，工作人员曾与您联系未果，请致电12345。",
    },
)

#: Oldest first. Texts that were in force stay here: rows may be added, none changed.
TEXTS: Sequence[NoticeTexts] = (_FIRST,)


def way_to_bring(link: str) -> str:
    """How a caller brings material: by a link that holds once, or by telling the hotline (R14.2)."""
    return f"打开 {link} 提交（仅限一次）" if link else "凭工单号和查询码在网上补充，或拨打12345"


def notice_text(kind: NoticeKind, day: date, *, confidential: bool, **told: str) -> str:
    """The text of a notice to a caller; what a text does not name is left out.

    ``told`` gives ``number`` and what else the text needs; what is not given reads as nothing.
    """
    texts = next((one for one in reversed(TEXTS) if one.valid_from <= day), TEXTS[0])
    pattern = (texts.discreet if confidential else texts.plain)[kind]
    return pattern.format(**{**dict.fromkeys(texts.known, ""), **{name: _trimmed(text) for name, text in told.items()}})


def _trimmed(text: str) -> str:
    """Typed reasons end with a full stop as often as not, and may be long or of several lines."""
    line = " ".join(text.split())[:200]
    return line.rstrip("。.；;，, ")
