"""Nobody could answer in time, or the caller would rather be called back."""

from __future__ import annotations

from common import clock
from ivr.call import Call, Message
from ivr.dialplans.house import House
from ivr.model import Outcome
from ivr.prompts import Prompt
from tickets.model import Kind

#: The step in which the queue took nobody, since no seat is signed in.
OFF_DUTY = "offduty"

#: Shorter than this is a breath and the silence that ended it, not a matter.
_LEAST_SECONDS = 1.5


async def nobody(call: Call, house: House) -> None:
    """All seats are busy for too long or none is on duty: a message, a callback, or waiting on (R4.2)."""
    stage = await call.stage() if call.facts.resumed else ""
    if stage.startswith("message:"):
        # The recording went on while nobody listened, and is over now; or it had not begun.
        message = call.recorded(stage.removeprefix("message:"))
        if message.seconds >= _LEAST_SECONDS:
            await _keep(call, house, message)
        else:
            await leave_message(call, house)
        return
    why = Prompt.NOBODY_ON_DUTY if call.facts.step == OFF_DUTY else Prompt.ALL_SEATS_BUSY
    key = await call.choose([why, Prompt.WAIT_CHOICES], "012", seconds=5)
    if key == "1":
        await callback(call, house)
    elif key == "0":
        await call.wait()
    else:
        await leave_message(call, house)


async def leave_message(call: Call, house: House) -> None:
    """A citizen tells their matter when no seat is free; it becomes a ticket awaiting review (R4.2, R14.1)."""
    prompt = Prompt.LEAVE_MESSAGE
    for _ in range(2):
        await call.play(prompt)
        message = await call.record(
            max_seconds=house.message_max_seconds, silence_seconds=house.message_silence_seconds
        )
        if message.key == "0":
            await call.wait(first=True)
            return
        if message.seconds >= _LEAST_SECONDS:
            await _keep(call, house, message)
            return
        prompt = Prompt.MESSAGE_AGAIN
    await call.play(Prompt.EMERGENCY_NUMBERS, Prompt.GOODBYE)
    await call.hang_up()


async def _keep(call: Call, house: House, message: Message) -> None:
    record = house.book.change(call.id, outcome=Outcome.MESSAGE)
    ticket = await house.desk.open_from_call(
        call.id, record.number, Kind.MESSAGE, clock.now(), recording_id=message.name
    )
    # A hangup from here on loses nothing.
    await call.play(Prompt.MESSAGE_THANKS, Prompt.YOUR_TICKET_NUMBER)
    await call.say_digits(ticket.number)
    await call.play(Prompt.GOODBYE)
    await call.hang_up()


async def callback(call: Call, house: House) -> None:
    """The caller asks to be called back on the number they call from: a ticket awaiting review."""
    if await call.choose([Prompt.CALLBACK_CONFIRM], "01", seconds=5) != "1":
        await call.wait()
        return
    record = house.book.change(call.id, outcome=Outcome.CALLBACK)
    await house.desk.open_from_call(call.id, record.number, Kind.CALLBACK, clock.now())
    await call.play(Prompt.CALLBACK_THANKS, Prompt.GOODBYE)
    await call.hang_up()
