"""Limits the number of operations that one caller has running at the same time."""

from collections.abc import Hashable
from typing import Protocol

from trellis.router.rate_limit.keys import caller_key
from trellis.schema.errors import RateLimited
from trellis.schema.request import RequestContext

_RETRY_SECONDS = 1


Place = Hashable


class Places(Protocol):
    """The places for running operations, of one supergraph in one worker."""

    def take(self, context: RequestContext) -> Place:
        """Take a place for one operation of this caller, which must be given back. Raises
        RateLimited if the caller has none left."""
        ...

    def give_back(self, place: Place) -> None:
        """The operation has ended."""
        ...


class AnyNumber:
    """Implements ``Places`` without a limit."""

    def take(self, context: RequestContext) -> Place:
        return ""

    def give_back(self, place: Place) -> None:
        return None


class PlacesPerCaller:
    """Implements ``Places`` with ``most`` places for each API key, user or address. Only callers
    with running operations use memory."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: dict[Place, int] = {}

    def __len__(self) -> int:
        """The number of callers with running operations."""
        return len(self._taken)

    def take(self, context: RequestContext) -> Place:
        identity = context.identity
        caller = identity.key_id or identity.id or caller_key(context)
        taken = self._taken.get(caller, 0)
        if taken >= self._most:
            raise RateLimited(
                f"{taken} of your operations are running, and that is the most at a time. Wait for "
                "one of them to end.",
                limit=self._most,
                retry_after=_RETRY_SECONDS,
            )
        self._taken[caller] = taken + 1
        return caller

    def give_back(self, place: Place) -> None:
        left = self._taken[place] - 1
        if left:
            self._taken[place] = left
        else:
            del self._taken[place]
