"""Both stores of answers keep the same promises; the file is bounded, and fails closed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.servers import free_port
from trellis.router.rest.idempotency.file_store import FileAnswers
from trellis.router.rest.idempotency.redis_store import RedisAnswers
from trellis.router.rest.idempotency.store import (
    AnswerStore,
    Begun,
    Interrupted,
    KeptAnswer,
    Reused,
    Running,
)
from trellis.schema.errors import Unavailable

ANSWER = KeptAnswer(201, ((b"location", b"/x"), (b"x-name", "é".encode("latin-1"))), b'{"a":1}')


def made(kind: str, request: pytest.FixtureRequest, folder: Path) -> AnswerStore:
    if kind == "file":
        return FileAnswers(folder / "router.sqlite3", 100)
    return RedisAnswers(request.getfixturevalue("redis_url"))


@pytest.fixture(params=["file", "redis"])
async def stores(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[tuple[AnswerStore, AnswerStore]]:
    """Those of two workers."""
    pair = made(request.param, request, tmp_path), made(request.param, request, tmp_path)
    yield pair
    for one in pair:
        await one.aclose()


@pytest.fixture
def store(stores: tuple[AnswerStore, AnswerStore]) -> AnswerStore:
    return stores[0]


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    return request.node.nodeid


async def claim(store: AnswerStore, key: str, *, lease: float = 60, seconds: float = 60) -> str:
    verdict = await store.begin(key, "f", lease, seconds)
    assert isinstance(verdict, Begun)
    return verdict.token


async def test_a_response_is_repeated_by_both_workers(
    stores: tuple[AnswerStore, AnswerStore], key: str
):
    one, other = stores
    token = await claim(one, key)
    assert await one.begin(key, "f", 60, 60) == await other.begin(key, "f", 60, 60) == Running()
    await one.keep(key, token, ANSWER, 60)
    assert await one.begin(key, "f", 60, 60) == await other.begin(key, "f", 60, 60) == ANSWER


async def test_another_request_with_the_same_key_is_recognized(store: AnswerStore, key: str):
    token = await claim(store, key)
    assert await store.begin(key, "other", 60, 60) == Reused()
    await store.keep(key, token, ANSWER, 60)
    assert await store.begin(key, "other", 60, 60) == Reused()


async def test_a_released_key_is_free(store: AnswerStore, key: str):
    await store.forget(key, await claim(store, key))
    await claim(store, key)


async def test_an_interrupted_request_is_not_executed_again(store: AnswerStore, key: str):
    token = await claim(store, key, lease=0.02)
    await asyncio.sleep(0.03)
    assert await store.begin(key, "f", 60, 60) == Interrupted()
    await store.keep(key, token, ANSWER, 60)  # it was late, and not gone
    assert await store.begin(key, "f", 60, 60) == ANSWER


async def test_a_claim_expires_like_a_response_and_belongs_to_its_holder(
    store: AnswerStore, key: str
):
    old = await claim(store, key, lease=0.01, seconds=0.02)
    await asyncio.sleep(0.03)
    new = await claim(store, key)
    await store.keep(key, old, ANSWER, 60)
    await store.forget(key, old)
    assert await store.begin(key, "f", 60, 60) == Running()
    await store.keep(key, new, ANSWER, 60)
    assert await store.begin(key, "f", 60, 60) == ANSWER


async def test_a_response_expires(store: AnswerStore, key: str):
    await store.keep(key, await claim(store, key), ANSWER, 0.02)
    await asyncio.sleep(0.03)
    await claim(store, key)


async def test_one_of_many_concurrent_claims_of_two_workers_succeeds(
    stores: tuple[AnswerStore, AnswerStore], key: str
):
    asked = (store.begin(key, "f", 60, 60) for _ in range(25) for store in stores)
    verdicts = await asyncio.gather(*asked)
    assert sum(isinstance(verdict, Begun) for verdict in verdicts) == 1
    assert sum(verdict == Running() for verdict in verdicts) == 49


async def test_requests_with_a_key_are_refused_without_redis():
    store = RedisAnswers(f"redis://127.0.0.1:{free_port()}/0")
    with pytest.raises(Unavailable):
        await store.begin("k", "f", 60, 60)
    await store.aclose()


# -- the file alone ------------------------------------------------------------------------


async def fill(store: FileAnswers, count: int, body: bytes = b"") -> None:
    for number in range(count):
        token = await claim(store, str(number))
        await store.keep(str(number), token, KeptAnswer(200, (), body), 60 + number)


async def known(store: FileAnswers, count: int) -> list[int]:
    """Which of ``fill``'s answers are still there."""
    verdicts = [await store.begin(str(number), "f", 60, 60) for number in range(count)]
    return [n for n, verdict in enumerate(verdicts) if isinstance(verdict, KeptAnswer)]


async def test_the_newest_responses_and_running_requests_are_kept(tmp_path: Path):
    store = FileAnswers(tmp_path / "router.sqlite3", 3, sweep_after_bytes=1)
    token = await claim(store, "running", seconds=61)
    await fill(store, 10)
    assert await store.begin("running", "f", 60, 60) == Running()
    assert await known(store, 10) == [7, 8, 9]
    await store.keep("running", token, ANSWER, 60)
    await store.aclose()


async def test_the_size_of_the_store_is_limited(tmp_path: Path):
    store = FileAnswers(
        tmp_path / "router.sqlite3", 100, most_bytes=10_000, sweep_after_bytes=2_000
    )
    await fill(store, 50, b"x" * 1_000)
    kept = await known(store, 50)
    assert kept == list(range(50 - len(kept), 50))
    assert 4 <= len(kept) <= 8
    await store.aclose()


async def test_responses_survive_the_process(tmp_path: Path):
    first = FileAnswers(tmp_path / "router.sqlite3", 10)
    await first.keep("k", await claim(first, "k"), ANSWER, 60)
    await first.aclose()
    second = FileAnswers(tmp_path / "router.sqlite3", 10)
    assert await second.begin("k", "f", 60, 60) == ANSWER
    await second.aclose()


async def test_an_unusable_file_refuses_with_a_time_to_retry(tmp_path: Path):
    path = tmp_path / "router.sqlite3"
    path.write_bytes(b"no database at all " * 100)
    store = FileAnswers(path, 10)
    with pytest.raises(Unavailable) as refused:
        await store.begin("k", "f", 60, 60)
    assert refused.value.details == {"retry_after": 5}
    path.unlink()
    await claim(store, "k")
    await store.aclose()
