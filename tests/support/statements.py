"""Counts the SQL statements of a block, on whatever engine they run."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

_asked_here: ContextVar[list[str] | None] = ContextVar("asked_here", default=None)


@contextmanager
def statements(*, writes: bool = False) -> Iterator[list[str]]:
    """The text of every SELECT that the block and the tasks it starts send; with ``writes`` of
    everything else, too.

    Background tasks that ran before have another context and are not counted.
    """
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if _asked_here.get() is seen and (writes or statement.lstrip()[:6].upper() == "SELECT"):
            seen.append(statement)

    token = _asked_here.set(seen)
    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)
        _asked_here.reset(token)
