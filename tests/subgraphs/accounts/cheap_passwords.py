"""Password hashes that cost next to nothing, for tests of anything but hashing."""

from pwdlib.hashers.argon2 import Argon2Hasher

from trellis.subgraphs.accounts.passwords import Passwords

CHEAP = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)


def cheap_passwords() -> Passwords:
    """Each hash takes microseconds instead of 30 ms."""
    return Passwords(CHEAP)
