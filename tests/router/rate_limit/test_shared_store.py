"""Redis may freeze, stop and come back under load: limits stay, nothing fails, nobody waits."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.redis_server import RedisServer
from tests.support.serving import served
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.config import Config, RateLimitRule, RateLimits
from trellis.router.rate_limit.redis_store import StoreUnavailable
from trellis.router.rate_limit.shared_store import SharedStore, shared_store
from trellis.router.rate_limit.sliding_log import Charge, Level, Window
from trellis.router.serving.application import create_app
from trellis.schema.errors import Unavailable

MANY, TEN = Window(100_000, 3600), Window(10, 3600)
TIMEOUT = 0.05
LOADED = 0.5  # patience with a Redis that this machine may keep waiting
IN_A_ROW = 8


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.close()


@asynccontextmanager
async def store_of(server: RedisServer) -> AsyncIterator[SharedStore]:
    store = shared_store(server.url, timeout=TIMEOUT, keys=1_000)
    await store.start()
    try:
        yield store
    finally:
        await store.aclose()


async def until_shared(store: SharedStore) -> None:
    async with asyncio.timeout(20):
        while store.is_local:  # noqa: ASYNC110 (the store has nobody else to tell)
            await asyncio.sleep(0.02)


async def used(store: SharedStore, key: str = "k") -> int:
    return (await store.peek([Charge(key, MANY, 0)]))[0].used


async def test_while_redis_does_not_respond_only_one_request_waits(
    redis: RedisServer,
) -> None:
    async with store_of(redis) as store:
        for _ in range(5):
            await store.take([Charge("k", MANY, 1)])
        redis.freeze()
        async with asyncio.timeout(20):
            await store.take([Charge("k", MANY, 1)])
        later = [at_once(store.take([Charge("k", MANY, 1)])) for _ in range(200)]
        redis.thaw()
        await until_shared(store)
        level = await used(store)

    assert [levels[0].used for levels in later] == list(range(2, 202))
    # What was asked when Redis froze may be counted when it thaws; local tries are not.
    assert 5 <= level <= 6


async def test_without_redis_each_worker_counts_for_itself(redis: RedisServer) -> None:
    async with store_of(redis) as store:
        await store.take([Charge("k", TEN, 4)])
        redis.stop()
        local = [(await store.take([Charge("k", TEN, 1)]))[0].wait == 0 for _ in range(12)]
        redis.start()
        await until_shared(store)
        again = [(await store.take([Charge("k", TEN, 1)]))[0].wait == 0 for _ in range(12)]

    assert local.count(True) == again.count(True) == 10


async def test_strict_charges_are_refused_without_redis(redis: RedisServer) -> None:
    charge = Charge("login", TEN, 1, strict=True)
    async with store_of(redis) as store:
        await store.take([charge])
        redis.stop()
        with pytest.raises(Unavailable) as refused:
            await store.take([charge])
        with pytest.raises(Unavailable):
            await store.take([charge])
        redis.start()
        await until_shared(store)
        levels = await store.take([charge])

    assert refused.value.details == {"retry_after": 5}
    assert levels[0].used == 1


async def test_the_router_starts_without_redis(
    redis: RedisServer,
) -> None:
    redis.stop()
    async with store_of(redis) as store:
        assert store.is_local
        assert (await store.take([Charge("k", TEN, 1)]))[0].wait == 0
        redis.start()
        await until_shared(store)
        assert await used(store) == 0


class Unsteady:
    """A shared store that fails as often as it is told to."""

    def __init__(self) -> None:
        self.failures = 0
        self.connected = 0
        self.is_closed = False

    async def connect(self) -> None:
        self.connected += 1
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("away")

    async def peek(self, charges: Sequence[Charge]) -> Sequence[Level]:
        await self.connect()
        return [Level(7, 0, 1) for _ in charges]

    take = peek

    async def aclose(self) -> None:
        self.is_closed = True


def unsteady(failures: int, *, probe_seconds: Sequence[float]) -> tuple[Unsteady, SharedStore]:
    shared = Unsteady()
    shared.failures = failures
    return shared, SharedStore(shared, probe_seconds=probe_seconds)  # pyright: ignore


@pytest.mark.parametrize("way", ["start", "peek", "take"])
async def test_probes_are_repeated_until_redis_is_available(way: str) -> None:
    shared, store = unsteady(6, probe_seconds=(0, 0))
    charges = [Charge("k", TEN, 1)]
    await (store.start() if way == "start" else getattr(store, way)(charges))
    assert store.is_local
    assert (await store.peek(charges))[0].used == (1 if way == "take" else 0)
    await until_shared(store)

    assert shared.connected == 1 + 6  # five looks in vain and the one that finds it
    assert (await store.peek(charges))[0].used == 7


async def test_a_store_can_be_closed_while_redis_is_unavailable() -> None:
    shared, store = unsteady(1, probe_seconds=(3600,))
    await store.start()
    assert store.is_local
    before = asyncio.all_tasks()
    await store.aclose()
    assert shared.is_closed
    assert len(asyncio.all_tasks()) == len(before) - 1


# -- the whole router, under load ----------------------------------------------------------------

SUPERGRAPH = compose(
    [
        Subgraph(
            "a",
            "http://a.test",
            'extend schema @link(url: "https://specs.trellis.dev/trellis/v0.1", '
            'import: ["@rateLimit"]) @composeDirective(name: "@rateLimit") '
            '@link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@composeDirective"])'
            "directive @rateLimit(limit: Int!, window: Int!, strict: Boolean) on FIELD_DEFINITION "
            "type Query { hello: Int } type Mutation { "
            "login: Int @rateLimit(limit: 100000, window: 60, strict: true) }",
        )
    ]
).supergraph_sdl


class Load:
    """Reads and logins from eight clients at once, until told to stop."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._is_over = False
        self.reads: list[tuple[int, float]] = []
        self.logins: list[httpx.Response] = []

    async def __aenter__(self) -> "Load":
        self._clients = [asyncio.create_task(self._client(n)) for n in range(8)]
        return self

    async def __aexit__(self, *_: Any) -> None:
        self._is_over = True
        await asyncio.gather(*self._clients)

    async def until_logins_give(self, status: int) -> None:
        """Wait until a row of logins has this status: none of them is closed, or all are."""
        start = len(self.logins)
        async with asyncio.timeout(60):
            while True:
                await asyncio.sleep(0.05)
                last = [login.status_code for login in self.logins[start:][-IN_A_ROW:]]
                if last == [status] * IN_A_ROW:
                    return

    async def _client(self, number: int) -> None:
        while not self._is_over:
            began = time.monotonic()
            if number == 0:
                body = {"query": "mutation { login }"}
                self.logins.append(await self._http.post("/graphql", json=body))
            else:
                answer = await self._http.post("/graphql", json={"query": "{ __typename }"})
                self.reads.append((answer.status_code, time.monotonic() - began))
            await asyncio.sleep(0.01)


async def test_under_load_without_redis_reads_continue_and_logins_are_refused(
    redis: RedisServer,
) -> None:
    rule = RateLimitRule(name="requests", limit=1_000_000, window=3600)
    limits = RateLimits(
        enabled=True, presets={"default": (rule,)}, development_factor=1, store_seconds=LOADED
    )
    config = Config(rate_limit=limits, redis_url=redis.url)
    app = create_app(SUPERGRAPH, [{"name": "a", "url": "http://127.0.0.1:9/graphql"}], config)

    async with (
        served(app, lifespan="on") as url,
        httpx.AsyncClient(base_url=url) as http,
        Load(http) as load,
    ):
        await load.until_logins_give(200)
        usual = max((seconds for _, seconds in load.reads), default=0.0)
        redis.freeze()
        await load.until_logins_give(503)
        redis.thaw()
        await load.until_logins_give(200)
        redis.stop()
        await load.until_logins_give(503)
        redis.start()
        await load.until_logins_give(200)

    assert {status for status, _ in load.reads} == {200}
    assert {answer.status_code for answer in load.logins} == {200, 503}
    closed = [answer for answer in load.logins if answer.status_code == 503]
    assert {answer.headers["retry-after"] for answer in closed} == {"5"}
    assert {answer.json()["errors"][0]["extensions"]["code"] for answer in closed} == {
        "SERVICE_UNAVAILABLE"
    }
    slow = [seconds for _, seconds in load.reads if seconds > max(LOADED, usual)]
    assert len(slow) <= 24, "only those that were asking when Redis froze or stopped have waited"


def at_once(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of something that waits for nobody."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    work.close()
    raise AssertionError("it waits")


async def test_a_probe_that_fails_in_a_way_nobody_knows_does_not_leave_logins_closed_for_ever():
    class Broken:
        tries = 0

        async def connect(self) -> None:
            self.tries += 1
            if self.tries == 1:
                raise StoreUnavailable("down")
            if self.tries == 2:
                raise RuntimeError("a fault of the client library")

        async def aclose(self) -> None:
            return None

    store = SharedStore(Broken(), probe_seconds=(0.001,))  # type: ignore[arg-type]
    await store.start()
    assert store.is_local
    await until_shared(store)
    await store.aclose()
