"""What is refused here, and why, in Chinese."""

from __future__ import annotations

from datetime import timedelta


class AccessError(Exception):
    """It was not done; the message says why and what to do, in Chinese."""


class NotYoursError(AccessError):
    """It is for somebody else to do."""


class NotFitError(AccessError):
    """It cannot be done as things stand."""


class NotFoundError(AccessError):
    """There is none of that id."""


class WrongError(AccessError):
    """Login name, password or code is wrong; which of them is not said."""


class WeakPasswordError(AccessError):
    """The password may not be used; the message says what is asked of one."""


class UnprovenError(AccessError):
    """Password, and code where there is one, must be given again first."""


class LockedError(AccessError):
    """Too many wrong tries; ``wait`` is how long nothing more is looked at."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("尝试次数过多，请稍后再试。")
        self.wait = wait


class BusyError(AccessError):
    """So many sign in at this moment that one more would have to wait too long."""


class NotAllowedError(Exception):
    """Nobody who may use this verb of the command line has asked; the message says in Chinese what to do."""
