"""Python's garbage collector, out of the way while much is made that stays."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Imports, schemas and compositions are many objects that all live until the end: looking for
    cycles among them finds nothing and took half of the time of composing (50 subgraphs of 60
    types: 1.9 s, without it 1.0 s). May be nested, and may decorate a function."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
