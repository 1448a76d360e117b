"""Counts random subgraphs with random operations as a line of the conformance report."""

from collections.abc import Callable

from tests.conformance.figures import Figure, of
from tests.support.random_pairs import compare_pairs

PAIRS = 30_000
FIRST_SEED = 1_000_000
EVERY = 500  # pairs between two signs of progress


def random_pairs_figure(pairs: int, progress: Callable[[str], None]) -> Figure:
    """Compare so many; each difference by the seed and number that ``minimize`` takes."""
    last = 0

    def report(compared: int, seed: int) -> None:
        nonlocal last
        if compared >= last + EVERY:
            last = compared
            progress(f"{of(compared, pairs)} random pairs, next seed {seed}")

    found = list(compare_pairs(FIRST_SEED, pairs, report))
    problems = {
        f"{one.seed} {one.number}": f"{one.difference.what}: {one.difference.pair.operation[:200]}"
        for one in found
    }
    return Figure("random pairs", f"{of(pairs - len(found), pairs)} without a difference", problems)
