"""Responses that are reused until an event mentions what they are about."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from trellis.router import response_cache
from trellis.router.answer import Answer
from trellis.router.cache import cache_figures
from trellis.router.response_cache import ResponseCache
from trellis.schema.changes import Changes

BOOK, AUTHOR, CALLER, OTHER = (f"{n}0000000-0000-4000-8000-000000000000" for n in range(1, 5))


class Log:
    """The events of a subgraph: the ids that each mentions. An answer given now may lack the last
    ``unsettled`` of them."""

    def __init__(self) -> None:
        self.events: list[set[str]] = []
        self.unsettled = 0
        self.is_down = False
        self.has_too_many = False
        self.looked_at = 0

    async def __call__(self, position: str | None) -> Changes:
        if self.is_down:
            raise ConnectionError
        if position is None:
            return Changes(str(len(self.events) - self.unsettled), frozenset())
        new = self.events[int(position) :]
        self.looked_at += len(new)
        ids = None if self.has_too_many else frozenset[str]().union(*new)
        return Changes(str(len(self.events)), ids)


class Shop:
    """Counts how often the operation is executed."""

    def __init__(self) -> None:
        self.books, self.authors = Log(), Log()
        self.cache = ResponseCache({"books": self.books, "authors": self.authors})
        self.executed = 0

    async def run(self) -> Answer:
        self.executed += 1
        return Answer({"book": {"id": BOOK, "author": {"id": AUTHOR}, "n": self.executed}})

    async def ask(
        self,
        key: str = "key",
        *,
        seconds: float = 60,
        run: Callable[[], Awaitable[Answer]] | None = None,
    ) -> Any:
        answer = await self.cache.reuse(key, seconds, {CALLER}, run or self.run)
        return ((answer.data or {}).get("book") or {}).get("n")


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def test_a_response_is_reused(shop: Shop):
    assert [await shop.ask() for _ in range(3)] == [1, 1, 1]


async def test_operations_that_differ_have_their_own(shop: Shop):
    assert [await shop.ask("one"), await shop.ask("other"), await shop.ask("one")] == [1, 2, 1]


@pytest.mark.parametrize("id", [BOOK, AUTHOR, CALLER])
@pytest.mark.parametrize("stream", ["books", "authors"])
async def test_an_event_about_something_in_it_ends_it(shop: Shop, stream: str, id: str):
    await shop.ask()
    getattr(shop, stream).events.append({OTHER, id})
    assert [await shop.ask(), await shop.ask()] == [2, 2]


async def test_other_events_do_not_and_are_looked_at_once(shop: Shop):
    await shop.ask()
    shop.books.events += [{OTHER}, {OTHER}]
    assert [await shop.ask(), await shop.ask()] == [1, 1]
    assert shop.books.looked_at == 2


async def test_it_is_not_reused_after_an_event_that_it_may_lack(shop: Shop):
    """A copy in another subgraph may have been older than the event when it was read."""
    shop.books.events, shop.books.unsettled = [{BOOK}], 1
    assert [await shop.ask(), await shop.ask()] == [1, 2]
    shop.books.unsettled = 0
    assert [await shop.ask(), await shop.ask()] == [3, 3]


async def test_an_event_during_the_execution_ends_it(shop: Shop):
    async def run() -> Answer:
        shop.books.events.append({BOOK})
        return await shop.run()

    await shop.ask(run=run)
    assert await shop.ask() == 2


async def test_it_ends_with_its_time(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    now = 1_000.0
    monkeypatch.setattr(response_cache.time, "monotonic", lambda: now)
    await shop.ask(seconds=30)
    now += 29.9
    assert await shop.ask(seconds=30) == 1
    now += 0.1
    assert await shop.ask(seconds=30) == 2


async def test_too_many_events_end_it(shop: Shop):
    await shop.ask()
    shop.authors.events.append({OTHER})
    shop.authors.has_too_many = True
    assert await shop.ask() == 2


async def test_while_a_subgraph_cannot_tell_nothing_is_reused_or_kept(shop: Shop):
    await shop.ask()
    shop.authors.is_down = True
    assert [await shop.ask(), await shop.ask("new")] == [2, 3]
    shop.authors.is_down = False
    assert [await shop.ask("new"), await shop.ask("new")] == [4, 4]


@pytest.mark.parametrize(
    "answer",
    [Answer({"book": None}, errors=[{"message": "away"}]), Answer(executed=False, status=403)],
)
async def test_failures_are_not_kept(shop: Shop, answer: Answer):
    async def fail() -> Answer:
        return answer

    await shop.ask(run=fail)
    assert await shop.ask() == 1


async def test_without_changes_of_all_subgraphs_nothing_is_reused():
    shop = Shop()
    shop.cache = ResponseCache(None)
    assert [await shop.ask(), await shop.ask()] == [1, 2]


async def test_it_is_bounded_in_bytes_and_among_the_figures(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(response_cache, "CACHE_BYTES", 2_000)
    small = Shop()
    for n in range(50):
        await small.ask(str(n))
    figures = cache_figures()["responses"]
    assert 0 < figures.weight <= figures.capacity
    assert await small.ask("49") == 50
    assert await small.ask("0") == 51
