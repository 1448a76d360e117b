"""The content of a supergraph as tables: what each subgraph declares, with its keys.

    FederatedGraph
    ├── subgraphs         SubgraphEntry by index
    ├── api, full         GraphQLSchema for clients, and with @inaccessible elements
    ├── labels, contexts  the override labels used; the types that set each context
    └── types[index]      one view per subgraph: LocalType by (merged) type name
        ├── fields        LocalField: own type, external, requires, provides, label, contexts
        ├── keys          Key: selection and whether entities can be asked by it
        └── possible      runtime types of an interface or union in that subgraph

Built by ``trellis.router.planner.graph.read_supergraph`` and immutable afterwards. Derived facts
are computed by ``trellis.router.planner.view``, for one set of override labels.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from graphql import GraphQLObjectType, GraphQLSchema, is_abstract_type

from trellis.router.operation.model import SelectionSet
from trellis.router.planner.supergraph_ast import SubgraphEntry


class Kind(Enum):
    """What a composite type is in one subgraph."""

    OBJECT = "object"
    INTERFACE = "interface"
    UNION = "union"
    INTERFACE_OBJECT = "interfaceObject"

    @property
    def is_abstract(self) -> bool:
        return self is Kind.INTERFACE or self is Kind.UNION


@dataclass(frozen=True, slots=True)
class ContextArgument:
    """An argument whose value comes from an enclosing object (``@fromContext``)."""

    name: str
    type: str
    context: str
    selection: str


@dataclass(frozen=True, slots=True)
class LocalField:
    """One field as one subgraph declares it.

    ``is_external``: the subgraph cannot resolve it by itself, only where a path provides it;
    ``is_overridden``: external because another subgraph overrides it. ``label``: whether it is
    resolved here depends on the label being active (``when_active``) or not. ``requires`` are the
    fields a representation must carry; ``provides`` the external fields that the subgraph can
    resolve below this field.
    """

    name: str
    type: str
    base: str
    is_composite: bool
    is_external: bool = False
    is_overridden: bool = False
    requires: SelectionSet | None = None
    provides: SelectionSet | None = None
    label: str | None = None
    when_active: bool = True
    contexts: tuple[ContextArgument, ...] = ()


@dataclass(frozen=True, slots=True)
class Key:
    """One ``@key``; ``is_resolvable``: the subgraph answers ``_entities`` for it."""

    text: str
    selection: SelectionSet
    is_resolvable: bool


@dataclass(frozen=True, slots=True)
class LocalType:
    """One composite type in one subgraph. ``possible`` are its runtime types there; for an object
    type and an ``@interfaceObject`` that is its own name (the latter's real types are unknown
    there)."""

    name: str
    kind: Kind
    fields: Mapping[str, LocalField] = field(default_factory=dict)
    keys: tuple[Key, ...] = ()
    possible: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class FederatedGraph:
    """A loaded supergraph; see the module's docstring."""

    subgraphs: tuple[SubgraphEntry, ...]
    api: GraphQLSchema
    full: GraphQLSchema
    types: tuple[Mapping[str, LocalType], ...]
    labels: frozenset[str]
    contexts: Mapping[str, frozenset[str]]

    def interfaces_of(self, type_name: str) -> tuple[str, ...]:
        """The interfaces that an object type implements in the merged schema."""
        kind = self.full.type_map.get(type_name)
        if isinstance(kind, GraphQLObjectType):
            return tuple(interface.name for interface in kind.interfaces)
        return ()

    def possible(self, type_name: str) -> frozenset[str]:
        """The object types of the merged schema that a position of this type may hold."""
        kind = self.full.type_map.get(type_name)
        if kind is not None and is_abstract_type(kind):
            return frozenset(t.name for t in self.full.get_possible_types(kind))
        return frozenset((type_name,))
