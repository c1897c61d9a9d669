"""A city in which every role is held in every place that a unit may have to a ticket, behind the really wired service.

Roles are held where nobody could grant them too (an agent in a department): the table must hold even then.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any

from aiohttp import DummyCookieJar, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import Connection

from access import tables as access_tables
from access import totp
from access.people import Account, Change, Filing, Grant, GrantState, Session
from access.rows import add
from access.sealing import Seal
from access.visit import CSRF_HEADER, PLAIN_COOKIE, csrf_of, digest_of, new_cookie
from common import clock
from common.ids import new_id
from common.roles import NOBODYS, Role
from hotline import wiring
from hotline.asterisk import Secrets
from hotline.secrets_file import secret
from hotline.settings import Settings
from hotline.settings_outside import Partner
from ivr.model import RecordingState
from tests.books import call, track
from tests.city import CLERK, City, city, handler, heating, lamp
from tests.http_kit import Answer
from tickets.inspection import Inspected, Sample
from tickets.model import Ticket
from tickets.store.columns import row_of
from tickets.store.tables import attachments
from tickets.store.tables_inspection import inspected, inspections
from tickets.units import Unit, UnitKind
from tickets.workflow_moves import Move
from tickets.workflow_terms import Actor, CallbackResult, Facts

ROLES = [role for role in Role if role not in NOBODYS]


class Place(Enum):
    """Where a unit stands to the ticket that the street has."""

    OWN = "市西街道"
    ABOVE = "滨城区"
    BELOW = "市西社区"
    STRANGER = "住建局"
    LEVEL_ONE = "12345"

    @property
    def upper(self) -> tuple[str, ...]:
        """The units above, the nearest first."""
        return _UPPER[self]

    @property
    def reached(self) -> tuple[str, ...]:
        """The units whose reach it lies in: itself and those above."""
        return (self.value, *self.upper)


_UPPER = {
    Place.OWN: ("滨城区", "12345"),
    Place.ABOVE: ("12345",),
    Place.BELOW: ("市西街道", "滨城区", "12345"),
    Place.STRANGER: ("12345",),
    Place.LEVEL_ONE: (),
}


@dataclass(frozen=True)
class Person:
    """Somebody in one role, in one unit, who has signed in."""

    place: Place
    role: Role
    cookie: str

    @property
    def id(self) -> str:
        """Their account."""
        return f"{self.place.name.lower()}-{self.role.value}"


@dataclass
class World:
    """The service, those who ask, and what they ask about."""

    service: wiring.Service
    client: TestClient[web.Request, web.Application]
    #: The street's by way of the county; the street's directly; the department's.
    passed: Ticket
    direct: Ticket
    strange: Ticket
    entry: str = ""
    proposal: str = ""
    inspection: str = ""
    attachment: str = ""
    people: dict[tuple[Place, Role], Person] = field(default_factory=dict)
    #: Operations by name: method and address.
    operations: dict[str, tuple[str, str]] = field(default_factory=dict)
    keys: int = 0

    async def ask(self, name: str, person: Person, sent: Sent) -> Answer:
        """One request to an operation."""
        method, path = self.operations[name]
        self.keys += 1
        cookie = person.cookie
        headers = {
            "Cookie": f"{PLAIN_COOKIE}={cookie}",
            CSRF_HEADER: csrf_of(cookie),
            "Idempotency-Key": f"rights-key-{self.keys:08d}",
            **({"If-Match": sent.seen} if sent.seen else {}),
        }
        data: bytes | None = None
        if sent.file is not None:
            data, headers["Content-Type"] = sent.file, "application/octet-stream"
        elif sent.body is not None:
            data, headers["Content-Type"] = json.dumps(sent.body).encode(), "application/json"
        address = path.format(**sent.ids)
        async with self.client.request(method, address, params=sent.query, data=data, headers=headers) as answer:
            return Answer(answer.status, answer.headers.copy(), await answer.read())

    async def write(self, work: Callable[[Connection], Any]) -> Any:
        """Change rows by hand."""
        return await self.service.database.write(work)

    async def session(self, account: str) -> tuple[str, str]:
        """Another session of an account: its id and its cookie."""
        cookie, now = new_cookie(), clock.now()
        one = Session(new_id(), digest_of(cookie), account, now, now, now, now + timedelta(hours=1), second_factor=True)
        await self.write(lambda connection: add(connection, access_tables.sessions, one))
        return one.id, cookie

    async def subject(self, unit: str) -> str:
        """The account of somebody else, in a unit."""
        now = clock.now()
        name = new_id()
        account = Account(name, f"s{name}", "受办人", unit, "test", now, "test", now)
        await self.write(lambda connection: add(connection, access_tables.accounts, account))
        return name

    async def grant(self, account: str, role: Role, *, state: GrantState, session: str = "") -> str:
        """A role that somebody holds, or will."""
        now = clock.now()
        ends = now + timedelta(hours=1) if session else None
        today = clock.civil(now).date()
        one = Grant(new_id(), account, role, today, "test", now, ends_at=ends, session=session, state=state)
        await self.write(lambda connection: add(connection, access_tables.grants, one))
        return one.id

    async def filing(self, unit: str) -> str:
        """A filing that waits: somebody leaves."""
        account = await self.subject(unit)
        one = Filing(new_id(), unit, account, Change.LEAVE, {}, "调离", "test", clock.now())
        await self.write(lambda connection: add(connection, access_tables.filings, one))
        return one.id


@dataclass(frozen=True)
class Sent:
    """What is asked of an operation, beside its method and address."""

    ids: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None
    seen: str = ""
    file: bytes | None = None


@contextlib.asynccontextmanager
async def world(folder: Path, database_url: str) -> AsyncIterator[World]:
    """The service on a database with three tickets, an entry, an inspection, and somebody in each role and place."""
    partner = Partner(name="police", title="110", our_name="hotline", secret="a-secret-for-tests-only-of-some-length")
    settings = Settings(
        data_dir=folder,
        database_url=database_url,
        partners=(partner,),
        password_hash_mib=19,
        password_hash_passes=2,
        password_hash_lanes=1,
        sign_in_address_failures=10_000,
    )
    _folders(settings)
    async with city(database_url) as at:
        tickets = await _tickets(at)
        await at.books.calls.save(call())
        await at.books.calls.save_recordings([replace(track(), state=RecordingState.CLOSED)])
    async with wiring.service(settings, Secrets("", {})) as service, contextlib.AsyncExitStack() as stack:
        server = TestServer(service.app)
        client = await stack.enter_async_context(TestClient(server, cookie_jar=DummyCookieJar()))
        made = World(service, client, *tickets)
        async with client.get("/api/v1/openapi.json") as answer:
            document = await answer.json()
        made.operations = {
            one["operationId"]: (method.upper(), path)
            for path, methods in document["paths"].items()
            for method, one in methods.items()
        }
        await _settle(made, secret(settings.secrets_dir / "second-factor.key"))
        yield made


def _folders(settings: Settings) -> None:
    """Where a recording stands."""
    day = settings.recordings_dir / "2026-11-24"
    for name in (settings.live_recordings_dir, day):
        name.mkdir(parents=True)
    (day / "track-1.wav").write_bytes(b"RIFF")


async def _tickets(at: City) -> tuple[Ticket, Ticket, Ticket]:
    now = clock.now()
    unit = Unit(Place.BELOW.value, "市西社区工作站", UnitKind.VILLAGE, Place.OWN.value)
    await at.books.tickets.put(unit, at=now)
    street, county = Place.OWN.value, Place.ABOVE.value
    passed = await at.signed(county, lamp())
    await at.do(passed, Move.PASS_DOWN, handler(county), Facts(unit=street))
    await at.do(passed, Move.SIGN, handler(street))
    await at.do(passed, Move.SUBMIT_ANSWER, handler(street), at.answer())
    await at.do(passed, Move.APPROVE_ANSWER, Actor("副区长", county, Role.DEPUTY))
    direct = await at.submitted(lamp())
    await at.sent(direct, street, exception="紧急抢修")
    await at.do(direct, Move.SIGN, handler(street))
    await at.do(direct, Move.SUBMIT_ANSWER, handler(street), at.answer())
    strange = await at.answered(Place.STRANGER.value, heating())
    await at.do(strange, Move.CLOSE, CLERK, Facts(callback=CallbackResult.SATISFIED, solved=True))
    return await at.fresh(passed), await at.fresh(direct), await at.fresh(strange)


async def _settle(made: World, key: str) -> None:
    """Everybody, signed in; and what is not a ticket."""
    now, seal = clock.now(), Seal(key)
    accounts, grants, sessions = [], [], []
    for place in Place:
        for role in ROLES:
            person = Person(place, role, new_cookie())
            made.people[place, role] = person
            factor = seal.closed(totp.new_secret(), person.id)
            accounts.append(
                Account(
                    *(person.id, person.id, "试权人", place.value, "test", now, "test", now),
                    must_change=False,
                    password_at=now,
                    totp=factor,
                )
            )
            grants.append(Grant(new_id(), person.id, role, clock.civil(now).date(), "test", now))
            sessions.append(
                Session(
                    *(new_id(), digest_of(person.cookie), person.id, now, now, now, now + timedelta(hours=1)),
                    second_factor=True,
                )
            )
    sample = Sample(new_id(), Place.ABOVE.value, "", now, now, 0, 1, "seed", 1, "区", now)
    made.inspection, made.attachment = sample.id, new_id()
    one = Inspected(sample.id, made.passed.id, Place.OWN.value)
    file = {
        "id": made.attachment,
        "ticket_id": made.passed.id,
        "sha256": "0" * 64,
        "name": "a.jpg",
        "size": 1,
        "media_type": "image/jpeg",
        "added_at": now,
        "who": "经办（市西街道）",
        "scan": "waiting",
        "note": "",
    }

    def put(connection: Connection) -> None:
        add(connection, access_tables.accounts, *accounts)
        add(connection, access_tables.grants, *grants)
        add(connection, access_tables.sessions, *sessions)
        connection.execute(inspections.insert(), row_of(inspections, sample))
        connection.execute(inspected.insert(), {**row_of(inspected, one), "result": ""})
        connection.execute(attachments.insert(), file)

    await made.write(put)
    made.entry = await _entry(made)


async def _entry(made: World) -> str:
    """An entry of the street's that is in use."""
    writer = made.people[Place.OWN, Role.HANDLER]
    answer = await made.ask("proposeEntry", writer, Sent(body=entry_told("路灯报修办法")))
    assert answer.status == 201, answer.body.decode()
    proposal = answer.json["proposal"]
    reviewer = made.people[Place.LEVEL_ONE, Role.LEADER]
    answer = await made.ask("approveProposal", reviewer, Sent(ids={"id": proposal}))
    assert answer.status == 200, answer.body.decode()
    entry: str = answer.json["entry"]
    return entry


def entry_told(title: str, **more: str) -> dict[str, str]:
    """What a proposal says."""
    told = {"title": title, "body": "拨打本热线。", "entry_class": "guide", "source": "滨政办发〔2026〕1号"}
    return {**told, "published_on": "2026-11-23", **more}
