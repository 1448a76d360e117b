"""When a client takes too little of what waits for it."""

import asyncio
from unittest.mock import Mock

from trellis.router.serving.front.watch import Drain, Watch, Watched

MB = 1_000_000


def test_a_client_that_takes_nothing_is_stuck_after_its_time():
    drain = Drain(10)
    assert [drain.is_stuck(MB, now) for now in (0, 9.9, 10)] == [False, False, True]


def test_a_little_now_and_then_does_not_help():
    drain = Drain(10)
    assert [drain.is_stuck(MB - now * 10_000, now) for now in range(11)] == [False] * 10 + [True]


def test_enough_begins_a_new_time():
    drain = Drain(10)
    found = [drain.is_stuck(MB - now * 30_000, now) for now in range(30)]
    assert not any(found)


def test_what_has_been_taken_in_full_is_not_stuck():
    drain = Drain(10)
    assert not drain.is_stuck(1_000, 0)
    assert not drain.is_stuck(0, 20)


def test_a_new_message_has_a_time_of_its_own():
    drain = Drain(10)
    drain.is_stuck(MB, 0)
    drain.reset()
    assert not drain.is_stuck(MB, 15)
    assert drain.is_stuck(MB, 25)


class Client:
    """A connection whose client has left so many bytes."""

    def __init__(self, unsent: int) -> None:
        self.transport = Mock(spec=asyncio.Transport)
        self.unsent = unsent
        self.looks = asyncio.Event()

    def look(self, now: float) -> int:
        self.looks.set()
        return self.unsent


async def test_those_who_leave_most_are_cut_until_what_is_left_fits():
    watch = Watch(unsent_bytes=100)
    clients = [Client(unsent) for unsent in (60, 10, 50, 40)]
    watched: list[Watched] = [*clients]
    for client in watched:
        watch.add(client)
    async with asyncio.timeout(5):
        await clients[-1].looks.wait()
        await asyncio.sleep(0)
    for client in watched:
        watch.discard(client)
    assert [client.transport.abort.called for client in clients] == [True, False, False, False]


async def test_nobody_is_looked_at_after_the_last_one_has_gone():
    watch = Watch(unsent_bytes=100)
    client = Client(0)
    watch.add(client)
    watch.discard(client)
    await asyncio.sleep(0.3)
    assert not client.looks.is_set()
