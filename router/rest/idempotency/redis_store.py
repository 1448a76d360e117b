"""Keeps responses in Redis, for all workers."""

import math
import secrets
import time
from base64 import b64decode, b64encode
from collections.abc import Awaitable
from typing import Any, TypeVar, cast

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from trellis.router.rest.idempotency.store import (
    Begun,
    Interrupted,
    KeptAnswer,
    Reused,
    Running,
    Verdict,
)
from trellis.schema.errors import Unavailable

_PREFIX = "trellis:idempotency:"
_SECONDS = 2.0

# Only the holder of the claim may end it, because an expired one may belong to another request.
_KEEP = """
local found = redis.call('GET', KEYS[1])
if found and cjson.decode(found)['token'] == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
"""
_FORGET = """
local found = redis.call('GET', KEYS[1])
if found and cjson.decode(found)['token'] == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""

Result = TypeVar("Result")


class RedisAnswers:
    """Implements ``AnswerStore`` for all processes with the same Redis. The claim of a process that
    ends during a request remains, so the request is recognized as interrupted."""

    def __init__(self, url: str) -> None:
        self._redis: Redis = Redis.from_url(
            url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS
        )

    async def begin(
        self, key: str, fingerprint: str, lease_seconds: float, seconds: float
    ) -> Verdict:
        token = secrets.token_hex(8)
        until = time.time() + lease_seconds
        claim = orjson.dumps({"fingerprint": fingerprint, "token": token, "until": until})
        name = _PREFIX + key
        milliseconds = int(seconds * 1000)
        for _ in range(3):  # a claim may expire between the two commands
            if await _ask(self._redis.set(name, claim, px=milliseconds, nx=True)):
                return Begun(token)
            found = await _ask(self._redis.get(name))
            if found is not None:
                return _verdict(orjson.loads(found), fingerprint)
        raise Unavailable("The request could not be claimed. Try again.")

    async def keep(self, key: str, token: str, answer: KeptAnswer, seconds: float) -> None:
        found = await _ask(self._redis.get(_PREFIX + key))
        claim = orjson.loads(found) if found is not None else {}
        if claim.get("token") != token:
            return
        kept = orjson.dumps(claim | _written(answer))
        milliseconds = int(seconds * 1000)
        await _ask(self._script(_KEEP, key, token, kept, milliseconds))

    async def forget(self, key: str, token: str) -> None:
        await _ask(self._script(_FORGET, key, token))

    async def aclose(self) -> None:
        await self._redis.aclose()

    def _script(self, script: str, key: str, *arguments: Any) -> Awaitable[Any]:
        return cast("Awaitable[Any]", self._redis.eval(script, 1, _PREFIX + key, *arguments))


async def _ask(command: Awaitable[Result]) -> Result:
    try:
        return await command
    except (RedisError, OSError):
        message = "Idempotency keys cannot be looked up at the moment. Try again."
        raise Unavailable(message) from None


def _written(answer: KeptAnswer) -> dict[str, Any]:
    headers = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in answer.headers]
    return {
        "status": answer.status,
        "headers": headers,
        "body": b64encode(answer.body).decode(),
    }


def _verdict(claim: dict[str, Any], fingerprint: str) -> Verdict:
    if claim["fingerprint"] != fingerprint:
        return Reused()
    if "status" not in claim:
        # Claims of earlier versions have no `until` and expire with their lease.
        return Running() if claim.get("until", math.inf) > time.time() else Interrupted()
    headers = tuple((n.encode("latin-1"), v.encode("latin-1")) for n, v in claim["headers"])
    return KeptAnswer(claim["status"], headers, b64decode(claim["body"]))
