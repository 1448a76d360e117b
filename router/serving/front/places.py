"""How many connections clients may hold: so many in all, and each address its share of them."""

import time
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv6Address
from operator import itemgetter
from typing import Any, Protocol

import structlog

from trellis.router.web.client_address import read_address

log = structlog.get_logger(__name__)

# Refused connections that may wait for their request, to be told why; more are cut off unheard.
_WAITING_ROOM = 64
_SECONDS_BETWEEN_WARNINGS = 10.0
# A request of usual size comes in one round trip, also over a poor connection.
_RECEIVING_SECONDS = 1.0


class Holder(Protocol):
    """A connection that holds a place."""

    address: str | None

    @property
    def receiving_seconds(self) -> float:
        """For how long a request has been coming that has not come in full; 0 if there is none."""
        ...

    def give_way(self) -> None:
        """Close immediately and free the place: another connection waits for it."""
        ...


class Places:
    """The places of one worker. When they are short, a connection of the address that holds most
    gives way: the one that has been idle longest, else the one whose request has been coming
    longest, if that is over a second. What is being answered never does.

    An address is None where it tells nothing about the client: that of a trusted proxy, or a Unix
    socket. It counts in all then, and the clients that the proxy names have their share of what
    runs at a time.
    """

    def __init__(self, total: int, share: int) -> None:
        self._total = total
        self._share = share
        self._held: Counter[str] = Counter()
        self._holders: dict[Holder, None] = {}
        self._idle: dict[Holder, None] = {}  # in the order in which they became so
        self._waiting = 0
        self._warned_at = float("-inf")

    def take(self, holder: Holder) -> bool:
        """A place for a new connection, idle as yet; False when there is none."""
        address = holder.address
        if not self.is_share_left(address) and not self._clear(of=address):
            return self._refuse(address, "its share of the connections of this worker is taken")
        if len(self._holders) >= self._total and not self._clear():
            return self._refuse(address, "all connections of this worker are taken")
        if address is not None:
            self._held[address] += 1
        self._holders[holder] = self._idle[holder] = None
        return True

    def hand_over(self, holder: Holder, heir: Holder) -> None:
        """The place of a connection goes on under another holder."""
        del self._holders[holder]
        self._idle.pop(holder, None)
        self._holders[heir] = None

    def leave(self, holder: Holder) -> None:
        """Give a place back that ``take`` gave."""
        del self._holders[holder]
        self._idle.pop(holder, None)
        self.release(holder.address)

    def is_share_left(self, address: str | None) -> bool:
        return address is None or self._held[address] < self._share

    def claim(self, address: str | None) -> None:
        """Count what a client runs through a trusted proxy; for ``release``, when it has ended."""
        if address is not None:
            self._held[address] += 1

    def release(self, address: str | None) -> None:
        if address is None:
            return
        self._held[address] -= 1
        if self._held[address] <= 0:
            del self._held[address]

    def is_idle(self, holder: Holder) -> None:
        """Nothing is asked on this connection: it gives way when places are short."""
        self._idle[holder] = None

    def is_busy(self, holder: Holder) -> None:
        self._idle.pop(holder, None)

    def enter_waiting_room(self) -> bool:
        """For a connection without a place, to get an error; False if too many wait for that."""
        if self._waiting >= _WAITING_ROOM:
            return False
        self._waiting += 1
        return True

    def leave_waiting_room(self) -> None:
        self._waiting -= 1

    def _clear(self, of: str | None = None) -> bool:
        """Let one connection go, of an address or of any."""
        victim = self._longest(self._idle, of)
        if victim is None:
            slow = [
                (-seconds, holder)
                for holder in self._holders
                if (seconds := holder.receiving_seconds) > _RECEIVING_SECONDS
            ]
            slow.sort(key=itemgetter(0))
            victim = self._longest((holder for _, holder in slow), of)
        if victim is None:
            return False
        victim.give_way()
        return True

    def _longest(self, holders: Iterable[Holder], of: str | None) -> Holder | None:
        """The first of an address; of all, the first of the address that holds most."""
        if of is not None:
            return next((holder for holder in holders if holder.address == of), None)
        # A proxy's connection is one of many clients; each counts like one of a single client.
        held: Any = self._held.get
        return max(holders, key=lambda holder: held(holder.address, 1), default=None)

    def _refuse(self, address: str | None, why: str) -> bool:
        now = time.monotonic()
        if now - self._warned_at >= _SECONDS_BETWEEN_WARNINGS:
            self._warned_at = now
            hint = "a proxy belongs into http.trusted_proxies; see limits.connections_per_address"
            log.warning("connection_refused", client=address, reason=why, hint=hint)
        return False


@lru_cache(maxsize=4096)
def share_address(host: str) -> str:
    """Whose share a client's address counts in: an IPv4 address is one, of IPv6 the network of 64
    bits is, since the holder of one of its addresses has them all (RFC 6177)."""
    address = read_address(host)
    if isinstance(address, IPv6Address):
        return str(IPv6Address(int(address) >> 64 << 64)) + "/64"
    return host if address is None else str(address)
