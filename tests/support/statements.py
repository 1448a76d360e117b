"""Counts the SQL statements of a block and the rows they read, on whatever engine they run."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Mapper

_HEAD = "max(outbox.id)"

_asked_here: ContextVar[list[str] | None] = ContextVar("asked_here", default=None)
_read_here: ContextVar[list[Any] | None] = ContextVar("read_here", default=None)


@contextmanager
def statements(*, writes: bool = False) -> Iterator[list[str]]:
    """The text of every SELECT that the block and the tasks it starts send; with ``writes`` of
    everything else, too.

    Background tasks that ran before have another context and are not counted. Nor is how long a
    stream is: that is read anew only when somebody has committed something.
    """
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        is_wanted = writes or statement.lstrip()[:6].upper() == "SELECT"
        if is_wanted and _asked_here.get() is seen and _HEAD not in statement:
            seen.append(statement)

    token = _asked_here.set(seen)
    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)
        _asked_here.reset(token)


@contextmanager
def rows_read() -> Iterator[list[Any]]:
    """The objects that the block and the tasks it starts load out of rows."""
    read: list[Any] = []

    def note(loaded: Any, _context: Any) -> None:
        if _read_here.get() is read:
            read.append(loaded)

    token = _read_here.set(read)
    event.listen(Mapper, "load", note)
    try:
        yield read
    finally:
        event.remove(Mapper, "load", note)
        _read_here.reset(token)
