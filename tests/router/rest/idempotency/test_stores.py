"""Both stores of answers keep the same promises; memory is bounded, Redis is shared."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from tests.support.servers import free_port
from trellis.router.rest.idempotency.memory_store import MemoryAnswers
from trellis.router.rest.idempotency.redis_store import RedisAnswers
from trellis.router.rest.idempotency.store import AnswerStore, Begun, KeptAnswer, Reused, Running
from trellis.schema.errors import Unavailable

ANSWER = KeptAnswer(201, ((b"location", b"/x"), (b"x-name", "é".encode("latin-1"))), b'{"a":1}')


@pytest.fixture(params=["memory", "redis"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[AnswerStore]:
    made: AnswerStore
    if request.param == "memory":
        made = MemoryAnswers(100)
    else:
        made = RedisAnswers(request.getfixturevalue("redis_url"))
    yield made
    await made.aclose()


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    return request.node.nodeid


async def claim(store: AnswerStore, key: str, *, lease: float = 60) -> str:
    verdict = await store.begin(key, "f", lease)
    assert isinstance(verdict, Begun)
    return verdict.token


async def test_an_answer_is_given_again(store: AnswerStore, key: str):
    token = await claim(store, key)
    assert await store.begin(key, "f", 60) == Running()
    await store.keep(key, token, ANSWER, 60)
    assert await store.begin(key, "f", 60) == ANSWER


async def test_another_request_with_the_key_is_told(store: AnswerStore, key: str):
    token = await claim(store, key)
    assert await store.begin(key, "other", 60) == Reused()
    await store.keep(key, token, ANSWER, 60)
    assert await store.begin(key, "other", 60) == Reused()


async def test_what_is_forgotten_is_new(store: AnswerStore, key: str):
    await store.forget(key, await claim(store, key))
    await claim(store, key)


async def test_a_claim_ends_with_its_lease(store: AnswerStore, key: str):
    old = await claim(store, key, lease=0.02)
    await asyncio.sleep(0.03)
    new = await claim(store, key)
    await store.keep(key, old, ANSWER, 60)
    await store.forget(key, old)
    assert await store.begin(key, "f", 60) == Running()
    await store.keep(key, new, ANSWER, 60)
    assert await store.begin(key, "f", 60) == ANSWER


async def test_an_answer_ends_with_its_time(store: AnswerStore, key: str):
    await store.keep(key, await claim(store, key), ANSWER, 0.02)
    await asyncio.sleep(0.03)
    await claim(store, key)


async def test_one_of_many_claims_wins(store: AnswerStore, key: str):
    verdicts = await asyncio.gather(*(store.begin(key, "f", 60) for _ in range(50)))
    assert sum(isinstance(verdict, Begun) for verdict in verdicts) == 1
    assert sum(verdict == Running() for verdict in verdicts) == 49


async def test_workers_share_what_redis_keeps(redis_url: str, key: str):
    one, other = RedisAnswers(redis_url), RedisAnswers(redis_url)
    await one.keep(key, await claim(one, key), ANSWER, 60)
    assert await other.begin(key, "f", 60) == ANSWER
    await one.aclose()
    await other.aclose()


async def test_without_redis_nothing_is_promised():
    store = RedisAnswers(f"redis://127.0.0.1:{free_port()}/0")
    with pytest.raises(Unavailable):
        await store.begin("k", "f", 60)
    await store.aclose()


async def fill(store: MemoryAnswers, count: int, body: bytes = b"") -> None:
    for number in range(count):
        token = await claim(store, str(number))
        await store.keep(str(number), token, KeptAnswer(200, (), body), 60)


async def test_memory_keeps_the_newest_answers():
    store = MemoryAnswers(3)
    await fill(store, 10)
    assert len(store) == 3
    assert isinstance(await store.begin("9", "f", 60), KeptAnswer)
    assert isinstance(await store.begin("6", "f", 60), Begun)


async def test_memory_keeps_a_bounded_size():
    store = MemoryAnswers(100, most_bytes=1000)
    await fill(store, 20, b"x" * 300)
    assert len(store) == 3


async def test_memory_keeps_what_is_running():
    store = MemoryAnswers(2)
    await claim(store, "running")
    await fill(store, 10)
    assert await store.begin("running", "f", 60) == Running()


async def test_memory_knows_its_time_from_the_clock():
    now = 100.0
    clock: Callable[[], float] = lambda: now  # noqa: E731
    store = MemoryAnswers(10, clock=clock)
    await store.keep("k", await claim(store, "k"), ANSWER, 60)
    now = 159.9
    assert await store.begin("k", "f", 60) == ANSWER
    now = 160.0
    assert isinstance(await store.begin("k", "f", 60), Begun)
