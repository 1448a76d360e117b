"""When a client takes too little of what waits for it."""

from trellis.router.serving.front.watch import Drain

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
