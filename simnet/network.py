"""The telephone network around the hotline: citizens who call it, seats' telephones, emergency services."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections import Counter
from collections.abc import Coroutine, Mapping
from pathlib import Path

from simnet.ami import Ami, AmiError, Message
from simnet.asterisk import Asterisk, free_port
from simnet.calls import CitizenCall, Leg, Shown, TakenCall
from simnet.moment import Moment
from simnet.parties import Answer, Behaviour, Sound, plan

_TEMPLATES = Path(__file__).parent / "conf" / "network"
_ALL_DAY_MS = 86_400_000


class NotRegistered(Exception):  # noqa: N818 - says what happened
    """The product did not let a telephone sign in; the message says which."""


class Party:
    """Somebody the product can call under ``number``. ``calls`` are all calls that rang there, oldest first."""

    def __init__(self, network: Network, number: str) -> None:
        self.number = number
        self.calls: list[TakenCall] = []
        self._network = network
        self._new: asyncio.Queue[TakenCall] = asyncio.Queue()

    async def behave(self, behaviour: Behaviour) -> None:
        """What the party does with calls from now on."""
        await self._network.set_plan(self.number, behaviour)

    async def next_call(self, seconds: float = 20) -> TakenCall:
        """The next call that rings here, each once and in order.

        Raises:
            TimeoutError: none came in this many seconds.
        """
        try:
            return await asyncio.wait_for(self._new.get(), seconds)
        except TimeoutError:
            raise TimeoutError(f"no call came to {self.number} within {seconds} s") from None

    async def say(self, sound: Sound) -> None:
        """Speak in the latest call."""
        await self.calls[-1].say(sound)

    async def hang_up(self) -> None:
        """End the latest call."""
        await self.calls[-1].hang_up()

    def ring(self, call: TakenCall) -> None:
        """A call comes in."""
        self.calls.append(call)
        self._new.put_nowait(call)


class Seat(Party):
    """A seat's softphone: it registers at the product with the seat's account."""

    async def sign_in(self) -> None:
        """Register.

        Raises:
            NotRegistered: the product refused.
        """
        await self._network.register(self.number, on=True)

    async def sign_out(self) -> None:
        """Unregister: the product cannot reach this seat any more."""
        await self._network.register(self.number, on=False)


class Network:
    """One simulated network. Its ports are chosen when it is made, so that the product can be configured with them.

    Its carrier calls from, and is called at, ``host``:``sip_port``; its softphones are at ``phones_host``.
    """

    def __init__(self, host: str = "127.0.0.2", phones_host: str = "127.0.0.4") -> None:
        self.host = host
        self.phones_host = phones_host
        self.sip_port = _port_at_both(host, phones_host)
        self.asterisk = Asterisk("simnet", _TEMPLATES)
        self.parties: dict[str, Party] = {}
        self._legs: dict[str, Leg] = {}
        self._invites: Counter[str] = Counter()
        self._passwords: dict[str, str] = {}
        self._wanted: dict[str, tuple[str, Moment[str]]] = {}
        self._configuring = asyncio.Lock()
        self._numbers = itertools.count(1)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, product_host: str, product_port: int, *, rtp: tuple[int, int] = (20000, 29999)) -> None:
        """Start, ready for calls. The product need not be running yet.

        ``product_host`` must be an address: the product's calls are known by it. ``rtp`` are the first and last port.

        Raises:
            simnet.asterisk.DidNotStart: with the end of Asterisk's output.
        """
        await self.asterisk.start(
            {
                "host": self.host,
                "phones_host": self.phones_host,
                "sip_port": self.sip_port,
                "product_host": product_host,
                "product_port": product_port,
                "rtp_start": rtp[0],
                "rtp_end": rtp[1],
                "seats": self._passwords,
            }
        )
        self._tasks.append(asyncio.create_task(self._follow(self.asterisk.ami), name="simnet-events"))

    async def stop(self) -> None:
        """End all calls and Asterisk itself; recordings are gone with it."""
        await self.asterisk.stop()
        tasks, self._tasks = self._tasks, []
        await asyncio.gather(*tasks)

    async def dial(
        self,
        number: str = "12345",
        *,
        caller_id: str = "13854301001",
        name: str = "",
        presentation: str = "allowed",
        privacy: str | None = None,
        pai: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> CitizenCall:
        """A citizen dials ``number``; returns as soon as the call is on its way.

        ``presentation`` is allowed, prohib or unavailable: what is not allowed goes out as From
        ``"Anonymous" <sip:anonymous@anonymous.invalid>``. ``privacy`` and ``pai`` are added as the headers Privacy and
        P-Asserted-Identity; with ``privacy`` the presentation is prohib and ``pai``, unless given, the caller id.

        Raises:
            Over: Asterisk could not make the call at all.
        """
        if privacy is not None:
            presentation = "prohib"
            pai = pai if pai is not None else f"<sip:{caller_id}@{self.host}>"
        more = {"Privacy": privacy, "P-Asserted-Identity": pai, **(headers or {})}
        variables = [
            f"CONNECTEDLINE(num,i)={caller_id}",
            f"CONNECTEDLINE(name,i)={name}",
            f"CONNECTEDLINE(pres,i)={presentation}",
            *(f"PJSIP_HEADER(add,{header})={value}" for header, value in more.items() if value is not None),
        ]
        call = CitizenCall(self.asterisk, f"citizen-{next(self._numbers)}")
        self._legs[call.id] = call
        # An Originate that is not asynchronous is the only one to run PreDialGoSub; it holds its session until the
        # call is answered or refused, so each has a session of its own.
        session = await self.asterisk.session()
        self._tasks.append(asyncio.create_task(_originate(session, call, number, variables), name=call.id))
        await call.begun
        return call

    async def seat(self, number: str, password: str, behaviour: Behaviour | None = None) -> Seat:
        """A seat's softphone, registered at the product; it answers after 0.2 s unless told otherwise.

        Raises:
            NotRegistered: the product refused.
        """
        seat = self.parties[number] = Seat(self, number)
        await self.set_plan(number, behaviour or Answer())
        self._passwords[number] = password
        async with self._configuring:
            self.asterisk.render("seats.conf", seats=self._passwords)
            for module in ("res_pjsip.so", "res_pjsip_outbound_registration.so"):
                await self.asterisk.ami.action("Command", Command=f"module reload {module}")
        # Asterisk would wait for a second with a new one, and for ever with one that it knows and that has signed out.
        await self.register(number, on=True)
        return seat

    async def service(self, number: str, behaviour: Behaviour | None = None) -> Party:
        """An emergency service, or anybody else whom the product reaches over the trunk by dialling ``number``."""
        party = self.parties[number] = Party(self, number)
        await self.set_plan(number, behaviour or Answer())
        return party

    def invites(self, to: str) -> int:
        """How many INVITEs the product has sent to this number: that nobody is dialled twice is proved by it."""
        return self._invites[to]

    async def hang_up_all(self) -> None:
        """End every call from this side."""
        await asyncio.gather(*(leg.hang_up() for leg in tuple(self._legs.values())))

    async def set_plan(self, number: str, behaviour: Behaviour) -> None:
        """What happens to calls to ``number`` from now on."""
        await self.asterisk.ami.action("Setvar", Variable=f"PLAN_{number}", Value=plan(number, behaviour))

    async def register(self, number: str, *, on: bool) -> None:
        """Sign a seat's telephone in or out."""
        changed = self._want(number, "Registered" if on else "Unregistered")
        await self.asterisk.ami.action("PJSIPRegister" if on else "PJSIPUnregister", Registration=f"seat-{number}")
        await changed

    def _want(self, number: str, status: str) -> Coroutine[object, object, None]:
        # The wish is written down at once and the answer awaited later: it may come before the action's own reply.
        moment: Moment[str] = Moment(f"{number} became {status}")
        self._wanted[number] = (status, moment)

        async def wait() -> None:
            if await moment != status:
                raise NotRegistered(f"{number}: the product refused")

        return wait()

    async def _follow(self, ami: Ami) -> None:
        async for event in ami.events():
            self._take(event)
        for leg in self._legs.values():
            leg.finish(0, 0)

    def _take(self, event: Message) -> None:
        if event["Event"] == "Registry":
            number = event["Username"].removeprefix("sip:").partition("@")[0]
            wanted = self._wanted.get(number)
            # Signing in anew begins with an Unregistered, which says nothing yet.
            if wanted is not None and event["Status"] in (wanted[0], "Rejected"):
                wanted[1].happen(event["Status"])
            return
        call_id = event.get("Uniqueid") or event.get("DestUniqueid", "")
        if event.get("UserEvent") == "Invite":
            self._ring(call_id, event)
        leg = self._legs.get(call_id)
        if leg is not None:
            leg.take(event)
            if event["Event"] == "Hangup":
                del self._legs[call_id]

    def _ring(self, call_id: str, event: Message) -> None:
        number = event["Number"]
        self._invites[number] += 1
        shown = Shown(event["Shown"], event["ShownName"], event["Pres"], event["Pai"])
        call = self._legs[call_id] = TakenCall(self.asterisk, call_id, number, shown)
        if (party := self.parties.get(number)) is not None:
            party.ring(call)


async def _originate(session: Ami, call: CitizenCall, number: str, variables: list[str]) -> None:
    try:
        await session.action(
            "Originate",
            *(("Variable", variable) for variable in variables),
            Channel=f"PJSIP/{number}@product",
            ChannelId=call.id,
            PreDialGoSub="record,s,1",
            Context="in-call",
            Exten="s",
            Priority=1,
            Timeout=_ALL_DAY_MS,
        )
    except AmiError:
        # Not answered: the call's own events say how it ended, if there ever was one.
        if not call.begun.happened:
            call.finish(0, 0)
    finally:
        await session.close()


def _port_at_both(*hosts: str) -> int:
    while True:
        port = free_port(hosts[0])
        try:
            for host in hosts[1:]:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                    probe.bind((host, port))
        except OSError:
            continue
        return port
