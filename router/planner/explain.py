"""Plans for people and tools: one line per step, the tree that other routers print, and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from graphql import DocumentNode, parse, print_ast

from trellis.router.planner.plan import EntityTarget, FetchStep, Need, OperationKind, Path

INDENT = "  "


class Explained(Protocol):
    """The part of ``QueryPlan`` used here; its ``explain`` calls these functions."""

    @property
    def kind(self) -> OperationKind: ...
    @property
    def steps(self) -> Sequence[FetchStep]: ...
    @property
    def fetch_count(self) -> int: ...
    @property
    def depth(self) -> int: ...


FORMAT = "trellis.plan/1"


def lines(plan: Explained) -> str:
    """One line per step: its round, the steps it waits for, the subgraph and position, the
    operation, and the fields it is needed for."""
    if not plan.steps:
        return "No subgraph is queried."
    rounds = _rounds(plan)
    return "\n".join(_line(step, rounds[step.id]) for step in plan.steps)


def tree(plan: Explained) -> str:
    """The plan as Sequence, Parallel, Flatten and Fetch nodes, operations printed in full."""
    rounds = _rounds(plan)
    groups: list[list[str]] = []
    for number in range(1, plan.depth + 1):
        steps = (step for step in plan.steps if rounds[step.id] == number)
        groups.append([_fetch(step) for step in steps])
    parts = [_node("Parallel", group) if len(group) > 1 else group[0] for group in groups]
    body = _node("Sequence", parts) if len(parts) > 1 else "".join(parts)
    return _node("QueryPlan", [body] if body else [])


def to_json(plan: Explained) -> dict[str, Any]:
    """The plan's steps as plain JSON data, for ``extensions.queryPlan`` and for tools."""
    rounds = _rounds(plan)
    return {
        "format": FORMAT,
        "kind": plan.kind,
        "fetchCount": plan.fetch_count,
        "depth": plan.depth,
        "steps": [_step_json(step, rounds[step.id]) for step in plan.steps],
    }


def _rounds(plan: Explained) -> dict[int, int]:
    rounds: dict[int, int] = {}
    for step in plan.steps:
        rounds[step.id] = 1 + max((rounds[other] for other in step.after), default=0)
    return rounds


def _line(step: FetchStep, number: int) -> str:
    waits = f" after {', '.join(map(str, step.after))}" if step.after else ""
    targets = "; ".join(_target(t) for call in step.entities for t in call.targets)
    place = f" at {targets}" if targets else _at(step.path)
    return (
        f"{step.id}: round {number}, {step.service}{waits}{place}"
        f"\n{INDENT}{step.operation}\n{INDENT}for {'; '.join(step.why)}"
    )


def _at(path: Path) -> str:
    return f" at {_path(path)}" if path else ""


def _target(target: EntityTarget) -> str:
    types = f" ({'|'.join(sorted(target.types))})" if target.types else ""
    return f"{_path(target.path)}{types} by {_needs(target.needs)}"


def _path(path: Path) -> str:
    parts = (
        segment.key
        if segment.types is None
        else f"({'|'.join(sorted(segment.types))}).{segment.key}"
        for segment in path
    )
    return ".".join(parts) or "the root"


def _needs(needs: Iterable[Need]) -> str:
    return " ".join(
        f"{need.name} {{{_needs(need.selection)}}}" if need.selection else need.name
        for need in needs
    )


def _node(name: str, parts: Iterable[str]) -> str:
    inner = ",\n".join(_indented(part) for part in parts)
    return f"{name} {{\n{inner}\n}}" if inner else f"{name} {{}}"


def _indented(text: str) -> str:
    return "\n".join(INDENT + line for line in text.splitlines())


def _fetch(step: FetchStep) -> str:
    name = f'{"BatchFetch" if len(step.entities) > 1 else "Fetch"}(service: "{step.service}")'
    needs = "".join(
        f"{_node(f'# {_path(target.path)}', [_needs(target.needs)])} =>\n"
        for call in step.entities
        for target in call.targets
    )
    fetch = f"{name} {{\n{_indented(needs + _pretty(step.operation))}\n}}"
    paths = {_path(target.path) for call in step.entities for target in call.targets}
    if step.path:
        paths = {_path(step.path)}
    if not paths:
        return fetch
    return _node(f'Flatten(path: "{", ".join(sorted(paths))}")', [fetch])


def _pretty(operation: str) -> str:
    document: DocumentNode = parse(operation, no_location=True)
    return print_ast(document)


def _step_json(step: FetchStep, number: int) -> dict[str, Any]:
    return {
        "id": step.id,
        "round": number,
        "service": step.service,
        "kind": step.kind,
        "after": list(step.after),
        "path": _path(step.path) if step.path else None,
        "operation": step.operation,
        "variables": list(step.variables),
        "entities": [
            {
                "alias": call.alias,
                "path": _path(target.path),
                "types": sorted(target.types) if target.types else None,
                "needs": _needs(target.needs),
            }
            for call in step.entities
            for target in call.targets
        ],
        "why": list(step.why),
    }
