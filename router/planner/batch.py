"""Fetches into steps: assign rounds, merge equal fetches, one request per subgraph and round."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from graphql import VariableDefinitionNode, print_ast

from trellis.router.errors import PlanningLimit
from trellis.router.operation.model import OperationDirective
from trellis.router.operation.normalize.directives import ForwardedDirectives
from trellis.router.planner.emit import needs_agree, unique_needs
from trellis.router.planner.fetches import Fetch, Node, Printer, Target
from trellis.router.planner.plan import EntityCall, EntityTarget, FetchStep, OperationKind
from trellis.router.planner.view import GraphView

MAX_STEPS = 300
"""Requests to subgraphs for one operation, a bound on the load that one operation can cause.
The largest plan of 3,856 operations on public graphs has 19."""


@dataclass(slots=True, eq=False)
class _Call:
    """One ``_entities`` field under construction: its fragments by type, its targets."""

    path: object
    fragments: dict[str, str]
    targets: list[Target]

    def text(self) -> str:
        parts = (f"... on {view} {text}" for view, text in self.fragments.items())
        return "{" + " ".join(parts) + "}"


@dataclass(slots=True, eq=False)
class _Step:
    subgraph: int
    round: int
    fetches: list[Fetch] = field(default_factory=list)
    id: int = -1


def build_steps(
    view: GraphView,
    fetches: list[Fetch],
    kind: OperationKind,
    definitions: Mapping[str, VariableDefinitionNode],
    directives: tuple[OperationDirective, ...] = (),
) -> tuple[FetchStep, ...]:
    """The steps of a plan in topological order.

    Fetches to one subgraph in one round never depend on one another: they are one request. Raises
    PlanningLimit for more than ``MAX_STEPS`` requests.
    """
    _set_rounds(fetches)
    _postpone(fetches)
    kept, replaced = _join_equal(fetches)
    steps = _group(kept, view)
    if len(steps) > MAX_STEPS:
        raise PlanningLimit(
            f"The plan of this operation has {len(steps)} requests, more than {MAX_STEPS}."
            " Request less in one operation."
        )
    step_of = {fetch: step for step in steps for fetch in step.fetches}
    for fetch, other in replaced.items():
        step_of[fetch] = step_of[other]
    after = _reduced(steps, step_of, replaced)
    writer = _StepWriter(view, kind, definitions, directives)
    return tuple(writer.write(step, after[step.id]) for step in steps)


def _set_rounds(fetches: list[Fetch]) -> None:
    # Not recursive: chains of fetches may be longer than Python's stack.
    pending = list(fetches)
    while pending:
        fetch = pending[-1]
        if fetch.round >= 0:
            pending.pop()
            continue
        waiting = [other for other in fetch.after if other.round < 0]
        if waiting:
            pending.extend(waiting)
        else:
            fetch.round = 1 + max((other.round for other in fetch.after), default=-1)
            pending.pop()


def _postpone(fetches: list[Fetch]) -> None:
    """Move entity fetches to a later request to the same subgraph, if nothing that depends on them
    runs before it: the answer is complete no later, and one request is saved.

    Rounds are visited from the last to the first, so that a fetch moved later lets the fetches
    that it depends on move later too.
    """
    last = max((fetch.round for fetch in fetches), default=0)
    latest: dict[Fetch, int] = {}
    groups: dict[tuple[int, int], list[Fetch]] = {}
    for fetch in fetches:
        if fetch.target is not None:
            groups.setdefault((fetch.round, fetch.subgraph), []).append(fetch)
    waiting = sorted(fetches, key=lambda fetch: -fetch.round)
    taken: dict[int, list[int]] = {}
    for turn, subgraph in sorted(groups, reverse=True):
        while waiting and waiting[0].round > turn:
            fetch = waiting.pop(0)
            for other in fetch.after:
                latest[other] = min(latest.get(other, last), fetch.round - 1)
        group = groups[turn, subgraph]
        limit = min(latest.get(fetch, last) for fetch in group)
        later = [other for other in taken.get(subgraph, ()) if turn < other <= limit]
        for fetch in group if later else ():
            fetch.round = min(later)
        taken.setdefault(subgraph, []).append(group[0].round)


def _join_equal(fetches: list[Fetch]) -> tuple[list[Fetch], dict[Fetch, Fetch]]:
    """Merge fetches for the same objects in the same round and subgraph."""
    kept: dict[tuple[object, ...], list[Fetch]] = {}
    replaced: dict[Fetch, Fetch] = {}
    for fetch in fetches:
        target = fetch.target
        memo_key: tuple[object, ...] = (fetch.subgraph, fetch.round, fetch.view, fetch.path)
        if target is not None:
            keys = frozenset(need for need in target.needs if need.is_key)
            memo_key += (target.slot, target.path, target.types, target.typename, keys)
            memo_key += (target.contexts,)
        rivals = kept.setdefault(memo_key, [])
        known = next((other for other in rivals if _needs_agree(other, fetch)), None)
        if known is None:
            rivals.append(fetch)
        else:
            known.node.join(fetch.node)
            known.after |= fetch.after
            if known.target is not None and target is not None:
                known.target.needs = unique_needs((*known.target.needs, *target.needs))
            replaced[fetch] = known
    return [fetch for rivals in kept.values() for fetch in rivals], replaced


def _needs_agree(one: Fetch, other: Fetch) -> bool:
    """Whether one representation can carry the needs of both. It cannot when they need different
    values of one field, because they were fetched with different arguments."""
    if one.target is None or other.target is None:
        return True
    return needs_agree(one.target.needs, other.target.needs)


def _group(fetches: list[Fetch], view: GraphView) -> list[_Step]:
    groups: dict[tuple[object, ...], _Step] = {}
    for fetch in fetches:
        memo_key: tuple[object, ...] = (fetch.subgraph, fetch.round)
        if fetch.target is None:
            memo_key += (fetch.path, fetch.view)
        elif fetch.target.contexts:
            memo_key += (fetch.view, Printer(view).selection(fetch.node))
        groups.setdefault(memo_key, _Step(fetch.subgraph, fetch.round)).fetches.append(fetch)
    steps = sorted(groups.values(), key=lambda step: step.round)
    for number, step in enumerate(steps):
        step.id = number
    return steps


def _reduced(
    steps: list[_Step], step_of: Mapping[Fetch, _Step], replaced: Mapping[Fetch, Fetch]
) -> list[tuple[int, ...]]:
    """The steps each step waits for, without those implied by others (transitive reduction)."""
    # The steps that each step waits for, directly or not, as bit masks.
    reach: list[int] = []
    after: list[tuple[int, ...]] = []
    for step in steps:
        direct = {step_of[other].id for fetch in step.fetches for other in fetch.after}
        through = 0
        for other in direct:
            through |= reach[other]
        own = through
        for other in direct:
            own |= 1 << other
        reach.append(own)
        after.append(tuple(sorted(other for other in direct if not through >> other & 1)))
    return after


class _StepWriter:
    """Writes steps as GraphQL operations."""

    def __init__(
        self,
        view: GraphView,
        kind: OperationKind,
        definitions: Mapping[str, VariableDefinitionNode],
        directives: tuple[OperationDirective, ...],
    ) -> None:
        self.view = view
        self.kind: OperationKind = kind
        self.definitions = definitions
        self.directives = directives
        self.forwarded = ForwardedDirectives(view.graph.api)

    def write(self, step: _Step, after: tuple[int, ...]) -> FetchStep:
        printer = Printer(self.view)
        first = step.fetches[0]
        service = self.view.graph.subgraphs[step.subgraph].name
        why = tuple(_reason(fetch) for fetch in step.fetches)
        if first.target is None:
            body = printer.selection(first.node)
            kind: OperationKind = "query" if first.path else self.kind
            text = self._head(kind, printer, ()) + body
            variables = tuple(printer.variables)
            return FetchStep(
                step.id, service, kind, text, variables, path=first.path, after=after, why=why
            )
        calls = self._calls(step.fetches, printer)
        body = "{" + " ".join(_call_text(call, text) for call, text in calls) + "}"
        own: list[tuple[str, str]] = []
        for call, _ in calls:
            own.append((call.variable, "[_Any!]!"))
            if call.condition is not None:
                own.append((call.condition, "Boolean!"))
        for fetch in step.fetches:
            own.extend(item for item in fetch.variables.items() if item not in own)
        text = self._head("query", printer, own) + body
        return FetchStep(
            step.id,
            service,
            "query",
            text,
            tuple(printer.variables),
            entities=tuple(call for call, _ in calls),
            after=after,
            why=why,
        )

    def _head(self, kind: OperationKind, printer: Printer, own: Iterable[tuple[str, str]]) -> str:
        directives = [each for each in self.directives if kind in each.kinds]
        for variable in (name for each in directives for name in each.variables):
            printer.variables[variable] = None
        parts = [f"${name}: {type_text}" for name, type_text in own]
        parts += [self._definition(name) for name in printer.variables]
        head = f"{kind}({', '.join(parts)}) " if parts else f"{kind} "
        head += "".join(f"{each.text} " for each in directives)
        return "" if head == "query " else head

    def _definition(self, name: str) -> str:
        definition = self.definitions[name]
        text = f"${name}: {print_ast(definition.type)}"
        if definition.default_value is not None:
            text += f" = {print_ast(definition.default_value)}"
        directives = self.forwarded.on_variable(definition)
        return f"{text} {directives}" if directives else text

    def _calls(self, fetches: list[Fetch], printer: Printer) -> list[tuple[EntityCall, str]]:
        by_text: dict[str, list[Target]] = {}
        for call in _folded(fetches, printer):
            by_text.setdefault(call.text(), []).extend(call.targets)
        is_single = len(by_text) == 1
        calls: list[tuple[EntityCall, str]] = []
        for number, (text, targets) in enumerate(by_text.items()):
            call = EntityCall(
                alias="_entities" if is_single else f"_e{number}",
                variable=self._name("representations" if is_single else f"r{number}"),
                targets=_targets(targets),
                condition=None if is_single else self._name(f"c{number}"),
            )
            calls.append((call, text))
        return calls

    def _name(self, wanted: str) -> str:
        """A variable name that the client's operation does not use."""
        while wanted in self.definitions:
            wanted = "_" + wanted
        return wanted


def _folded(fetches: list[Fetch], printer: Printer) -> list[_Call]:
    """Fetches at one position share an ``_entities`` field when their types are disjoint: each
    representation then matches one fragment only."""
    calls: list[_Call] = []
    for fetch in fetches:
        target = fetch.target
        assert target is not None
        text = printer.selection(fetch.node)
        for call in calls:
            if call.path == target.path and _may_join(call, fetch.view, text, target):
                call.fragments[fetch.view] = text
                call.targets.append(target)
                break
        else:
            calls.append(_Call(target.path, {fetch.view: text}, [target]))
    return calls


def _may_join(call: _Call, view: str, text: str, target: Target) -> bool:
    if target.contexts or call.fragments.get(view, text) != text:
        return False
    return target.types is not None and all(
        other.types is not None and not other.types & target.types for other in call.targets
    )


def _targets(targets: list[Target]) -> tuple[EntityTarget, ...]:
    """Merge targets that differ only in their runtime types."""
    found: dict[tuple[object, ...], EntityTarget] = {}
    for target in targets:
        is_open = target.types is None
        memo_key = (target.path, target.needs, target.typename, target.contexts, is_open)
        known = found.get(memo_key)
        if known is None or known.types is None or target.types is None:
            found[memo_key] = EntityTarget(
                target.path, target.needs, target.types, target.typename, target.contexts
            )
        else:
            found[memo_key] = replace(known, types=known.types | target.types)
    return tuple(found.values())


def _call_text(call: EntityCall, selection: str) -> str:
    name = "_entities" if call.alias == "_entities" else f"{call.alias}: _entities"
    condition = f" @include(if: ${call.condition})" if call.condition else ""
    return f"{name}(representations: ${call.variable}){condition} {selection}"


def _reason(fetch: Fetch) -> str:
    names = list(_names(fetch.node))
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    return f"{fetch.view}: {shown or '__typename'}"


def _names(node: Node) -> Iterable[str]:
    for asked in node.root.fields.values():
        yield asked.field.name
    for inner in node.root.on.values():
        yield from _names(inner)
