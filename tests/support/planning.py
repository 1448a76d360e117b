"""Plans as short text, for tests that read as query in, plan out."""

from collections.abc import Mapping
from typing import Any

from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse

from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.operation.model import NormalizedOperation
from trellis.router.operation.normalize import normalize
from trellis.router.planner.check import check_plan
from trellis.router.planner.graph import read_supergraph
from trellis.router.planner.plan import EntityTarget, FetchStep, Need, Path
from trellis.router.planner.planner import Planner
from trellis.router.planner.query_plan import QueryPlan
from trellis.router.planner.tables import FederatedGraph

LINK = """extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@key",
    "@external", "@requires", "@provides", "@shareable", "@override", "@interfaceObject",
    "@inaccessible", "@context", "@fromContext", "@composeDirective"])
"""


def composed(**subgraphs: str) -> str:
    """The supergraph of subgraph SDLs, given without their ``@link``."""
    parts = [Subgraph(name, f"http://{name}", LINK + sdl) for name, sdl in subgraphs.items()]
    composition = compose(parts)
    assert composition.is_ok, [str(error) for error in composition.errors]
    return composition.supergraph_sdl


def federated_graph(**subgraphs: str) -> FederatedGraph:
    """The graph composed from subgraph SDLs, given without their ``@link``."""
    return read_supergraph(composed(**subgraphs))


def normalized(
    graph: FederatedGraph, document: str, variables: Mapping[str, Any] | None = None
) -> NormalizedOperation:
    definitions = parse(document).definitions
    operation = next(d for d in definitions if isinstance(d, OperationDefinitionNode))
    fragments = {d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)}
    return normalize(operation, graph.api, fragments, variables or {})


def sound_plan(
    graph: FederatedGraph,
    document: str,
    variables: Mapping[str, Any] | None = None,
    labels: frozenset[str] = frozenset(),
) -> QueryPlan:
    """The plan of an operation, with its invariants checked."""
    plan = Planner(graph).plan(normalized(graph, document, variables), labels)
    assert check_plan(plan, graph) == []
    return plan


def plan_lines(
    graph: FederatedGraph,
    document: str,
    variables: Mapping[str, Any] | None = None,
    labels: frozenset[str] = frozenset(),
) -> list[str]:
    """One line per step: number, subgraph, what it waits for, what it asks where by which key."""
    return steps_as_lines(sound_plan(graph, document, variables, labels))


def steps_as_lines(plan: QueryPlan) -> list[str]:
    """One line per step, as ``plan_lines`` has them."""
    return [_line(step) for step in plan.steps]


def _line(step: FetchStep) -> str:
    waits = "".join(f" <{other}" for other in step.after)
    place = f" @{_path(step.path)}" if step.path else ""
    if not step.entities:
        return f"{step.id} {step.service}{waits}{place} {step.operation}"
    targets = ", ".join(_target(t) for call in step.entities for t in call.targets)
    body = step.operation[step.operation.index(" {_") + 1 :]
    body = body.replace("{_entities(representations: $representations) ", "", 1).removesuffix("}")
    return f"{step.id} {step.service}{waits} @{targets} {body}"


def _target(target: EntityTarget) -> str:
    name = target.typename or "|".join(sorted(target.types or ())) or "any"
    return f"{_path(target.path)} {name}({_needs(target.needs)})"


def _needs(needs: tuple[Need, ...]) -> str:
    return " ".join(
        (need.name if need.name == need.source else f"{need.name}={need.source}")
        + (f" {{{_needs(need.selection)}}}" if need.selection else "")
        for need in needs
    )


def _path(path: Path) -> str:
    return ".".join(
        (f"{'|'.join(sorted(s.types))}:" if s.types is not None else "") + s.key for s in path
    )
