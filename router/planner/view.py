"""The graph as planning sees it, for one set of active override labels.

Everything is found on first use and kept: these answers depend on the supergraph alone, so they
serve every operation planned with it.
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
    """An object found in one subgraph: as what it is known there (``view``), which external
    fields its path provides, and from which round on it is there at what cost."""

    subgraph: int
    view: str
    given: Provides = ()
    round: int = 0
    mask: int = 0


class Entrance(NamedTuple):
    """A way to ask a subgraph for an entity: by a key of the type it knows the entity as."""

    subgraph: int
    view: str
    key: Key


ROUND = 100  # more than any number of requests that could be sent at once


class Weights(dict[int, int]):
    """What sets of fetches cost, by mask; ``size`` is the number of subgraphs.

    One request of the first round costs 1. Requests of later rounds wait for others: they cost
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
    """Lookups over a FederatedGraph with override labels decided."""

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
        self._demanding: dict[tuple[str, str], tuple[tuple[int, str, LocalField], ...]] = {}
        self._entrances: dict[str, tuple[Entrance, ...]] = {}
        self._homes: dict[str, tuple[tuple[int, str], ...]] = {}
        self._shared: dict[tuple[int, str, str], bool] = {}
        self._shapes: dict[tuple[frozenset[str], str], dict[str, int] | None] = {}
        self.weights = Weights(self.size)
        self._normalizer = Normalizer(graph.full)
        self._context_selections: dict[tuple[str, str, str], SelectionSet] = {}
        self._fields: dict[tuple[SelectionSet, str], tuple[Field, ...]] = {}
        self._real_types: dict[tuple[int, str], frozenset[str]] = {}
        self.uneven = frozenset(self._uneven())

    def local(self, subgraph: int, view: str, name: str) -> LocalField | None:
        """A field as declared there, resolvable or not."""
        local = self.types[subgraph].get(view)
        return local.fields.get(name) if local is not None else None

    def kind(self, subgraph: int, view: str) -> Kind:
        return self.types[subgraph][view].kind

    def is_interface(self, type_name: str) -> bool:
        return isinstance(self.graph.full.type_map.get(type_name), GraphQLInterfaceType)

    def possible(self, subgraph: int, view: str) -> frozenset[str]:
        return self.types[subgraph][view].possible

    def real_types(self, subgraph: int, view: str) -> frozenset[str]:
        """The runtime types of objects that a subgraph has as ``view``, under whatever name it
        knows them: behind an ``@interfaceObject`` may be any implementation."""
        mark = (subgraph, view)
        found = self._real_types.get(mark)
        if found is None:
            found = frozenset()
            for member in self.types[subgraph][view].possible:
                is_stand_in = self.kind(subgraph, member) is Kind.INTERFACE_OBJECT
                found |= self.graph.possible(member) if is_stand_in else {member}
            self._real_types[mark] = found
        return found

    def known_as(self, subgraph: int, view: str, runtime: str) -> str:
        """What an object of this runtime type is in that subgraph where its type is the abstract
        ``view``: itself, or an ``@interfaceObject`` that stands for it."""
        return next(iter(self.stand_ins(subgraph, view, runtime)), runtime)

    def stand_ins(self, subgraph: int, view: str, runtime: str) -> tuple[str, ...]:
        """All that an object of this runtime type may be there: the type itself, if it is known;
        otherwise each ``@interfaceObject`` among the members of ``view`` that stands for it."""
        possible = self.types[subgraph][view].possible
        if runtime in possible:
            return (runtime,)
        return tuple(name for name in self.graph.interfaces_of(runtime) if name in possible)

    def resolvable(self, subgraph: int, view: str, name: str) -> LocalField | None:
        """The field when that subgraph resolves it itself, with or without ``requires``."""
        mark = (subgraph, view, name)
        try:
            return self._resolvable[mark]
        except KeyError:
            field = self.local(subgraph, view, name)
            if field is not None and (field.is_external or not self._is_active(field)):
                field = None
            self._resolvable[mark] = field
            return field

    def plain(self, subgraph: int, view: str, name: str) -> LocalField | None:
        """The field when it can be asked there without anything sent along."""
        field = self.resolvable(subgraph, view, name)
        if field is None or field.requires is not None or field.contexts:
            return None
        return field

    def plain_homes(self, type_name: str, name: str) -> int:
        """The subgraphs, as bits, that have an object type themselves and in which the field can
        be asked without anything sent along."""
        mark = (type_name, name)
        found = self._plain_homes.get(mark)
        if found is None:
            found = 0
            for subgraph in range(self.size):
                if self.plain(subgraph, type_name, name) is not None:
                    found |= 1 << subgraph
            self._plain_homes[mark] = found
        return found

    def demanding(self, type_name: str, name: str) -> tuple[tuple[int, str, LocalField], ...]:
        """Where a field of an object is resolved only from what is sent along: subgraph, the type
        there, the field."""
        mark = (type_name, name)
        found = self._demanding.get(mark)
        if found is None:
            fields = (
                (subgraph, view, self.resolvable(subgraph, view, name))
                for subgraph, view in self.homes(type_name)
            )
            found = self._demanding[mark] = tuple(
                (subgraph, view, field)
                for subgraph, view, field in fields
                if field is not None and (field.requires is not None or field.contexts)
            )
        return found

    def lead(self, subgraph: int, view: str, name: str) -> Holder | None:
        """The object that a composite field leads to in that subgraph; None when it has neither
        the field nor its type."""
        mark = (subgraph, view, name)
        try:
            return self._leads[mark]
        except KeyError:
            field = self.local(subgraph, view, name)
            found = None
            if field is not None and field.base in self.types[subgraph]:
                given = () if field.provides is None else (field.provides,)
                found = Holder(subgraph, field.base, given)
            self._leads[mark] = found
            return found

    def is_given(
        self, subgraph: int, view: str, name: str, type_name: str, given: Provides
    ) -> bool:
        """Whether a path that provides ``given`` provides this field of an object of
        ``type_name``. What the field requires has to be sent along all the same."""
        if not given or provided(given, type_name, name) is None:
            return False
        field = self.local(subgraph, view, name)
        return field is None or (field.requires is None and not field.contexts)

    def homes(self, type_name: str) -> tuple[tuple[int, str], ...]:
        """The subgraphs that know objects of a type, and as what: the type itself, or the
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
        """Every resolvable key by which an entity of this type can be asked for somewhere, those
        that are never null and simple ones first."""
        found = self._entrances.get(type_name)
        if found is None:
            entrances = [
                Entrance(subgraph, view, key)
                for subgraph, view in self.homes(type_name)
                for key in self.types[subgraph][view].keys
                if key.is_resolvable
            ]
            # An object whose key is null cannot be asked for: keys that never are go first.
            entrances.sort(
                key=lambda e: (_may_be_null(e.key.selection), _size(e.key.selection), e.key.text)
            )
            found = self._entrances[type_name] = tuple(entrances)
        return found

    def is_asked_on_interface(self, subgraph: int, view: str, name: str, given: Provides) -> bool:
        """Whether a field can be asked once on the interface for all its runtime types there."""
        if given:
            return self._is_shared(subgraph, view, name, given)
        mark = (subgraph, view, name)
        answer = self._shared.get(mark)
        if answer is None:
            answer = self._shared[mark] = self._is_shared(subgraph, view, name, ())
        return answer

    def shapes(self, possible: frozenset[str], name: str) -> dict[str, int] | None:
        """Runtime types apart where some subgraph gives a field different types on them, so that
        their answers cannot share one response key. None when all may."""
        mark = (possible, name)
        if mark not in self._shapes:
            self._shapes[mark] = self._apart(possible, name)
        return self._shapes[mark]

    def weight(self, mask: int) -> int:
        """What a set of fetches costs; see ``Weights``."""
        return self.weights[mask]

    def fields_for(self, selection: SelectionSet, type_name: str) -> tuple[Field, ...]:
        """The fields of a field set (of a key or requires) that concern one runtime type."""
        mark = (selection, type_name)
        found = self._fields.get(mark)
        if found is None:
            found = self._fields[mark] = tuple(fields_for(selection, type_name))
        return found

    def context_types(self, context: str) -> frozenset[str]:
        """The object types that set a context."""
        found: frozenset[str] = frozenset()
        for name in self.graph.contexts.get(context, ()):
            found |= self.graph.possible(name)
        return found

    def context_selection(self, argument: ContextArgument, type_name: str) -> SelectionSet:
        """What a context argument selects, on an object found as ``type_name``."""
        mark = (argument.context, argument.selection, type_name)
        found = self._context_selections.get(mark)
        if found is None:
            text = argument.selection.strip()
            text = text[1:-1] if text.startswith("{") else text
            setters = self.graph.contexts.get(argument.context, frozenset())
            if type_name not in setters:
                text = " ".join(f"... on {setter} {{ {text} }}" for setter in sorted(setters))
            found = self._normalizer.selection(parse_field_set(text), type_name)
            self._context_selections[mark] = found
        return found

    def _uneven(self) -> Iterable[str]:
        """The abstract types of whose positions subgraphs may return different runtime types."""
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

    def _is_shared(self, subgraph: int, view: str, name: str, given: Provides) -> bool:
        local = self.types[subgraph][view]
        if local.kind is not Kind.INTERFACE or name not in local.fields:
            return False
        if self.shapes(local.possible, name) is not None:
            return False
        asked = local.fields[name]
        # What is provided below may differ from type to type: then each type is asked by itself.
        if given and asked.is_composite:
            below = {provided(given, runtime, name) or () for runtime in local.possible}
            if len(below) > 1:
                return False
        return all(
            # The same field may be asked below a type condition too, where its type must be equal.
            not asked.is_composite
            or (own := self.local(subgraph, runtime, name)) is None
            or own.type == asked.type
            for runtime in local.possible
        ) and all(
            self.plain(subgraph, runtime, name) is not None
            or self.is_given(subgraph, runtime, name, runtime, given)
            for runtime in local.possible
        )

    def _apart(self, possible: frozenset[str], name: str) -> dict[str, int] | None:
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
    """The fields of a selection that concern one runtime type. For an interface whose runtime
    type is unknown these are all, each with each of its selections once."""
    if type_name in selection.possible:
        return [f for f in selection.fields if f.types is None or type_name in f.types]
    return {(f.name, f.argument_text, id(f.selection)): f for f in selection.fields}.values()


def provided(given: Provides, type_name: str, name: str) -> Provides | None:
    """What is provided below a provided field; None when the field is not provided."""
    found: Provides | None = None
    for selection in given:
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
