"""Handshakes of WebSockets take turns with everything else that the event loop does."""

import asyncio

from trellis.router.serving.front import handshakes
from trellis.router.serving.front.handshakes import Handshakes

MANY = 100


async def test_a_few_begin_in_each_round_and_in_the_order_of_their_arrival():
    begun: list[int] = []
    turns = Handshakes()
    for number in range(MANY):
        turns.start(lambda number=number: begun.append(number))

    in_rounds: list[int] = []
    for _ in range(MANY):
        before = len(begun)
        await asyncio.sleep(0)
        in_rounds.append(len(begun) - before)
        if len(begun) == MANY:
            break

    assert begun == list(range(MANY))
    assert max(in_rounds) <= handshakes._PER_ROUND  # pyright: ignore[reportPrivateUsage]
    assert len(in_rounds) >= MANY // 10


async def test_later_ones_begin_too_when_the_queue_was_empty():
    begun: list[str] = []
    turns = Handshakes()
    for name in ("first", "second"):
        turns.start(lambda name=name: begun.append(name))
        await asyncio.sleep(0)
        assert begun[-1] == name


async def test_a_handshake_that_begins_another_does_not_begin_a_round_of_its_own():
    begun: list[int] = []
    turns = Handshakes()

    def begin(number: int) -> None:
        begun.append(number)
        if number < MANY:
            turns.start(lambda: begin(number + 1))

    turns.start(lambda: begin(1))
    await asyncio.sleep(0)
    assert len(begun) == 1
    for _ in range(MANY):
        await asyncio.sleep(0)
    assert begun == list(range(1, MANY + 1))


async def test_one_that_fails_does_not_keep_the_others_waiting():
    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _loop, context: failures.append(context["exception"])
    )
    begun: list[int] = []
    turns = Handshakes()

    def fail() -> None:
        raise ValueError("not well-formed")

    turns.start(fail)
    for number in range(MANY):
        turns.start(lambda number=number: begun.append(number))
    for _ in range(MANY):
        await asyncio.sleep(0)

    assert begun == list(range(MANY))
    assert [str(one) for one in failures] == ["not well-formed"]
