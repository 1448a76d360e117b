"""How far durable readers have come, in Redis: for subgraphs in processes of their own."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any, cast

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from trellis.db.readers import Reader
from trellis.schema.errors import Unavailable

# A reader needs a few milliseconds; notifications by Redis would need one connection per writer.
_LOOK_AGAIN_SECONDS = 0.005

# Several processes of one subgraph share a reader: a late report must not overwrite a newer one of
# another process. Cursors are those of Redis Streams, milliseconds and a number.
_NOTE = """
local function parts(cursor)
    local milliseconds, number = string.match(cursor, '^(%d+)-?(%d*)')
    return tonumber(milliseconds) or 0, tonumber(number) or 0
end
local known = redis.call('HGET', KEYS[1], ARGV[1])
local old_time, old_number = parts(known or '0')
local time, number = parts(ARGV[2])
if not known or time > old_time or (time == old_time and number >= old_number) then
    redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. ARGV[3])
end
"""


class RedisBoard:
    """One hash per stream: of each reader its cursor and, after a blank, its topics. Readers that
    no longer exist stay in it; each writer waits for them once."""

    def __init__(self, redis: "Redis", prefix: str) -> None:
        self._redis = redis
        self._prefix = prefix
        self._note = redis.register_script(_NOTE)

    async def note(self, stream: str, reader: Reader, cursor: str) -> None:
        try:
            arguments = [reader.name, cursor, _packed(reader.topics)]
            await self._note(keys=[self._prefix + stream], args=arguments)
        except (RedisError, OSError) as failure:
            raise _away() from failure

    async def positions(self, stream: str) -> Mapping[Reader, str]:
        try:
            asked = cast("Awaitable[dict[Any, Any]]", self._redis.hgetall(self._prefix + stream))
            found = await asked
        except (RedisError, OSError) as failure:
            raise _away() from failure
        return dict(_unpacked(name, known) for name, known in found.items())

    async def moved(self, stream: str) -> None:
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    def leave(self, stream: str, reader: Reader) -> None:
        """Stays: other processes of the subgraph may read on."""


def _packed(topics: frozenset[str] | None) -> bytes:
    return orjson.dumps(sorted(topics) if topics is not None else None)


def _unpacked(name: bytes, known: bytes) -> tuple[Reader, str]:
    cursor, _, packed = known.partition(b" ")
    topics = orjson.loads(packed)
    takes = frozenset(topics) if topics is not None else None
    return Reader(name.decode(), takes), cursor.decode()


def _away() -> Unavailable:
    return Unavailable("The event store does not answer. Try again shortly.", retry_after=1)
