"""The bus between processes: one Redis Stream per subgraph, one reader per stream and process."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from trellis.db.bus import FanOut, Log, follow
from trellis.db.outbox import Envelope
from trellis.db.readers import Board
from trellis.db.redis_readers import RedisBoard
from trellis.db.tasks import end_tasks
from trellis.schema.background import keep_running
from trellis.schema.errors import Unavailable

logger = logging.getLogger("trellis.bus")

_BLOCK_MS = 2_000
_ANSWER_SECONDS = 10.0  # longer than a read that waits for news, or each quiet one would fail
_KEEP = 100_000
_PAGE = 200
_RECONNECT_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0)


class RedisBus:
    """Stream ids are the cursors; trimmed at about 100,000 events per stream."""

    sees_commits = False

    def __init__(self, url: str, *, prefix: str = "trellis:events:") -> None:
        # Protocol 3 answers XREAD in another shape; client and server agree on 2.
        self._redis = Redis.from_url(
            url, protocol=2, health_check_interval=15, socket_timeout=_ANSWER_SECONDS
        )
        self._prefix = prefix
        self._fan_outs: dict[str, FanOut] = {}
        self._readers: dict[str, asyncio.Task[None]] = {}
        self.readers: Board = RedisBoard(self._redis, f"{prefix}readers:")

    async def connect(self) -> None:
        """Connections open at first use: a store that is down must not keep a process down."""

    async def close(self) -> None:
        await end_tasks(*self._readers.values())
        self._readers.clear()
        await self._redis.aclose()

    def attach(self, stream: str, log: Log) -> None:
        """Nothing to remember: Redis keeps the log."""

    def knows(self, stream: str) -> bool:
        return True  # one that nobody has written yet is empty

    async def publish(self, stream: str, envelopes: Sequence[Envelope]) -> None:
        """Append in order. Raises ``Unavailable`` when Redis is away."""
        try:
            async with self._redis.pipeline(transaction=True) as pipe:
                for envelope in envelopes:
                    pipe.xadd(
                        self._prefix + stream,
                        {"event": _packed(envelope)},
                        maxlen=_KEEP,
                        approximate=True,
                    )
                await pipe.execute()
        except (RedisError, OSError) as failure:
            raise _away() from failure

    async def subscribe(self, stream: str, after: str | None = None) -> AsyncGenerator[Envelope]:
        fan_out = await self._start_reader(stream)
        async with aclosing(follow(self, stream, fan_out, after)) as events:
            async for envelope in events:
                yield envelope

    def follow_log(self, stream: str, after: str) -> AsyncGenerator[Envelope]:
        return self.subscribe(stream, after)

    def log_grew(self, stream: str) -> None:
        """Redis tells its readers itself, once the events are published."""

    async def read_after(self, stream: str, cursor: str, limit: int) -> Sequence[Envelope]:
        try:
            entries: Any = await self._redis.xrange(
                self._prefix + stream, min=f"({_full(cursor)}", count=limit
            )
        except (RedisError, OSError) as failure:
            raise _away() from failure
        return [_unpacked(entry_id, fields) for entry_id, fields in entries]

    async def head(self, stream: str) -> str:
        try:
            newest: Any = await self._redis.xrevrange(self._prefix + stream, count=1)
        except (RedisError, OSError) as failure:
            raise _away() from failure
        return newest[0][0].decode() if newest else "0-0"

    async def _start_reader(self, stream: str) -> FanOut:
        fan_out = self._fan_outs.setdefault(stream, FanOut())
        if stream not in self._readers:
            start = asyncio.Event()
            reader = partial(self._read_for_ever, stream, fan_out, start)
            self._readers[stream] = keep_running(reader, name=f"reader of {stream}")
            await start.wait()
        return fan_out

    async def _read_for_ever(self, stream: str, fan_out: FanOut, start: asyncio.Event) -> None:
        key, cursor, failures = self._prefix + stream, None, 0
        while True:
            try:
                if cursor is None:
                    cursor = await self.head(stream)
                    start.set()
                    # Whoever joined while Redis was away reads what was missed from the log.
                    fan_out.everyone_lags()
                answer: Any = await self._redis.xread({key: cursor}, count=_PAGE, block=_BLOCK_MS)
                for _, entries in answer or []:
                    for entry_id, fields in entries:
                        fan_out.deliver(_unpacked(entry_id, fields))
                        cursor = entry_id.decode()
                failures = 0
            except (Unavailable, RedisError, OSError) as failure:
                start.set()
                pause = _RECONNECT_SECONDS[min(failures, len(_RECONNECT_SECONDS) - 1)]
                failures += 1
                logger.warning(
                    "event stream %s: %s; again in %s s", stream, type(failure).__name__, pause
                )
                await asyncio.sleep(pause)


def _away() -> Unavailable:
    return Unavailable("The event store does not answer. Try again shortly.", retry_after=1)


def _full(cursor: str) -> str:
    return cursor if "-" in cursor else f"{cursor}-0"


def _packed(envelope: Envelope) -> bytes:
    return orjson.dumps(
        {
            "id": str(envelope.id),
            "topic": envelope.topic,
            "key": envelope.key,
            "payload": dict(envelope.payload),
            "headers": dict(envelope.headers),
            "occurredAt": envelope.occurred_at.isoformat(),
        }
    )


def _unpacked(entry_id: bytes, fields: Mapping[bytes, bytes]) -> Envelope:
    event: dict[str, Any] = orjson.loads(fields[b"event"])
    return Envelope(
        id=UUID(event["id"]),
        topic=event["topic"],
        key=event["key"],
        payload=event["payload"],
        occurred_at=datetime.fromisoformat(event["occurredAt"]),
        headers=event["headers"],
        cursor=entry_id.decode(),
    )
