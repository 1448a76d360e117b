"""CPU time of cold planning over the real graphs, beside that of Apollo's planner."""

import json
import os
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.figures import Figure
from tests.conformance.foreign_planners.planner import ForeignPlanner, foreign_planner, install
from tests.conformance.real_graphs_runner import composed_graph, graph_files
from trellis.router.supergraph import Supergraph
from trellis.schema.errors import TrellisError

MOST = 1.7  # times Apollo's median, as in the first measurement
EVERY = 4  # Apollo's planner needs minutes for some of the operations
SLOWEST = frozenset({"grafbase-many-plans"})  # 22 s for its benchmark query alone


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds for one operation, from its text to its plan."""

    operation: str
    ours: float
    apollos: float


def planning_costs(folder: Path) -> Iterator[Cost]:
    """Each planner loads a graph once and then plans operations that it has not seen."""
    install()
    with foreign_planner("apollo") as apollo:
        for file in graph_files(folder):
            if file.stem not in SLOWEST:
                yield from _costs_of(file, apollo)


def _costs_of(file: Path, apollo: ForeignPlanner) -> Iterator[Cost]:
    graph = json.loads(file.read_text(encoding="utf-8"))
    made = composed_graph(graph)
    if made.errors:
        return
    supergraph = Supergraph.load(made.supergraph_sdl)
    cases = graph["operations"][::EVERY]
    answer = apollo.plan(made.supergraph_sdl, [case["operation"] for case in cases])
    for case, theirs in zip(cases, answer.get("plans", ()), strict=False):
        started = time.thread_time()
        try:
            supergraph.plan(case["operation"], case["variables"])
        except TrellisError:
            continue
        if "plan" in theirs:
            yield Cost(case["operation"], (time.thread_time() - started) * 1e3, theirs["cpu"])


def planning_figure(folder: Path) -> Figure:
    costs = list(planning_costs(folder))
    ours = statistics.median(cost.ours for cost in costs)
    apollos = statistics.median(cost.apollos for cost in costs)
    times = ours / apollos
    problems = {"median": f"{times:.2f} times, at most {MOST} expected"} if times > MOST else {}
    counts = f"median {ours:.2f} ms, Apollo's {apollos:.2f} ms: {times:.2f} times"
    return Figure(f"cold planning, CPU ({len(costs)} operations)", counts, problems)


def has_node() -> bool:
    return any(os.access(Path(folder) / "node", os.X_OK) for folder in os.get_exec_path() if folder)
