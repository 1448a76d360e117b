"""Samples that are spread evenly over files, and stable when other code changes."""

import hashlib
from collections.abc import Mapping, Sequence

from tests.mutants.find import Mutant, changes_program
from tests.mutants.source import Source


def sampled(
    mutants: Mapping[str, Sequence[Mutant]], sources: Mapping[str, Source], count: int, seed: int
) -> list[Mutant]:
    """``count`` mutants of all files, from each in proportion to what it has.

    In a file those with the smallest hashes come first: a larger sample holds the smaller one,
    and a changed function changes nothing for the others. Mutants that do not parse are passed
    over.
    """
    total = sum(len(found) for found in mutants.values())
    chosen: list[Mutant] = []
    passed = 0
    for name, found in mutants.items():
        # Rounding the running sum, not each share, gives small files their turn.
        before, passed = passed, passed + len(found)
        quota = round(count * passed / total) - round(count * before / total)
        chosen += _first(sources[name], found, quota, seed)
    return chosen


def _first(source: Source, found: Sequence[Mutant], quota: int, seed: int) -> list[Mutant]:
    chosen: list[Mutant] = []
    for mutant in sorted(found, key=lambda mutant: _rank(mutant, seed)):
        if len(chosen) == quota:
            break
        if changes_program(source, mutant.edit):
            chosen.append(mutant)
    return chosen


def _rank(mutant: Mutant, seed: int) -> str:
    return hashlib.sha1(f"{seed}|{mutant.id}".encode()).hexdigest()
