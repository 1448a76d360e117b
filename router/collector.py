"""Pauses the garbage collector while many long-lived objects are created."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused(*, makes_what_stays: bool = False) -> Iterator[None]:
    """Imports, schemas and compositions create many objects that stay alive. Searching them for
    cycles finds nothing and takes half of the time of composition (50 subgraphs of 60 types: 1.9 s
    with the collector, 1.0 s without). Can be nested, and can decorate a function.

    Where it ``makes_what_stays``, the collector does not look at that as at new objects afterwards
    either: it would, twice.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            if makes_what_stays and not gc.get_freeze_count():
                # Both only relink lists: all objects are in the oldest generation afterwards.
                gc.freeze()
                gc.unfreeze()
            gc.enable()
