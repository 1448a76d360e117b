"""What has changed in a subgraph, for routers that keep answers until it does."""

import re
from collections.abc import Awaitable, Callable
from typing import NamedTuple

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Changes(NamedTuple):
    """``ids`` are the ids of all objects that events after a position mention; None if they are
    too many to list, so anything may have changed. ``position`` is where to continue."""

    position: str
    ids: frozenset[str] | None


ReadChanges = Callable[[str | None], Awaitable[Changes]]
"""The changes after a position. For None there are none, and the position is one from which
everything is included that an answer given now may lack, because a copy of data in another
subgraph is updated only after the event. Raises if they cannot be read."""


def ids_in(text: str) -> frozenset[str]:
    """The ids that a text mentions, such as JSON: UUIDs in their usual form."""
    return frozenset(_UUID.findall(text))
