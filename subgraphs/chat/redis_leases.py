"""Leases of people who are there, in one sorted set of Redis: by the moment at which they end."""

from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from trellis.db.models import utc_now
from trellis.schema.errors import Unavailable

_KEY = "trellis:chat:presence"
_ANSWER_SECONDS = 2.0


class RedisLeases:
    """A connection of its own for each use: they are seconds apart."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def renew(self, holder: str, people: Collection[UUID], length: timedelta) -> None:
        if not people:
            return
        until = (utc_now() + length).timestamp()
        async with self._redis() as redis:
            await redis.zadd(_KEY, {f"{id}/{holder}": until for id in people})

    async def living(self) -> frozenset[UUID]:
        now = utc_now().timestamp()
        async with self._redis() as redis:
            await redis.zremrangebyscore(_KEY, "-inf", now)
            members: Any = await redis.zrangebyscore(_KEY, f"({now}", "+inf")
        return frozenset(UUID(member.decode().partition("/")[0]) for member in members)

    @asynccontextmanager
    async def _redis(self) -> AsyncGenerator[Redis]:
        """Raises ``Unavailable`` when Redis is away."""
        redis = Redis.from_url(self._url, protocol=2, socket_timeout=_ANSWER_SECONDS)
        try:
            yield redis
        except (RedisError, OSError) as away:
            raise Unavailable("Redis does not answer.") from away
        finally:
            await redis.aclose()
