"""The query plan: what is asked of which subgraph in which order, and how the answer is shaped.

A plan is immutable data. The planner writes it, the executor runs it, neither needs the other.

    QueryPlan (query_plan.py)
    ├── steps: FetchStep, in topological order; ``after`` names the steps that must be done first
    │   ├── a root step has no ``entities``: its data is merged at ``path``
    │   └── an entity step asks one or more aliased ``_entities`` fields (EntityCall)
    │       └── EntityTarget: where the objects are found and what represents them
    └── output: Selection, the client's answer read from the merged data

The merged data is one tree of dicts keyed by *internal keys*. The planner chooses them: usually
the field's name, otherwise an alias that the step's operation text already carries, so that two
fields which differ in arguments or type never collide. Merging is then plain deep merging, and
only ``output`` knows the client's response keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from graphql import GraphQLOutputType

from trellis.router.operation.model import TypeOrder

OperationKind = Literal["query", "mutation", "subscription"]

QUESTION = "? "
"""Begins the internal keys of what is asked about the schema; no name in GraphQL can."""


@dataclass(frozen=True, slots=True)
class PathSegment:
    """One level down the merged data. Lists on the way are walked through, however deep.

    ``types``: go on only from objects whose ``__typename`` (internal key ``__typename``) is one
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
    to objects of these runtime types. ``is_key``: without a value the entity cannot be asked for
    (a required field may be null and is then sent as null)."""

    name: str
    source: str
    selection: tuple[Need, ...] = ()
    types: frozenset[str] | None = None
    is_key: bool = True


@dataclass(frozen=True, slots=True)
class ContextValue:
    """A variable of an entity fetch whose value an enclosing object gives (``@fromContext``).

    The object is found on the way to the target: after the first ``depth`` segments of the
    target's path (0: the root). ``source`` describes the value like a member of a representation:
    the one leaf of the first need that applies to the object's runtime type.
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

    ``contexts``: objects are asked for together with values of the objects around them. Such a
    step has one call; objects with different values need a request (with the same operation)
    for each combination of values, and must stay apart even when they are the same entity.
    """

    path: Path
    needs: tuple[Need, ...]
    types: frozenset[str] | None = None
    typename: str | None = None
    contexts: tuple[ContextValue, ...] = ()


@dataclass(frozen=True, slots=True)
class EntityCall:
    """One ``alias: _entities(representations: $variable)`` field of a step's operation.

    All targets share the same selection, so their representations are put in one list and equal
    ones are asked for once. ``condition`` is a Boolean variable ``$<condition>`` of the operation
    used as ``@include(if:)`` in batched steps, set to false when no representation is left.
    """

    alias: str
    variable: str
    targets: tuple[EntityTarget, ...]
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class FetchStep:
    """One request to one subgraph.

    ``operation`` is the GraphQL text sent, ``variables`` the client's variables it uses (same
    names; the planner never names its own variables like one of them). ``path`` is where a root
    step's data goes: () for the root, otherwise a position whose type is a root type (re-entry
    through a mutation payload's ``query: Query``). ``why`` says for ``explain`` what asked for it.
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
    """One response key of the client's answer.

    ``source`` is the internal key (that of ``__schema`` and ``__type`` is what they ask, after
    ``QUESTION``: no subgraph answers it); ``type`` the field's type in the API schema, which
    governs null propagation and enum values. ``types`` limits the field to objects of these
    runtime types (None: always). ``typename``: the field is ``__typename`` and this is the answer
    whatever the data says (the position has one possible type); None reads ``source``.
    ``denied``: nothing was fetched on purpose; the value is null and its error already exists.
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
    """What an object contributes to the answer, in the order of the client's query.

    ``possible``: the runtime types visible in the API schema at this position when it is
    abstract and the runtime type is checked (an object of another type is answered as null);
    None when the position's type is concrete. ``orders`` has the runtime types whose objects
    answer their fields in another order.
    """

    fields: tuple[OutputField, ...]
    possible: frozenset[str] | None = None
    orders: tuple[TypeOrder, ...] = ()

    def in_order_of(self, typename: str | None) -> tuple[OutputField, ...]:
        """All fields; those of objects of this type come in the order of their answer."""
        for types, keys in self.orders:
            if typename in types:
                places = {key: place for place, key in enumerate(keys)}
                return tuple(sorted(self.fields, key=lambda one: places.get(one.key, len(keys))))
        return self.fields
