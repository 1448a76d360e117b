"""Redis answers as memory does, survives its own clock, and never holds a request up for long."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis

from tests.support.servers import free_port
from trellis.router.rate_limit.memory_store import MemoryStore
from trellis.router.rate_limit.redis_store import RedisStore, StoreUnavailable
from trellis.router.rate_limit.sliding_log import Charge, Window

SECOND = 1_000_000
WINDOWS = (Window(3, 10), Window(5, 60), Window(40, 60), Window(250, 60), Window(1000, 3600))


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000 * SECOND

    def __call__(self) -> int:
        return self.now


@asynccontextmanager
async def redis_store(url: str, clock: Clock | None = None) -> AsyncIterator[RedisStore]:
    """A store on an empty Redis, patient: this machine may be busy."""
    async with Redis.from_url(url, protocol=2) as redis:
        await redis.flushall()
    store = RedisStore(url, timeout=5, clock=clock)
    try:
        yield store
    finally:
        await store.aclose()


@pytest.mark.parametrize("seed", range(6))
async def test_redis_and_memory_return_the_same_levels(redis_url: str, seed: int) -> None:
    chance, clock = random.Random(seed), Clock()
    memory = MemoryStore(clock=clock)

    async with redis_store(redis_url, clock) as shared:
        for _ in range(250):
            clock.now += chance.choice((0, 1, 1_000, SECOND, 7 * SECOND, 70 * SECOND))
            windows = chance.sample(WINDOWS, chance.randint(1, 4))
            charges = [
                Charge(
                    f"{chance.randint(1, 2)}:{window.limit}", window, chance.choice((1, 1, 2, 9))
                )
                for window in windows
            ]
            what = chance.choice(("take", "take", "take", "peek"))
            assert await getattr(shared, what)(charges) == await getattr(memory, what)(charges)


async def test_concurrent_requests_get_exactly_the_limit(redis_url: str) -> None:
    charge = Charge("many", Window(100, 60), 1)

    async with redis_store(redis_url) as store:
        levels = await asyncio.gather(*(store.take([charge]) for _ in range(400)))

    assert sum(level[0].wait == 0 for level in levels) == 100


async def test_keys_expire_in_redis_with_their_window(redis_url: str) -> None:
    async with redis_store(redis_url) as store, Redis.from_url(redis_url, protocol=2) as redis:
        await store.take([Charge("short", Window(5, 2), 1)])

        lives = await redis.pttl("trellis:limits:short")

    assert 2_000 <= lives <= 3_001


async def test_a_clock_that_is_set_back_locks_nobody_out(redis_url: str) -> None:
    clock, charge = Clock(), Charge("k", Window(2, 60), 1)

    async with redis_store(redis_url, clock) as store:
        await store.take([charge])
        clock.now -= 3600 * SECOND
        second, third = await store.take([charge]), await store.take([charge])
        clock.now += 60 * SECOND
        fourth = await store.take([charge])

    assert (second[0].used, third[0].wait, fourth[0].used) == (2, 60 * SECOND, 1)


async def test_a_script_is_loaded_again_when_the_server_has_lost_it(redis_url: str) -> None:
    charge = Charge("k", Window(5, 60), 1)

    async with redis_store(redis_url) as store, Redis.from_url(redis_url, protocol=2) as redis:
        await store.take([charge])
        await redis.script_flush()

        assert (await store.take([charge]))[0].used == 2


async def test_a_cancelled_request_does_not_affect_others(redis_url: str) -> None:
    charge = Charge("k", Window(9, 60), 1)
    async with redis_store(redis_url) as store, Redis.from_url(redis_url, protocol=2) as redis:
        await store.take([charge])
        await redis.client_pause(60_000, all=False)
        given_up, *others = [asyncio.create_task(store.take([charge])) for _ in range(3)]
        await asyncio.sleep(0.01)  # all three are on their way, and wait for Redis
        given_up.cancel()
        await redis.client_unpause()

        levels = await asyncio.gather(*others)

    assert given_up.cancelled()
    # Whether the one given up was counted depends on how far it had come.
    assert [level.used for (level,) in levels] in ([2, 3], [3, 4])


async def test_an_unreachable_server_is_reported_immediately() -> None:
    store = RedisStore(f"redis://127.0.0.1:{free_port()}/0", timeout=3600)

    async with asyncio.timeout(20):
        with pytest.raises(StoreUnavailable):
            await store.take([Charge("k", Window(5, 60), 1)])

    await store.aclose()


async def test_an_error_for_one_request_of_a_batch_fails_the_batch(redis_url: str) -> None:
    async with redis_store(redis_url) as store, Redis.from_url(redis_url, protocol=2) as redis:
        await redis.set("trellis:limits:text", "no log")
        answers = await asyncio.gather(
            *(store.take([Charge(key, Window(9, 60), 1)]) for key in ("k", "text")),
            return_exceptions=True,
        )
        again = await store.take([Charge("k", Window(9, 60), 1)])

    assert [type(answer) for answer in answers] == [StoreUnavailable, StoreUnavailable]
    assert again[0].wait == 0


async def test_an_unused_store_can_be_closed() -> None:
    await RedisStore("redis://127.0.0.1:1/0").aclose()


async def test_a_server_that_does_not_respond_is_abandoned_after_the_timeout() -> None:
    over = asyncio.Event()

    async def stay_silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    server = await asyncio.start_server(stay_silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    store = RedisStore(f"redis://127.0.0.1:{port}/0", timeout=0.05)
    began = time.monotonic()

    results = await asyncio.gather(
        *(store.take([Charge(f"k{n}", Window(5, 60), 1)]) for n in range(50)),
        return_exceptions=True,
    )

    assert {type(result) for result in results} == {StoreUnavailable}
    assert time.monotonic() - began < 1
    await store.aclose()
    over.set()
    server.close()
    await server.wait_closed()
