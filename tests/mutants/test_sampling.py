"""Samples are even, repeatable, and grow without changing."""

from tests.mutants.find import find_mutants
from tests.mutants.sampling import sampled
from tests.mutants.source import Source

SOURCES = {
    name: Source(name, "\n".join(f"def f{i}(a):\n    return a > {i}" for i in range(size)))
    for name, size in (("small.py", 10), ("large.py", 40))
}
MUTANTS = {name: find_mutants(source) for name, source in SOURCES.items()}


def ids(count: int, seed: int = 1) -> set[str]:
    return {mutant.id for mutant in sampled(MUTANTS, SOURCES, count, seed)}


def test_each_file_gives_in_proportion_to_what_it_has():
    files = [mutant.file for mutant in sampled(MUTANTS, SOURCES, 25, 1)]

    assert (files.count("small.py"), files.count("large.py")) == (5, 20)


def test_the_same_seed_gives_the_same_sample_and_another_one_another():
    assert ids(20) == ids(20)
    assert ids(20) != ids(20, seed=2)


def test_a_larger_sample_holds_the_smaller_one():
    assert ids(20) < ids(40)


def test_everything_can_be_asked_for():
    total = sum(map(len, MUTANTS.values()))

    assert len(ids(total)) == total
