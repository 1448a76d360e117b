"""Counts what the real graphs gave, as lines of the conformance report."""

from collections.abc import Callable, Sequence
from pathlib import Path

from tests.conformance.figures import Figure, of
from tests.conformance.real_graphs_runner import (
    GraphResult,
    failures,
    graph_files,
    run_graph,
)

Progress = Callable[[str], None]


def real_graphs_figures(
    folder: Path, plan_cases: Path, only: Sequence[str], progress: Progress
) -> list[Figure]:
    """Run every graph whose name contains one of the texts; all without texts."""
    results: list[GraphResult] = []
    for file in graph_files(folder):
        if not only or any(text in file.stem for text in only):
            progress(f"real graph {file.stem}")
            results.append(run_graph(file, plan_cases))
    return count(results)


def count(results: Sequence[GraphResult]) -> list[Figure]:
    problems = dict(failures(results))
    is_schema = {name: "verdict" in name or "API schema" in name for name in problems}
    schemas = {name: reason for name, reason in problems.items() if is_schema[name]}
    others = {name: reason for name, reason in problems.items() if not is_schema[name]}
    total = len(results)
    verdicts = of(sum(not graph.verdict for graph in results), total)
    apis = of(sum(not graph.api for graph in results), total)
    return [
        Figure("real graphs, composition", f"verdicts {verdicts}, API schemas {apis}", schemas),
        Figure("real graphs, operations", _operations(results), others, _more_fetches(results)),
    ]


def _operations(results: Sequence[GraphResult]) -> str:
    operations = [o for graph in results for o in graph.operations]
    judged = [o for o in operations if o.is_judged and not o.is_refused]
    right = [o for o in judged if not o.problem]
    numbers = {
        "right": of(len(right), len(judged)),
        "in another order": sum(not o.is_in_order for o in right),
        "refused": sum(o.is_refused for o in operations),
        "not judged": sum(not o.is_judged for o in operations),
        "more fetches than the better peer": sum(o.costs.more > 0 for o in operations),
        "fewer": sum(o.costs.fewer > 0 for o in operations),
    }
    return ", ".join(f"{name} {number}" for name, number in numbers.items())


def _more_fetches(results: Sequence[GraphResult]) -> dict[str, str]:
    """Every plan with more fetches than the better peer's that saves rounds for them."""
    return {
        f"{graph.name} {number}": (
            f"{o.costs.more} more fetches, {o.costs.saved} rounds saved | {o.brief}"
        )
        for graph in results
        for number, o in enumerate(graph.operations)
        if o.costs.more and o.costs.saved > 0
    }
