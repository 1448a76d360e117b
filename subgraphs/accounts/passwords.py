"""Hashes passwords with argon2id, and checks also bcrypt hashes; both beside the event loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cached_property

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

from trellis.schema.errors import Unavailable

MIN_LENGTH = 8
# Far beyond what anybody types; hashing megabytes would be a way to keep us busy.
MAX_LENGTH = 256

# The second recommendation of RFC 9106 scaled to OWASP's minimum: 19 MiB and 30 ms a login keep
# a small machine alive under many of them.
_ARGON2 = Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1)

# All that bcrypt looks at: implementations cut the rest off, the one used here refuses it.
_BCRYPT_BYTES = 72

# Each hash occupies a thread and 19 MiB: more of them at once would only wait for one another.
_MAX_AT_ONCE = 4
# Those who wait behind: a few seconds of work. Who comes then is better told so at once.
_MAX_WAITING = 96


class TooManyPasswords(Unavailable):
    """More people sign in at once than passwords can be checked within seconds."""

    def __init__(self) -> None:
        message = "Too many people are signing in at the moment. Try again shortly."
        super().__init__(message, retry_after=2)


class _ImportedHasher(BcryptHasher):
    """Checks the hashes that imported users bring along (``$2a$12$...``, document 003); the next
    login replaces them by one of argon2id."""

    def verify(self, password: str | bytes, hash: str | bytes) -> bool:
        """Whether the password fits, as where the hash comes from; a broken hash fits none."""
        known = password.encode() if isinstance(password, str) else password
        if b"\x00" in known:  # there it may have ended the password
            return False
        try:
            return super().verify(known[:_BCRYPT_BYTES], hash)
        except ValueError:
            return False


class Passwords:
    """One per running subgraph; bounds how many hashes are computed, and waited for, at once.

    Both methods raise ``TooManyPasswords`` for every caller, so it reveals nothing about an
    account.
    """

    def __init__(
        self,
        hasher: Argon2Hasher = _ARGON2,
        *,
        max_at_once: int = _MAX_AT_ONCE,
        max_waiting: int = _MAX_WAITING,
    ) -> None:
        self._hasher = PasswordHash((hasher, _ImportedHasher()))
        self._slots = asyncio.Semaphore(max_at_once)
        self._room = max_at_once + max_waiting

    async def hash(self, password: str) -> str:
        """The argon2id hash to keep."""
        async with self._turn():
            return await asyncio.to_thread(self._hasher.hash, password)

    async def check(self, password: str, hashed: str | None) -> tuple[bool, str | None]:
        """Whether the password fits, and a new hash to keep when the old one is outdated.

        Without a hash (nobody of that name), and with one that is none (``NO_PASSWORD``), it takes
        as long as with one and does not fit.
        """
        async with self._turn():
            return await asyncio.to_thread(self._check, password[:MAX_LENGTH], hashed)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._room == 0:
            raise TooManyPasswords
        self._room -= 1
        try:
            async with self._slots:
                yield
        finally:
            self._room += 1

    def _check(self, password: str, hashed: str | None) -> tuple[bool, str | None]:
        # Made by whoever comes first, known or not: it is never the unknown who take longer.
        nobody = self._hash_of_nobody
        if hashed is not None:
            with suppress(UnknownHashError):  # of a forgotten account: no password has it
                return self._hasher.verify_and_update(password, hashed)
        self._hasher.verify(password, nobody)
        return False, None

    @cached_property
    def _hash_of_nobody(self) -> str:
        return self._hasher.hash("the password of nobody")
