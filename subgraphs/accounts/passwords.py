"""Hashes and checks passwords with argon2id, beside the event loop."""

import asyncio
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

MIN_LENGTH = 8
# Far beyond what anybody types; hashing megabytes would be a way to keep us busy.
MAX_LENGTH = 256

# The second recommendation of RFC 9106 scaled to OWASP's minimum: 19 MiB and 30 ms a login keep
# a small machine alive under many of them.
_hasher = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1),))

# Each hash occupies a thread and 19 MiB: more of them at once would only wait for one another.
_MAX_AT_ONCE = 4


class Passwords:
    """One per running subgraph; bounds how many hashes are computed at once."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(_MAX_AT_ONCE)

    async def hash(self, password: str) -> str:
        """The argon2id hash to keep."""
        async with self._slots:
            return await asyncio.to_thread(_hasher.hash, password)

    async def check(self, password: str, hashed: str | None) -> tuple[bool, str | None]:
        """Whether the password fits, and a new hash to keep when the old one is outdated.

        Without a hash (nobody of that name) it takes as long as with one and does not fit.
        """
        async with self._slots:
            return await asyncio.to_thread(_check, password[:MAX_LENGTH], hashed)


def _check(password: str, hashed: str | None) -> tuple[bool, str | None]:
    fits, renewed = _hasher.verify_and_update(password, hashed or _hash_of_nobody())
    return (fits, renewed) if hashed is not None else (False, None)


@cache
def _hash_of_nobody() -> str:
    return _hasher.hash("the password of nobody")
