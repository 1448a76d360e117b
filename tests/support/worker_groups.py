"""Which tests go to one worker of a parallel run."""

from pathlib import Path

from tests.support.shared import ROOT

_SUBGRAPHS = ROOT / "tests" / "subgraphs"
# What these need they make anew each time, and that takes long: they are better spread.
_SPREAD = frozenset({"tenants", "saga"})


def worker_group(path: Path) -> str | None:
    """The group of the tests in this file, unless they name one; None if each may go anywhere.

    The tests of a subgraph are one group: what they share is made once instead of once per worker,
    demo databases and compiled statements above all.
    """
    if _SUBGRAPHS not in path.parents or path.parent == _SUBGRAPHS:
        return None
    folder = path.relative_to(_SUBGRAPHS).parts[0]
    return None if folder in _SPREAD else folder
