"""The graph as the planner sees it, for one set of active override labels.

Everything is computed on first use and kept: it depends on the supergraph only, so all operations
share it.
"""

from collections.abc import Iterable
from typing import NamedTuple

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_non_null_type,
)

from trellis.router.operation.model import Field, SelectionSet
from trellis.router.operation.normalize import Normalizer
from trellis.router.planner.supergraph_ast import parse_field_set
from trellis.router.planner.tables import (
    ContextArgument,
    FederatedGraph,
    Key,
    Kind,
    LocalField,
    LocalType,
)

Provides = tuple[SelectionSet, ...]


class Holder(NamedTuple):
    """An object in one subgraph: its type there (``view``), the external fields its path provides,
    and the round and fetches after which it is available."""

    subgraph: int
    view: str
    provides: Provides = ()
    round: int = 0
    mask: int = 0


class Entrance(NamedTuple):
    """A way to fetch an entity from a subgraph: by a key of the entity's type there."""

    subgraph: int
    view: str
    key: Key


ROUND = 100
"""The cost of a request per round that it waits: latency counts before the number of requests, as
long as fewer than this many are sent at once."""


class MaskCosts(dict[int, int]):
    """The cost of sets of fetches, by mask; ``size`` is the number of subgraphs.

    A request in the first round costs 1. Requests in later rounds wait for others and cost
    ``ROUND`` for each round before them.
    """

    LIMIT = 50_000  # masks remembered; beyond it they are computed each time

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size
        self._everyone = (1 << size) - 1

    def __missing__(self, mask: int) -> int:
        cost, rest, turn = 0, mask, 0
        while rest:
            cost += (rest & self._everyone).bit_count() * (ROUND * turn or 1)
            rest >>= self._size
            turn += 1
        if len(self) < self.LIMIT:
            self[mask] = cost
        return cost


class GraphView:
    """Lookups on a FederatedGraph with a given set of active override labels."""

    def __init__(self, graph: FederatedGraph, labels: frozenset[str] = frozenset()) -> None:
        self.graph = graph
        self.labels = labels
        self.size = len(graph.subgraphs)
        self.types = graph.types
        self.visible = frozenset(graph.api.type_map)
        query = graph.full.query_type
        self.root_types = frozenset({query.name} if query else ())
        self._resolvable: dict[tuple[int, str, str], LocalField | None] = {}
        self._leads: dict[tuple[int, str, str], Holder | None] = {}
        self._plain_homes: dict[tuple[str, str], int] = {}
        self._with_inputs: dict[tuple[str, str], tuple[tuple[int, str, LocalField], ...]] = {}
        self._entrances: dict[str, tuple[Entrance, ...]] = {}
        self._homes: dict[str, tuple[tuple[int, str], ...]] = {}
        self._shared: dict[tuple[int, str, str], bool] = {}
        self._shapes: dict[tuple[frozenset[str], str], dict[str, int] | None] = {}
        self.weights = MaskCosts(self.size)
        self._normalizer = Normalizer(graph.full)
        self._context_selections: dict[tuple[str, str, str], SelectionSet] = {}
        self._fields: dict[tuple[SelectionSet, str], tuple[Field, ...]] = {}
        self._real_types: dict[tuple[int, str], frozenset[str]] = {}
        self.uneven = frozenset(self._uneven())

    def local(self, subgraph: int, view: str, name: str) -> LocalField | None:
        """A field as declared in a subgraph, resolvable or not."""
        local = self.types[subgraph].get(view)
        return local.fields.get(name) if local is not None else None

    def kind(self, subgraph: int, view: str) -> Kind:
        return self.types[subgraph][view].kind

    def is_interface(self, type_name: str) -> bool:
        return isinstance(self.graph.full.type_map.get(type_name), GraphQLInterfaceType)

    def possible(self, subgraph: int, view: str) -> frozenset[str]:
        return self.types[subgraph][view].possible

    def real_types(self, subgraph: int, view: str) -> frozenset[str]:
        """The runtime types of objects that a subgraph has as ``view``, including those it knows
        under another name: an ``@interfaceObject`` may be any implementation."""
        memo_key = (subgraph, view)
        found = self._real_types.get(memo_key)
        if found is None:
            found = frozenset()
            for member in self.types[subgraph][view].possible:
                is_stand_in = self.kind(subgraph, member) is Kind.INTERFACE_OBJECT
                found |= self.graph.possible(member) if is_stand_in else {member}
            self._real_types[memo_key] = found
        return found

    def known_as(self, subgraph: int, view: str, runtime: str) -> str:
        """The type of such an object in a subgraph at a position of the abstract type ``view``:
        the runtime type itself, or an ``@interfaceObject`` that stands for it."""
        return next(iter(self.stand_ins(subgraph, view, runtime)), runtime)

    def stand_ins(self, subgraph: int, view: str, runtime: str) -> tuple[str, ...]:
        """All types that such an object may have there: the runtime type, if the subgraph knows it;
        otherwise each ``@interfaceObject`` among the members of ``view`` that stands for it."""
        possible = self.types[subgraph][view].possible
        if runtime in possible:
            return (runtime,)
        return tuple(name for name in self.graph.interfaces_of(runtime) if name in possible)

    def resolvable(self, subgraph: int, view: str, name: str) -> LocalField | None:
        """The field if that subgraph resolves it itself, with or without ``@requires``."""
        memo_key = (subgraph, view, name)
        try:
            return self._resolvable[memo_key]
        except KeyError:
            field = self.local(subgraph, view, name)
            if field is not None and (field.is_external or not self._is_active(field)):
                field = None
            self._resolvable[memo_key] = field
            return field

    def plain(self, subgraph: int, view: str, name: str) -> LocalField | None:
        """The field if the subgraph resolves it without ``@requires`` and context values."""
        field = self.resolvable(subgraph, view, name)
        if field is None or field.requires is not None or field.contexts:
            return None
        return field

    def plain_homes(self, type_name: str, name: str) -> int:
        """The subgraphs, as bits, that have the object type itself and in which the field is
        ``plain``."""
        memo_key = (type_name, name)
        found = self._plain_homes.get(memo_key)
        if found is None:
            found = 0
            for subgraph in range(self.size):
                if self.plain(subgraph, type_name, name) is not None:
                    found |= 1 << subgraph
            self._plain_homes[memo_key] = found
        return found

    def with_inputs(self, type_name: str, name: str) -> tuple[tuple[int, str, LocalField], ...]:
        """Where a field of an object is resolved only from what is sent along: subgraph, the type
        there, the field."""
        memo_key = (type_name, name)
        found = self._with_inputs.get(memo_key)
        if found is None:
            fields = (
                (subgraph, view, self.resolvable(subgraph, view, name))
                for subgraph, view in self.homes(type_name)
            )
            found = self._with_inputs[memo_key] = tuple(
                (subgraph, view, field)
                for subgraph, view, field in fields
                if field is not None and (field.requires is not None or field.contexts)
            )
        return found

    def lead(self, subgraph: int, view: str, name: str) -> Holder | None:
        """The object that a composite field leads to in a subgraph; None when the subgraph lacks
        the field or its type."""
        memo_key = (subgraph, view, name)
        try:
            return self._leads[memo_key]
        except KeyError:
            field = self.local(subgraph, view, name)
            found = None
            if field is not None and field.base in self.types[subgraph]:
                provides = () if field.provides is None else (field.provides,)
                found = Holder(subgraph, field.base, provides)
            self._leads[memo_key] = found
            return found

    def is_provided(
        self, subgraph: int, view: str, name: str, type_name: str, provides: Provides
    ) -> bool:
        """Whether a path with ``provides`` makes this field of ``type_name`` available. A field
        with ``@requires`` or contexts still needs its inputs, so it is not."""
        if not provides or provided(provides, type_name, name) is None:
            return False
        field = self.local(subgraph, view, name)
        return field is None or (field.requires is None and not field.contexts)

    def homes(self, type_name: str) -> tuple[tuple[int, str], ...]:
        """The subgraphs that have objects of a type, and their type there: the type itself, or the
        ``@interfaceObject`` types that stand for it, of which one subgraph may have several."""
        found = self._homes.get(type_name)
        if found is None:
            interfaces = self.graph.interfaces_of(type_name)
            homes: list[tuple[int, str]] = []
            for subgraph, types in enumerate(self.types):
                if type_name in types:
                    homes.append((subgraph, type_name))
                    continue
                for interface in interfaces:
                    local = types.get(interface)
                    if local is not None and local.kind is Kind.INTERFACE_OBJECT:
                        homes.append((subgraph, interface))
            found = self._homes[type_name] = tuple(homes)
        return found

    def entrances(self, type_name: str) -> tuple[Entrance, ...]:
        """Every resolvable key by which an entity of this type can be fetched, non-null and simple
        keys first."""
        found = self._entrances.get(type_name)
        if found is None:
            entrances = [
                Entrance(subgraph, view, key)
                for subgraph, view in self.homes(type_name)
                for key in self.types[subgraph][view].keys
                if key.is_resolvable
            ]
            # An entity whose key is null cannot be fetched, so non-null keys are preferred.
            entrances.sort(
                key=lambda e: (_may_be_null(e.key.selection), _size(e.key.selection), e.key.text)
            )
            found = self._entrances[type_name] = tuple(entrances)
        return found

    def is_asked_on_interface(
        self, subgraph: int, view: str, name: str, provides: Provides
    ) -> bool:
        """Whether a field can be selected once on the interface for all its runtime types."""
        if provides:
            return self._is_shared(subgraph, view, name, provides)
        memo_key = (subgraph, view, name)
        answer = self._shared.get(memo_key)
        if answer is None:
            answer = self._shared[memo_key] = self._is_shared(subgraph, view, name, ())
        return answer

    def shapes(self, possible: frozenset[str], name: str) -> dict[str, int] | None:
        """Runtime types grouped by number where some subgraph declares a field with different types
        on them, so that their values cannot share one response key. None when all can."""
        memo_key = (possible, name)
        if memo_key not in self._shapes:
            self._shapes[memo_key] = self._group_by_type(possible, name)
        return self._shapes[memo_key]

    def weight(self, mask: int) -> int:
        """The cost of a set of fetches; see ``MaskCosts``."""
        return self.weights[mask]

    def fields_for(self, selection: SelectionSet, type_name: str) -> tuple[Field, ...]:
        """The fields of a field set (of a key or ``@requires``) that apply to one runtime type."""
        memo_key = (selection, type_name)
        found = self._fields.get(memo_key)
        if found is None:
            found = self._fields[memo_key] = tuple(fields_for(selection, type_name))
        return found

    def context_types(self, context: str) -> frozenset[str]:
        """The object types that set a context."""
        found: frozenset[str] = frozenset()
        for name in self.graph.contexts.get(context, ()):
            found |= self.graph.possible(name)
        return found

    def context_selection(self, argument: ContextArgument, type_name: str) -> SelectionSet:
        """The selection of a context argument on an object of ``type_name``."""
        memo_key = (argument.context, argument.selection, type_name)
        found = self._context_selections.get(memo_key)
        if found is None:
            text = argument.selection.strip()
            text = text[1:-1] if text.startswith("{") else text
            setters = self.graph.contexts.get(argument.context, frozenset())
            if type_name not in setters:
                text = " ".join(f"... on {setter} {{ {text} }}" for setter in sorted(setters))
            found = self._normalizer.selection(parse_field_set(text), type_name)
            self._context_selections[memo_key] = found
        return found

    def _uneven(self) -> Iterable[str]:
        """The abstract types for which subgraphs may return different runtime types."""
        known: dict[str, frozenset[str]] = {}
        for subgraph, types in enumerate(self.types):
            for name, local in types.items():
                if local.kind is Kind.OBJECT:
                    continue
                real = self.real_types(subgraph, name)
                if known.setdefault(name, real) != real:
                    yield name
        for types in self.types:
            for local in types.values():
                parent = self.graph.full.type_map[local.name]
                if not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
                    continue
                for field in local.fields.values():
                    if field.is_composite and field.name in parent.fields:
                        merged = get_named_type(parent.fields[field.name].type).name
                        if merged != field.base:
                            yield merged

    def _is_active(self, field: LocalField) -> bool:
        return field.label is None or (field.label in self.labels) == field.when_active

    def _is_shared(self, subgraph: int, view: str, name: str, provides: Provides) -> bool:
        local = self.types[subgraph][view]
        if local.kind is not Kind.INTERFACE or name not in local.fields:
            return False
        if self.shapes(local.possible, name) is not None:
            return False
        asked = local.fields[name]
        # Where @provides differs from type to type, each type needs a selection of its own.
        if provides and asked.is_composite:
            below = {provided(provides, runtime, name) or () for runtime in local.possible}
            if len(below) > 1:
                return False
        return all(
            # The same field may be selected in a fragment too, where its type must be equal.
            not asked.is_composite
            or (own := self.local(subgraph, runtime, name)) is None
            or own.type == asked.type
            for runtime in local.possible
        ) and all(
            self.plain(subgraph, runtime, name) is not None
            or self.is_provided(subgraph, runtime, name, runtime, provides)
            for runtime in local.possible
        )

    def _group_by_type(self, possible: frozenset[str], name: str) -> dict[str, int] | None:
        if len(possible) < 2:
            return None
        groups: list[list[str | None]] = []
        placed: dict[str, int] = {}
        for runtime in sorted(possible):
            mine: list[str | None] = [None] * self.size
            for subgraph, view in self.homes(runtime):
                mine[subgraph] = mine[subgraph] or _declared(self.types[subgraph].get(view), name)
            for number, group in enumerate(groups):
                if all(a is None or b is None or a == b for a, b in zip(mine, group, strict=True)):
                    groups[number] = [a or b for a, b in zip(group, mine, strict=True)]
                    placed[runtime] = number
                    break
            else:
                placed[runtime] = len(groups)
                groups.append(mine)
        return placed if len(groups) > 1 else None


def fields_for(selection: SelectionSet, type_name: str) -> Iterable[Field]:
    """The fields of a selection that apply to one runtime type; all of them, without duplicates,
    for an interface whose runtime type is unknown."""
    if type_name in selection.possible:
        return [f for f in selection.fields if f.types is None or type_name in f.types]
    return {(f.name, f.argument_text, id(f.selection)): f for f in selection.fields}.values()


def provided(provides: Provides, type_name: str, name: str) -> Provides | None:
    """The ``@provides`` selections below a provided field; None when it is not provided."""
    found: Provides | None = None
    for selection in provides:
        for field in selection.fields:
            if field.name == name and (field.types is None or type_name in field.types):
                inner = (field.selection,) if field.selection is not None else ()
                found = (*(found or ()), *inner)
    return found


def _declared(local: LocalType | None, name: str) -> str | None:
    field = local.fields.get(name) if local is not None else None
    return field.type if field is not None else None


def _may_be_null(selection: SelectionSet) -> bool:
    return any(
        not is_non_null_type(field.type)
        or (field.selection is not None and _may_be_null(field.selection))
        for field in selection.fields
    )


def _size(selection: SelectionSet) -> int:
    return sum(1 + (_size(f.selection) * 2 if f.selection else 0) for f in selection.fields)
