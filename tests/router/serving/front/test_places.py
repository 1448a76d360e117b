"""Who gets a place, and who gives way."""

import pytest
from structlog.testing import capture_logs

from trellis.router.serving.front.places import Places, share_address


class Holder:
    """A connection of an address; gives its place back when it has to give way."""

    def __init__(self, places: Places, address: str | None) -> None:
        self.address = address
        self.gave_way = False
        self.receiving_seconds = 0.0
        self._places = places

    def give_way(self) -> None:
        self.gave_way = True
        self._places.leave(self)


def holders(places: Places, *addresses: str | None) -> list[Holder]:
    found = [Holder(places, address) for address in addresses]
    for holder in found:
        assert places.take(holder)
    return found


def test_the_longest_idle_gives_way():
    places = Places(total=3, share=3)
    first, second, third = holders(places, "a", "b", "c")
    places.is_busy(first)
    places.is_busy(third)
    places.is_idle(third)
    holders(places, "d")
    assert [h.gave_way for h in (first, second, third)] == [False, True, False]
    holders(places, "e")
    assert third.gave_way


def test_the_address_that_holds_most_gives_way():
    places = Places(total=4, share=3)
    lonely, *others = holders(places, "a", "b", "b", "b")
    holders(places, "c")
    assert not lonely.gave_way
    assert [holder.gave_way for holder in others] == [True, False, False]


def test_without_an_idle_one_the_slowest_request_gives_way():
    places = Places(total=3, share=3)
    found = holders(places, "a", "b", "c")
    for holder, seconds in zip(found, (2.0, 3.0, 0.5), strict=True):
        places.is_busy(holder)
        holder.receiving_seconds = seconds
    holders(places, "d")
    assert [holder.gave_way for holder in found] == [False, True, False]


def test_a_request_that_comes_in_time_does_not_give_way():
    places = Places(total=1, share=1)
    (holder,) = holders(places, "a")
    places.is_busy(holder)
    holder.receiving_seconds = 0.5
    assert not places.take(Holder(places, "b"))


def test_a_place_goes_on_under_its_heir():
    places = Places(total=1, share=1)
    (holder,) = holders(places, "a")
    heir = Holder(places, "a")
    places.hand_over(holder, heir)
    assert not places.take(Holder(places, "b"))
    places.leave(heir)
    holders(places, "b")


def test_nobody_gives_way_while_there_is_room():
    places = Places(total=3, share=3)
    found = holders(places, "a", "b", "c")
    assert not any(holder.gave_way for holder in found)


def test_without_an_idle_one_there_is_no_place():
    places = Places(total=2, share=2)
    for holder in holders(places, "a", "b"):
        places.is_busy(holder)
    late = Holder(places, "c")
    assert not places.take(late)


def test_a_full_share_is_cleared_of_its_own_only():
    places = Places(total=9, share=2)
    other, mine, _ = holders(places, "b", "a", "a")
    holders(places, "a")
    assert (other.gave_way, mine.gave_way) == (False, True)


def test_a_share_that_is_busy_is_full_and_returned_by_leaving():
    places = Places(total=9, share=1)
    (mine,) = holders(places, "a")
    places.is_busy(mine)
    assert not places.take(Holder(places, "a"))
    places.leave(mine)
    holders(places, "a")


def test_what_tells_no_address_has_no_share():
    places = Places(total=3, share=1)
    holders(places, None, None, None)


def test_what_runs_behind_a_proxy_counts_in_its_clients_share():
    places = Places(total=3, share=1)
    assert places.is_share_left("a")
    places.claim("a")
    assert not places.is_share_left("a")
    places.release("a")
    assert places.is_share_left("a")


def test_the_waiting_room_is_bounded():
    places = Places(total=1, share=1)
    assert [places.enter_waiting_room() for _ in range(65)] == [True] * 64 + [False]
    places.leave_waiting_room()
    assert places.enter_waiting_room()


def test_refusals_are_logged_now_and_then():
    places = Places(total=1, share=1)
    places.is_busy(*holders(places, "a"))
    with capture_logs() as lines:
        for _ in range(100):
            places.take(Holder(places, "a"))
    (line,) = lines
    assert (line["event"], line["client"]) == ("connection_refused", "a")
    assert "http.trusted_proxies" in line["hint"]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("testclient", "testclient", True),
    ],
)
def test_a_share_is_that_of_an_address_or_of_an_ipv6_network(one: str, other: str, is_same: bool):
    assert (share_address(one) == share_address(other)) is is_same
