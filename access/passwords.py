"""Passwords: Argon2id (RFC 9106), hashed off the event loop and few at a time, and what is asked of a new one."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from importlib.resources import files
from typing import TypeVar

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from access.errors import BusyError, WeakPasswordError
from access.policy import Hashing, Policy

T = TypeVar("T")
_HASH_BYTES = 32
_SALT_BYTES = 16
#: More than this never waits for a hash: who comes then is told to come again.
_MOST_WAITING = 64
#: A password is no book; and hashing a long text costs whoever hashes it.
MOST_LETTERS = 200
_COST = re.compile(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$.+")


class Passwords:
    """Makes and checks hashes. ``verify`` does the same work whether or not there is anything to compare with."""

    def __init__(self, hashing: Hashing) -> None:
        self._hashing = hashing
        self._pool = ThreadPoolExecutor(hashing.at_once, thread_name_prefix="argon2")
        self._waiting = 0
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """The hash of a new password, in PHC form.

        Raises:
            BusyError: too many wait already.
        """
        return await self._run(partial(_hashed, password, self._hashing))

    async def verify(self, password: str, phc: str) -> bool:
        """Whether this is the password; ``phc`` is empty where there is none, and then it never is.

        Raises:
            BusyError: too many wait already.
        """
        if self._nobodys is None:
            self._nobodys = await self.hash(os.urandom(_SALT_BYTES).hex())
        right = await self._run(partial(_verified, password, phc or self._nobodys))
        return right and bool(phc)

    def outdated(self, phc: str) -> bool:
        """It was made at another cost than hashes are made at now."""
        cost = _COST.fullmatch(phc)
        now = (self._hashing.memory_mib * 1024, self._hashing.passes, self._hashing.lanes)
        return cost is None or tuple(int(part) for part in cost.groups()) != now

    def close(self) -> None:
        """Give the threads back; what they are at is finished first."""
        self._pool.shutdown()

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= _MOST_WAITING:
            raise BusyError("此刻登录的人太多，请稍后再试。")
        with self._counted():
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1


def check_new(password: str, policy: Policy, *names: str) -> None:
    """Whether a new password may be used; ``names`` are the person's name and login.

    Length is what counts, and that nobody would guess it first; no mixture of kinds of letters is asked for, since that
    makes passwords no stronger (NIST SP 800-63B, 5.1.1.2).

    Raises:
        WeakPasswordError: says what is wrong with it.
    """
    plain = _plain(password).casefold()
    least = policy.password_min_length
    if not least <= len(plain) <= MOST_LETTERS:
        raise WeakPasswordError(f"密码至少 {least} 个字，至多 {MOST_LETTERS} 个字。可以用几个不相干的词连成一句。")
    if any(name and name.casefold() in plain for name in names):
        raise WeakPasswordError("密码中不能有姓名或登录名。")
    if len(set(plain)) < 5 or _is_run(plain):  # noqa: PLR2004 - aaaa…, abab…, 123412341234
        raise WeakPasswordError("密码过于简单：不能只用少数几个字反复，也不能是连续的字母或数字。")
    if _core(plain) in common_passwords():
        raise WeakPasswordError("这是人人都会先试的密码，请换一个。")


async def check_unused(passwords: Passwords, password: str, before: Iterable[str]) -> None:
    """Whether a new password is none of those before.

    Raises:
        WeakPasswordError: it was used lately.
        BusyError: too many wait already.
    """
    for phc in before:
        if phc and await passwords.verify(password, phc):
            raise WeakPasswordError("最近用过这个密码，请换一个。")


@cache
def common_passwords() -> frozenset[str]:
    """What people choose first, as one reads it without case and without figures and signs around it."""
    text = (files("access") / "common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.split() if line)


def _plain(password: str) -> str:
    # One password however a keyboard puts its letters together (NIST SP 800-63B, 5.1.1.2).
    return unicodedata.normalize("NFKC", password)


def _core(plain: str) -> str:
    """Without figures and signs before and behind: password1234! is password; of figures alone, all of it."""
    return re.sub(r"^[\W\d_]+|[\W\d_]+$", "", plain) or plain


def _is_run(plain: str) -> bool:
    steps = {ord(after) - ord(before) for before, after in itertools.pairwise(plain)}
    return steps in ({1}, {-1})


def _hashed(password: str, hashing: Hashing) -> str:
    return Argon2id(
        salt=os.urandom(_SALT_BYTES),
        length=_HASH_BYTES,
        iterations=hashing.passes,
        lanes=hashing.lanes,
        memory_cost=hashing.memory_mib * 1024,
    ).derive_phc_encoded(_bytes(password))


def _verified(password: str, phc: str) -> bool:
    try:
        Argon2id.verify_phc_encoded(_bytes(password), phc)
    except InvalidKey:
        return False
    return True


def _bytes(password: str) -> bytes:
    return _plain(password).encode("utf-8", "surrogatepass")
