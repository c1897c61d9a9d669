"""What an installation needs, looked over before it starts and whenever an operator asks (``hotline check``).

Nothing is changed by looking, and a hotline that is running is not disturbed.
"""

from __future__ import annotations

from hotline.preflight import machine, people, ports, storage
from hotline.preflight.finding import Finding
from hotline.preflight.running import Processes, processes
from hotline.settings import Settings

__all__ = ["Finding", "Processes", "examine", "processes"]


async def examine(settings: Settings, *, starting: bool = False) -> list[Finding]:
    """Everything that was looked at, in the order in which an operator puts things right.

    A ``problem`` keeps the hotline from working; a ``warning`` will hurt sooner or later and does not keep it from
    starting. That the hotline is running already is in order, but for who is ``starting`` it.
    """
    now_running = processes(settings)
    return [
        *now_running.findings(starting=starting),
        machine.python(),
        machine.asterisk(settings),
        machine.speech(settings),
        machine.prompts(settings),
        storage.rights(settings),
        storage.disk(settings),
        await storage.database(settings),
        *await people.examine(settings),
        *ports.examine(settings, now_running),
        machine.open_files(settings),
        await machine.host_name(),
    ]
