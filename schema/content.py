"""What a subgraph stores outside of its database, as the doors of the router send it to clients."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

CONTENT_PATH = "/content"
"""Below it, links lead to contents: ``/content/<subgraph>/<ticket>``."""


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes that never change, for one who may read them.

    ``etag`` names them, without quotes. ``read(start, end)`` gives the bytes from ``start`` up to
    ``end``, which is not one of them, in pieces.
    """

    filename: str
    media_type: str
    size: int
    etag: str
    read: Callable[[int, int], AsyncGenerator[bytes]]


def content_link(base: str, subgraph: str, ticket: str) -> str:
    """The link to a content of a subgraph. A ``ticket`` is made of letters, digits, ``-``, ``_``
    and ``.`` and is all that is needed to read it, so it should expire."""
    return f"{base.rstrip('/')}{CONTENT_PATH}/{subgraph}/{ticket}"
