"""A unit's answer, looked at before a person does: is it concrete and to the point (R14.5)?

Article 14 forbids answers that only list provisions. The check says in Chinese what it misses and why; it advises the
reviewer and decides nothing. Pure: the same answer and matter always give the same advice.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from common.worded import Worded
from tickets.feedback_judging import is_contact, is_stuck_on_law, same_text, substance, touches
from tickets.feedback_phrases import BOILERPLATE, CONCRETE, DONE, EMPTY, PLACEHOLDER, PROMISE, VERSION
from tickets.workflow_terms import Facts

#: Fewer telling characters than this say neither what was found nor what was done.
_LEAST = 12
_LEAST_RESULT = 4
#: Of an answer this long, so much must be more than empty phrases.
_LEAST_SHARE = 0.3
_MOST_QUOTED = 3


class Fault(Worded):
    """What can be the matter with an answer."""

    MISSING = "missing", "缺少内容"
    CITATIONS = "citations", "只列法规条文"
    TEMPLATE = "template", "套用模板"
    EMPTY = "empty", "空话套话"
    OFF_TOPIC = "off_topic", "答非所问"
    NO_RESULT = "no_result", "没有结果"
    NO_CONTACT = "no_contact", "未说明如何答复诉求人"


#: These make an answer useless to the caller; the others are hints.
SERIOUS = frozenset({Fault.MISSING, Fault.CITATIONS, Fault.TEMPLATE, Fault.EMPTY, Fault.OFF_TOPIC})


@dataclass(frozen=True, slots=True)
class Answer:
    """What a unit tells of its handling (R14.4): facts, measures, the result, and how the caller heard it."""

    facts_found: str = ""
    done: str = ""
    result: str = ""
    answered_at: datetime | None = None
    contact: str = ""

    @classmethod
    def of(cls, facts: Facts) -> Answer:
        """The answer that came with a move of the workflow."""
        return cls(facts.facts_found, facts.done, facts.result, facts.answered_at, facts.contact)

    @property
    def text(self) -> str:
        """All that was said, as one text."""
        return "。".join(part.strip() for part in (self.facts_found, self.done, self.result) if part.strip())


@dataclass(frozen=True, slots=True)
class Earlier:
    """An answer of the same unit to another ticket."""

    number: str
    text: str


@dataclass(frozen=True, slots=True)
class Matter:
    """What the answer must speak of: the caller's words, the names of the category and of the place."""

    text: str
    category: tuple[str, ...] = ()
    place: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: where, why, and which words show it."""

    fault: Fault
    why: str
    quoted: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """As the reviewer reads it."""
        shown = f"（{'、'.join(f'“{one}”' for one in self.quoted)}）" if self.quoted else ""
        return f"{self.fault.words}：{self.why}{shown}"


@dataclass(frozen=True, slots=True)
class Assessment:
    """The advice. ``version`` is that of the phrase lists."""

    findings: tuple[Finding, ...]
    version: str = VERSION

    @property
    def advises_return(self) -> bool:
        """Whether the answer had better go back to the unit; the reviewer decides."""
        return any(one.fault in SERIOUS for one in self.findings)

    @property
    def words(self) -> str:
        """The advice as the reviewer reads it."""
        if not self.findings:
            return "未发现明显问题，请审核人员阅看后决定。"
        verdict = "建议退改" if self.advises_return else "可以通过，请留意"
        return f"{verdict}：" + "；".join(one.words for one in self.findings) + "。以上仅供参考，由审核人员决定。"


def assess(answer: Answer, matter: Matter, earlier: Sequence[Earlier] = ()) -> Assessment:
    """What a reviewer should know of an answer; ``earlier`` are the unit's answers to other matters."""
    plain = Answer(
        _plain(answer.facts_found),
        _plain(answer.done),
        _plain(answer.result),
        answer.answered_at,
        _plain(answer.contact),
    )
    found = [*_missing(plain), *_said(plain, _matter(matter), earlier)]
    return Assessment(tuple(found))


def _missing(answer: Answer) -> Iterator[Finding]:
    empty = [
        name
        for name, value in (
            ("查明的事实", answer.facts_found),
            ("采取的措施", answer.done),
            ("办理结果", answer.result),
        )
        if not value
    ]
    if empty:
        yield Finding(Fault.MISSING, f"没有填写{'、'.join(empty)}（第十四条第四项、第五项）")
    if answer.answered_at is None:
        yield Finding(Fault.MISSING, "没有填写答复诉求人的时间（第十四条第四项）")
    if not is_contact(answer.contact):
        yield Finding(Fault.NO_CONTACT, "应写明以电话、当面或书面等哪种方式联系到诉求人，或为何未能联系")


def _said(answer: Answer, matter: Matter, earlier: Sequence[Earlier]) -> Iterator[Finding]:
    text = answer.text
    if not text:
        return
    rest = substance(text)
    if found := _template(text, rest, earlier):
        yield found
    if cited := is_stuck_on_law(text):
        yield Finding(
            Fault.CITATIONS, "除法律法规条文外，没有写明查到了什么、做了什么（第十四条第五项）", cited[:_MOST_QUOTED]
        )
    elif len(rest) < _LEAST or (len(rest) < _LEAST_SHARE * len(text) and not _is_concrete(rest)):
        hollow = tuple(phrase for phrase in (*EMPTY, *BOILERPLATE) if phrase in text)[:_MOST_QUOTED]
        yield Finding(Fault.EMPTY, "去掉套话后所剩无几，看不出事实和措施", hollow)
    elif not _is_concrete(rest):
        yield Finding(Fault.EMPTY, "没有一处可以核对的事实：时间、地点、数量或已完成的具体措施")
    elif answer.result and _promises_only(answer.result):
        yield Finding(Fault.NO_RESULT, "办理结果只说打算怎样做，没有说现在怎样", (answer.result[:20],))
    if matter.text and not touches(text, (matter.text, *matter.category, *matter.place)):
        yield Finding(Fault.OFF_TOPIC, "答复没有提到诉求所说的事项、地点或类别")


def _template(text: str, rest: str, earlier: Sequence[Earlier]) -> Finding | None:
    if holes := tuple(dict.fromkeys(hit[0] for hit in PLACEHOLDER.finditer(text))):
        return Finding(Fault.TEMPLATE, "留有未填写的空白", holes[:_MOST_QUOTED])
    if copied := tuple(one.number for one in earlier if same_text(text, _plain(one.text))):
        return Finding(Fault.TEMPLATE, "与本单位对其他诉求的答复几乎相同", copied[:_MOST_QUOTED])
    formulas = tuple(phrase for phrase in BOILERPLATE if phrase in text)
    if formulas and len(rest) < _LEAST:
        return Finding(Fault.TEMPLATE, "只有客套话和通用语", formulas[:_MOST_QUOTED])
    return None


def _is_concrete(rest: str) -> bool:
    return bool(DONE.search(rest) or CONCRETE.search(rest))


def _promises_only(result: str) -> bool:
    without = PROMISE.sub("", result)
    return without != result and len(substance(without)) < _LEAST_RESULT and not DONE.search(without)


def _matter(matter: Matter) -> Matter:
    return Matter(_plain(matter.text), tuple(map(_plain, matter.category)), tuple(map(_plain, matter.place)))


def _plain(text: str) -> str:
    """Folded widths, without spaces; Chinese is written with either kind of punctuation."""
    return "".join(unicodedata.normalize("NFKC", text).split())
