"""The table at the end: counts by group, and the diff of each survivor."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tests.mutants.results import Result
from tests.mutants.settings import Group


def ratio(results: Sequence[Result]) -> float:
    """The share of killed mutants among those not equivalent; 1 if there are none."""
    counted = [result for result in results if result.state != "equivalent"]
    killed = sum(result.state == "killed" for result in counted)
    return killed / len(counted) if counted else 1.0


def by_group(
    results: Sequence[Result], groups: Mapping[str, Group]
) -> dict[str, tuple[Group, list[Result]]]:
    """Results by the name of their file's group."""
    found: dict[str, tuple[Group, list[Result]]] = {}
    for result in results:
        group = groups[result.file]
        found.setdefault(group.name, (group, []))[1].append(result)
    return found


def misses(results: Sequence[Result], groups: Mapping[str, Group]) -> list[str]:
    """The groups below their threshold."""
    return [
        name
        for name, (group, found) in by_group(results, groups).items()
        if ratio(found) < group.at_least
    ]


def table(results: Sequence[Result], groups: Mapping[str, Group]) -> Iterator[str]:
    counts = f"{'mutants':>8}{'killed':>8}{'left':>6}{'equiv.':>8}"
    yield f"{'module':<16}{counts}{'ratio':>8}{'wanted':>8}"
    for name, (group, found) in by_group(results, groups).items():
        yield _row(name, found, f"{group.at_least:.0%}")
    yield _row("all", results, "")


def _row(name: str, results: Sequence[Result], wanted: str) -> str:
    states = Counter(result.state for result in results)
    left = states["survived"] + states["no tests"]
    counts = f"{len(results):>8}{states['killed']:>8}{left:>6}{states['equivalent']:>8}"
    return f"{name:<16}{counts}{ratio(results):>8.1%}{wanted:>8}".rstrip()


def survivors(results: Sequence[Result], groups: Mapping[str, Group]) -> Iterator[str]:
    """Each survivor with its changed lines, by group and position."""
    for name, (_, found) in by_group(results, groups).items():
        left = [result for result in found if result.state in {"survived", "no tests"}]
        if left:
            yield f"\n## {name}"
        for result in sorted(left, key=lambda result: (result.file, result.line)):
            yield ""
            asked = f"{result.asked} of {result.known} tests" if result.known else "no test runs it"
            yield f"{result.file}:{result.line} {result.function} [{result.operator}; {asked}]"
            yield from (f"  - {line}" for line in _lines(result.before))
            yield from (f"  + {line}" for line in _lines(result.after))


def _lines(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines()]
    return lines if len(lines) <= 6 else [*lines[:5], "..."]
