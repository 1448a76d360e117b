"""A request with a key is carried out once, whoever is still waiting for it."""

import asyncio

import pytest

from tests.router.rest.library import ADA, BOB
from tests.support.memory_answers import MemoryAnswers
from trellis.router.rest.idempotency.once import KeyRunning, Once, fingerprint_of, stored_key
from trellis.router.rest.idempotency.store import KeptAnswer
from trellis.schema.errors import Unavailable

ANSWER = KeptAnswer(201, (), b"{}")


def make() -> Once:
    return Once(MemoryAnswers(), keep_seconds=60, request_seconds=1)


async def answer() -> tuple[KeptAnswer, bool]:
    return ANSWER, True


async def test_a_client_that_disconnected_gets_the_response_later():
    once, started, released = make(), asyncio.Event(), asyncio.Event()

    async def slow() -> tuple[KeptAnswer, bool]:
        started.set()
        await released.wait()
        return ANSWER, True

    first = asyncio.create_task(once.run("k", "f", slow))
    await started.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    with pytest.raises(KeyRunning):
        await once.run("k", "f", slow)
    released.set()
    await once.aclose()
    assert await once.run("k", "f", answer) != (ANSWER, True)  # closing forgets what was kept


async def test_work_is_completed_without_a_client():
    once, done = make(), asyncio.Event()

    async def slow() -> tuple[KeptAnswer, bool]:
        await asyncio.sleep(0)
        done.set()
        return ANSWER, True

    first = asyncio.create_task(once.run("k", "f", slow))
    await asyncio.sleep(0)
    first.cancel()
    await done.wait()
    await asyncio.sleep(0)
    assert await once.run("k", "f", slow) == (ANSWER, True)


async def test_work_that_fails_leaves_the_key_free():
    once = make()

    async def broken() -> tuple[KeptAnswer, bool]:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await once.run("k", "f", broken)
    assert await once.run("k", "f", answer) == (ANSWER, False)


async def test_a_response_that_is_not_to_be_kept_leaves_the_key_free():
    once = make()

    async def refused() -> tuple[KeptAnswer, bool]:
        return KeptAnswer(422, (), b""), False

    assert await once.run("k", "f", refused) == (KeptAnswer(422, (), b""), False)
    assert await once.run("k", "f", answer) == (ANSWER, False)


async def test_a_failing_store_does_not_replace_the_response():
    class Failing(MemoryAnswers):
        async def keep(self, key: str, token: str, answer: KeptAnswer, seconds: float) -> None:
            raise Unavailable("Gone.")

    once = Once(Failing(), keep_seconds=60, request_seconds=1)
    assert await once.run("k", "f", answer) == (ANSWER, False)


def test_keys_are_separate_by_caller_dialect_and_route():
    keys = {
        stored_key(ADA, "pm", "POST /x", "k"),
        stored_key(BOB, "pm", "POST /x", "k"),
        stored_key(ADA, "learn", "POST /x", "k"),
        stored_key(ADA, "pm", "POST /y", "k"),
        stored_key(ADA, "pm", "POST /x", "l"),
    }
    assert len(keys) == 5


def test_a_fingerprint_does_not_depend_on_the_order_of_members():
    one, same = {"a": 1, "b": {"c": 2**70, "d": "é"}}, {"b": {"d": "é", "c": 2**70}, "a": 1}
    assert fingerprint_of(one, "k") == fingerprint_of(same, "k")
    assert fingerprint_of({"a": 1}, "k") != fingerprint_of({"a": "1"}, "k")
    assert fingerprint_of({"a": None}, "k") != fingerprint_of({}, "k")


def test_a_fingerprint_says_nothing_without_the_key():
    assert fingerprint_of({"a": 1}, "k") != fingerprint_of({"a": 1}, "l")
