"""Entries that units owe the knowledge base, over HTTP: listed, and noted where one is missing (R20.2, A19).

Here and not in ``knowledge``, which knows neither tickets nor the tree of units.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from common import clock
from common.api.ask import Ask
from common.api.caller import Scope
from common.api.fields import Asked, Line, Shown, Stamp, Told
from common.api.operation import Reply, operation
from common.api.problem import BAD_BODY, CONFLICT, NO_RIGHT, NOT_FOUND, missing
from knowledge.duties import Duties
from knowledge.model import Task, TaskKind
from knowledge.store import KnowledgeStore
from tickets.details import Nature
from tickets.model import Status
from tickets.protecting import protected, redacted, shut_out
from tickets.register import Register
from tickets.seeing import may_see
from tickets.store import TicketStore

_TAG = "知识库"
_UNANSWERED = frozenset({Status.DRAFT, Status.NOT_ACCEPTED})


class TasksQuery(Asked):
    """Whose tasks are listed."""

    unit: Annotated[Line | None, Field(description="单位的编号；一级机构不写即为全部，其他单位只看得到自己的。")] = None


class PublicationTold(Told):
    """A policy that was published."""

    unit: Annotated[Line, Field(description="应报送条目的单位。")]
    title: Line
    document: Annotated[Line, Field(description="文号或网址；同一文件只产生一项任务。")]
    published_on: Annotated[date, Field(description="发布日期；次一工作日为限。")]


class ConsultationTold(Told):
    """A consultation that was answered although nothing was found."""

    ticket: Annotated[Line, Field(description="咨询的工单号；同一工单对同一单位只产生一项任务。")]
    unit: Annotated[Line, Field(description="应报送条目的单位。")]
    question: Annotated[Line, Field(description="应能答复的问题；不要写姓名、住址，号码会被去掉。")]


class TaskShown(Shown):
    """An entry that is owed."""

    id: Annotated[str, Field(description="报送时填入 task。")]
    kind: Annotated[TaskKind, Field(description="publication 新发布的政策，consultation 答复时知识库中没有的咨询。")]
    unit: str
    title: str
    about: Annotated[str, Field(description="文号、网址，或咨询的工单号。")]
    began_on: date
    due: Annotated[date, Field(description="最迟在此日报送。")]
    submitted_at: Annotated[Stamp | None, Field(description="报送的时间；尚未报送或被退回时为 null。")]
    overdue: bool


class TaskList(Shown):
    """What is owed and not yet published, the earliest due first."""

    tasks: list[TaskShown]


@dataclass(frozen=True, slots=True)
class TaskPages:
    """The tasks' part of ``/api/v1``. ``store`` writes through a ledger that knows idempotency keys."""

    store: KnowledgeStore
    tickets: TicketStore
    now: Callable[[], datetime] = clock.now

    @operation("GET", "/api/v1/knowledge/tasks", summary="各单位的待编任务", tag=_TAG)
    async def list_entry_tasks(self, ask: Ask, query: TasksQuery) -> TaskList:
        """Level 1 sees all, a unit its own (R20.2)."""
        root = (await self.tickets.register()).tree.root
        own = None if ask.caller.unit == root else ask.caller.unit
        found = await self.store.open_tasks()
        return TaskList(
            tasks=[self._shown(one) for one in found if own in {None, one.unit} and query.unit in {None, one.unit}]
        )

    @operation(
        "POST",
        "/api/v1/knowledge/tasks/publications",
        summary="登记新发布的政策，所属单位须报送条目",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
        status=201,
        problems=(CONFLICT,),
    )
    async def note_publication(self, ask: Ask, body: PublicationTold) -> Reply[TaskShown]:
        """Due on the working day after its publication (R20.2); by level 1, or by the unit for itself."""
        register = await self.tickets.register()
        if ask.caller.unit not in {register.tree.root, body.unit}:
            raise NO_RIGHT.problem("只能由一级机构或该单位自己登记。")
        self._check_unit(register, body.unit)
        if body.published_on > self._today():
            raise BAD_BODY.problem("published_on 在今日之后：政策尚未发布。")
        duties = self._duties(register)
        with ask.once(self._reply):
            return self._reply(await duties.note_publication(body.unit, body.title, body.document, body.published_on))

    @operation(
        "POST",
        "/api/v1/knowledge/tasks/consultations",
        summary="登记答复时知识库中没有的咨询，有关单位须报送条目",
        tag=_TAG,
        scope=Scope.WRITE,
        once=True,
        status=201,
        audit="knowledge.consultation",
        problems=(CONFLICT, NOT_FOUND),
    )
    async def note_consultation(self, ask: Ask, body: ConsultationTold) -> Reply[TaskShown]:
        """By who answered it (A19), due on the next working day. The unit sees the ticket's number only (R25.2)."""
        register = await self.tickets.register()
        ticket = await self.tickets.by_number(body.ticket)
        if ticket is None or not may_see(ticket, ask, register.tree):
            raise missing("工单")
        if ask.caller.unit not in {register.tree.root, body.unit}:
            raise NO_RIGHT.problem("专家座席只登记本单位应报送的条目。")
        self._check_unit(register, body.unit)
        if ticket.details.nature is not Nature.CONSULTATION:
            raise CONFLICT.problem("这件工单不是咨询。")
        if ticket.confidential:
            raise CONFLICT.problem("保密工单不登记知识库任务：任务不加密，单位和一级机构都看得到。")
        if ticket.status in _UNANSWERED:
            raise CONFLICT.problem("这件咨询还没有答复。")
        if body.unit in shut_out(ticket.details, register.tree):
            raise CONFLICT.problem("这件工单反映的就是该单位或其上级，不能由其编写。")
        question = redacted(body.question, ticket) if protected(ticket.details) else body.question
        duties = self._duties(register)
        with ask.once(self._reply):
            found = await duties.answered_without_entry(body.unit, question, ticket.number)
            return self._reply(found)

    def _duties(self, register: Register) -> Duties:
        return Duties(self.store, after=register.calendar.add, now=self.now, level_one=register.tree.root)

    def _check_unit(self, register: Register, unit: str) -> None:
        if unit not in register.units or not register.units[unit].active(self._today()):
            raise BAD_BODY.problem("没有 unit 所写的单位，或已停用。请核对编号。")

    def _today(self) -> date:
        return clock.civil(self.now()).date()

    def _reply(self, task: Task) -> Reply[TaskShown]:
        return Reply(self._shown(task), [task.about] if task.kind is TaskKind.CONSULTATION else [])

    def _shown(self, task: Task) -> TaskShown:
        return TaskShown(
            id=task.id,
            kind=task.kind,
            unit=task.unit,
            title=task.title,
            about=task.about,
            began_on=task.began_on,
            due=task.due,
            submitted_at=task.submitted_at,
            overdue=task.submitted_at is None and task.due < self._today(),
        )
