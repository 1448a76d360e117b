"""The query plan: the requests to subgraphs in their order, and how the response is shaped.

A plan is immutable data. The planner writes it, the executor runs it, neither imports the other.

    QueryPlan (query_plan.py)
    ├── steps: FetchStep, in topological order; ``after`` lists the steps that must finish first
    │   ├── a root step has no ``entities``: its data is merged at ``path``
    │   └── an entity step selects one or more aliased ``_entities`` fields (EntityCall)
    │       └── EntityTarget: where the objects are found and what represents them
    └── output: Selection, the client's response read from the merged data

The merged data is one tree of dicts keyed by *internal keys*. The planner chooses them: usually
the field's name, otherwise an alias that the step's operation already contains, so that two fields
which differ in arguments or type never collide. Merging is then plain deep merging, and only
``output`` knows the client's response keys (decision 0007).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from graphql import GraphQLOutputType

from trellis.router.operation.model import TypeOrder

OperationKind = Literal["query", "mutation", "subscription"]

INTROSPECTION = "? "
"""Prefix of the internal keys of introspection fields. No GraphQL name can start with it."""


@dataclass(frozen=True, slots=True)
class PathSegment:
    """One step down into the merged data. Lists on the way are flattened, however deep.

    ``types``: continue only from objects whose ``__typename`` (internal key ``__typename``) is one
    of these; None when every object qualifies. The condition is checked on the object *before*
    ``key`` is read.
    """

    key: str
    types: frozenset[str] | None = None


Path = tuple[PathSegment, ...]


@dataclass(frozen=True, slots=True)
class Need:
    """One member of a representation: ``name`` in the representation, read from the internal key
    ``source``. ``selection`` describes a composite member (lists are mapped). ``types`` limits it
    to objects of these runtime types. ``is_key``: without a value the entity cannot be fetched
    (a required field may be null and is then sent as null)."""

    name: str
    source: str
    selection: tuple[Need, ...] = ()
    types: frozenset[str] | None = None
    is_key: bool = True


@dataclass(frozen=True, slots=True)
class ContextValue:
    """A variable of an entity fetch whose value comes from an enclosing object (``@fromContext``).

    The object is on the target's path, after its first ``depth`` segments (0: the root).
    ``source`` describes the value like a member of a representation: the only leaf of the first
    need that applies to the object's runtime type.
    """

    variable: str
    depth: int
    source: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class EntityTarget:
    """Objects in the merged data that an entity call completes.

    ``types``: only objects with these runtime types (None: all found at ``path``). ``typename``
    is what the representation says as ``__typename``: a fixed name (needed when the subgraph
    knows the type as an ``@interfaceObject``, or when the position has one possible type and its
    ``__typename`` was not fetched) or None for the object's own.

    ``contexts``: the entities are fetched with values of their enclosing objects. Such a step has
    one call; objects with different values need a request (with the same operation) for each
    combination of values, and must be kept separate even when they are the same entity.
    """

    path: Path
    needs: tuple[Need, ...]
    types: frozenset[str] | None = None
    typename: str | None = None
    contexts: tuple[ContextValue, ...] = ()


@dataclass(frozen=True, slots=True)
class EntityCall:
    """One ``alias: _entities(representations: $variable)`` field of a step's operation.

    All targets share the same selection, so their representations are sent in one list, without
    duplicates. ``condition`` is a Boolean variable ``$<condition>`` of the operation used as
    ``@include(if:)`` in batched steps, set to false when there is no representation to send.
    """

    alias: str
    variable: str
    targets: tuple[EntityTarget, ...]
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class FetchStep:
    """One request to one subgraph.

    ``operation`` is the GraphQL text sent, ``variables`` the client's variables it uses (same
    names; the planner's own variables never collide with them). ``path`` is where a root step's
    data goes: () for the root, otherwise a position whose type is a root type (re-entry through a
    mutation payload's ``query: Query``). ``why`` lists for ``explain`` the fields it is needed for.
    """

    id: int
    service: str
    kind: OperationKind
    operation: str
    variables: tuple[str, ...] = ()
    entities: tuple[EntityCall, ...] = ()
    path: Path = ()
    after: tuple[int, ...] = ()
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutputField:
    """One response key of the client's response.

    ``source`` is the internal key (for introspection: ``INTROSPECTION`` and the selection, which no
    subgraph resolves); ``type`` the field's type in the API schema, which governs null
    propagation and enum values. ``types`` limits the field to objects of these runtime types (None:
    always). ``typename``: the field is ``__typename`` and this is its value whatever the data says
    (the position has one possible type); None reads ``source``. ``denied``: deliberately not
    fetched; the value is null and its error already exists.
    """

    key: str
    source: str
    type: GraphQLOutputType
    selection: Selection | None = None
    types: frozenset[str] | None = None
    typename: str | None = None
    denied: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """What an object contributes to the response, in the order of the client's operation.

    ``possible``: the runtime types visible in the API schema at this position when it is
    abstract and the runtime type is checked (an object of another type is answered as null);
    None when the position's type is concrete. ``orders`` lists the runtime types whose fields come
    in another order.
    """

    fields: tuple[OutputField, ...]
    possible: frozenset[str] | None = None
    orders: tuple[TypeOrder, ...] = ()

    def in_order_of(self, typename: str | None) -> tuple[OutputField, ...]:
        """All fields, in the response order of objects of this type."""
        for types, keys in self.orders:
            if typename in types:
                places = {key: place for place, key in enumerate(keys)}
                return tuple(sorted(self.fields, key=lambda one: places.get(one.key, len(keys))))
        return self.fields
