"""A state secret that was taken in: two persons, every copy, a tombstone, and no way back by a backup."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from common.api.caller import Caller, Scope
from common.vault.store import data_keys
from hotline.database import Database
from hotline.destruction import Destroyer, DestructionLoop, StillTalkingError
from hotline.tokens import Tokens
from ivr.model import RecordingState
from ivr.recordings.verifying import Flaw, verify
from tests import recordings_kit
from tests.books import call
from tests.city import REVIEWER, handler
from tests.outside_kit import served
from tests.sealing_kit import CALL, House, house
from tests.vault_kit import required
from tickets import destroying
from tickets.api_destroying import DestructionPages
from tickets.destroying import Destruction, Reason
from tickets.errors import NotReadyError, SealedTicketError
from tickets.model import Ticket
from tickets.store import TicketFilter
from tickets.workflow_moves import Move

pytestmark = pytest.mark.covers("A15", "R6.6")


def destroyer(here: House) -> Destroyer:
    """Who carries it out in this house."""
    books = here.at.books
    return Destroyer(
        books.database,
        books.tickets,
        books.calls,
        here.loop._places,
        here.folder / "live",
        here.folder / "journal",
        lambda: here.at.now,
    )


async def asked(here: House, ticket: Ticket, who: str = "安全员甲") -> str:
    """Somebody has asked for it."""
    now = here.at.now
    return await here.at.books.tickets.run(
        partial(destroying.ask, ticket_id=ticket.id, reason=Reason.STATE_SECRET, who=who, now=now)
    )


async def approved(here: House, wish: str, who: str = "安全员乙") -> Destruction:
    """And somebody has approved it."""
    now = here.at.now
    return await here.at.books.tickets.run(partial(destroying.approve, destruction_id=wish, who=who, now=now))


@pytest.mark.parametrize("confidential", [True, False])
@pytest.mark.parametrize("sealed", [True, False])
async def test_every_copy_is_destroyed_and_a_tombstone_stays(
    database_url: str, tmp_path: Path, *, confidential: bool, sealed: bool
) -> None:
    """Confidential or not, sealed on disk or not yet: no marker is left anywhere, and the report says what went."""
    async with house(database_url, tmp_path) as here:
        ticket = await here.handled(await here.of_call(confidential=confidential))
        if sealed:
            await here.sealed()
        (tmp_path / "journal").mkdir()
        (tmp_path / "journal" / CALL).write_text(here.marks.phone)
        (tmp_path / "live").mkdir(exist_ok=True)
        (tmp_path / "live" / f"{CALL}_citizen_caller_1795498999000.alaw").write_text(here.marks.word("没收尾的录音"))
        wish = await approved(here, await asked(here, ticket))
        report = await destroyer(here).carry_out(wish)
        assert here.on_disk() == []
        assert await here.in_tables() == []
        assert report["steps"] == ticket.steps + 1
        assert (report["attachments"], report["recordings"], report["kept_answers"]) == (1, 2, 1)
        assert report["scrubbed"] is True
        [stone] = await destroying.listed(here.at.books.tickets, number=ticket.number)
        assert (stone.asked_by, stone.approved_by, stone.reason) == ("安全员甲", "安全员乙", Reason.STATE_SECRET)
        assert stone.done_at == here.at.now
        assert dict(stone.report) == report
        assert await destroying.to_carry_out(here.at.books.tickets) == []
        again = await destroyer(here).carry_out(wish)
        assert again["steps"] == 0
    assert here.on_disk() == []


async def test_what_is_destroyed_stays_destroyed_for_everybody(database_url: str, tmp_path: Path) -> None:
    """It opens for nobody, nobody acts on it, no timer is left, lists and searches go on; its number is known still."""
    async with house(database_url, tmp_path) as here:
        ticket = await here.handled(await here.of_call(confidential=True))
        await destroyer(here).carry_out(await approved(here, await asked(here, ticket)))
        store = here.at.books.tickets
        with pytest.raises(SealedTicketError, match=rf"{ticket.number}.*已依法销毁"):
            await required(store, ticket.number)
        with pytest.raises(SealedTicketError, match="已依法销毁"):
            await store.history(ticket.id)
        with pytest.raises(SealedTicketError, match="已依法销毁"):
            await here.at.do(ticket, Move.SUPPLEMENT, REVIEWER)
        with pytest.raises(SealedTicketError, match="已依法销毁"):
            await here.at.do(ticket, Move.SIGN, handler("住建局"))
        await here.at.later(days=60)
        assert [one.id for one in (await store.page(TicketFilter(), limit=5)).rows] == []
        assert await store.confidential_of_number(here.marks.phone) == []
        assert [one.number for one in await store.of_call(CALL)] == [ticket.number]
        recordings = await here.at.books.calls.recordings_of(CALL)
        assert {one.state for one in recordings} == {RecordingState.DESTROYED}
        folder = here.recordings / recordings[0].path.rpartition("/")[0]
        archive = recordings_kit.archive(here.recordings)
        assert {one.flaw for one in verify(folder, archive.signer.public)} == {Flaw.DESTROYED}


async def test_it_takes_two_persons(database_url: str, tmp_path: Path) -> None:
    """Who asked cannot approve, nothing is asked for twice, and what is declined or not approved is not done."""
    async with house(database_url, tmp_path) as here:
        ticket = await here.of_call(confidential=True)
        wish = await asked(here, ticket)
        with pytest.raises(NotReadyError, match="不能审批自己的申请"):
            await approved(here, wish, "安全员甲")
        with pytest.raises(NotReadyError, match="另一人审批"):
            await asked(here, ticket, "安全员乙")
        [waiting] = await destroying.listed(here.at.books.tickets)
        with pytest.raises(ValueError, match="no second person"):
            await destroyer(here).carry_out(waiting)
        now = here.at.now
        await here.at.books.tickets.run(partial(destroying.decline, destruction_id=wish, who="安全员乙", now=now))
        with pytest.raises(NotReadyError, match="没有这项待审批"):
            await approved(here, wish, "安全员丙")
        assert await destroying.to_carry_out(here.at.books.tickets) == []
        assert await here.at.books.tickets.get(ticket.id) == ticket
        await approved(here, await asked(here, ticket, "安全员丙"))
        assert len(await destroying.listed(here.at.books.tickets, number=ticket.number)) == 2


async def test_while_the_call_goes_on_nothing_is_destroyed(database_url: str, tmp_path: Path) -> None:
    """The recording is still being written: it is done once the call is over."""
    async with house(database_url, tmp_path) as here:
        ticket = await here.of_call(confidential=True)
        await here.at.books.calls.save(call(CALL, number=here.marks.phone))
        wish = await approved(here, await asked(here, ticket))
        with pytest.raises(StillTalkingError):
            await destroyer(here).carry_out(wish)
        assert await here.at.books.tickets.get(ticket.id) == ticket


async def test_a_restored_backup_cannot_bring_it_back(tmp_path: Path) -> None:
    """The old database is put back with its data keys: nothing opens, and it is all destroyed once more."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'hotline.db'}"
    async with house(url, tmp_path) as here:
        ticket = await here.handled(await here.of_call(confidential=True))
        await here.sealed()
        backup = Database(f"sqlite+aiosqlite:///{tmp_path / 'unused.db'}")
        await backup.close()
        shutil.copytree(tmp_path, tmp_path.parent / "backup", dirs_exist_ok=True)
        wish = await approved(here, await asked(here, ticket))
        await destroyer(here).carry_out(wish)
    for path in ("hotline.db", "attachments", "recordings"):
        source, target = tmp_path.parent / "backup" / path, tmp_path / path
        shutil.copytree(source, target, dirs_exist_ok=True) if source.is_dir() else shutil.copy(source, target)
    for path in ("hotline.db-wal", "hotline.db-shm"):
        (tmp_path / path).unlink(missing_ok=True)
        if (tmp_path.parent / "backup" / path).exists():
            shutil.copy(tmp_path.parent / "backup" / path, tmp_path / path)
    async with house(url, tmp_path) as back:
        back.marks = here.marks
        rows = await back.at.books.tickets.rows(sa.select(data_keys.c.destroyed_at))
        assert [row.destroyed_at for row in rows] == [None]
        with pytest.raises(SealedTicketError, match="已依法销毁"):
            await required(back.at.books.tickets, ticket.id)
        assert await destroyer(back).apply_destructions() == [ticket.id]
        assert await destroyer(back).apply_destructions() == []
        rows = await back.at.books.tickets.rows(sa.select(data_keys.c.wrapped))
        assert [bytes(row.wrapped) for row in rows] == [b""]
        assert [path.name for path in (tmp_path / "recordings").rglob("*.wav*")] == []
        assert [path for path in (tmp_path / "attachments").rglob("*") if path.is_file()] == []
        [stone] = await destroying.listed(back.at.books.tickets)
        assert stone.approved_by == "restore"


async def test_killed_in_the_middle_it_is_finished_later(database_url: str, tmp_path: Path) -> None:
    """Died after the rows were gone and before the files: the next run still knows which files, and ends it."""
    async with house(database_url, tmp_path) as here:
        ticket = await here.handled(await here.of_call(confidential=True))
        wish = await approved(here, await asked(here, ticket))
        now = here.at.now
        here.at.books.tickets.sealing.vault.destroyed.add(ticket.id, now)
        await here.at.books.database.write(partial(destroying.destroy_rows, destruction=wish, now=now))
        [unfinished] = await destroying.to_carry_out(here.at.books.tickets)
        assert unfinished != replace(unfinished, report={})
        report = await destroyer(here).carry_out(unfinished)
        assert (report["files"], report["recordings"], report["attachments"]) == (1, 2, 1)
        assert here.on_disk() == []
        assert await here.in_tables() == []


async def test_two_persons_over_http(database_url: str, tmp_path: Path) -> None:
    """Asked for by one token, refused to the same person, approved by the head; nobody of a unit below has a say."""
    people = (
        ("asks", "12345", "甲", "agent"),
        ("asks-too", "12345", "甲", "leader"),
        ("head", "12345", "主任", "leader"),
        ("unit", "住建局", "乙", "leader"),
    )
    scopes = frozenset({Scope.READ, Scope.WRITE})
    known = Tokens(
        tuple(
            (hashlib.sha256(f"token-of-{name}".encode()).digest(), Caller(name, unit, person, (role,), scopes))
            for name, unit, person, role in people
        )
    )
    async with (
        house(database_url, tmp_path) as here,
        served(here.at.books, DestructionPages(here.at.books.tickets), known=known) as client,
    ):
        ticket = await here.of_call(confidential=True)

        async def post(who: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
            headers = {"Authorization": f"Bearer token-of-{who}"}
            async with client.post(f"/api/v1{path}", json=body, headers=headers) as answer:
                return answer.status, await answer.json()

        path = f"/tickets/{ticket.number}/destruction"
        assert (await post("unit", path, {"reason": "state_secret"}))[0] == 403
        assert (await post("asks", path, {"reason": "因为写了某事"}))[0] == 422
        status, wish = await post("asks", path, {"reason": "state_secret"})
        assert (status, wish["asked_by"], wish["done_at"]) == (202, "甲", None)
        assert (await post("asks", path, {"reason": "state_secret"}))[0] == 409
        approval = f"/destructions/{wish['id']}/approval"
        assert (await post("asks", approval))[0] == 403
        status, refused = await post("asks-too", approval)
        assert (status, "不能审批自己的申请" in refused["detail"]) == (409, True)
        assert (await post("unit", approval))[0] == 403
        assert (await post("head", approval))[0] == 202
        assert (await post("head", f"/destructions/{wish['id']}/refusal"))[0] == 409
        alarms: list[str] = []
        loop = DestructionLoop(destroyer(here), alarm=lambda code, _: alarms.append(code), clear=alarms.append)
        assert await loop.once() == 1
        assert await loop.once() == 0
        assert alarms == []
        async with client.get("/api/v1/destructions", headers={"Authorization": "Bearer token-of-head"}) as answer:
            [stone] = (await answer.json())["destructions"]
        assert (stone["number"], stone["report"]["recordings"]) == (ticket.number, 2)
        assert stone["done_at"]
        assert here.on_disk() == []
