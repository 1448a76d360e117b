"""The normalized operation, the input of authorization and planning.

Fragments are inlined, ``@skip`` and ``@include`` are evaluated, impossible type conditions are
removed, and fields with the same response key are merged (CollectFields and MergeSelectionSets of
the GraphQL specification). Type conditions are sets of runtime types.

Equal selection sets are one shared object, so a normalized operation is an acyclic graph, and code
that walks it may memoize results by identity.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from graphql import GraphQLOutputType, ValueNode, VariableDefinitionNode

OperationKind = Literal["query", "mutation", "subscription"]

INTROSPECTION_FIELDS = frozenset({"__schema", "__type"})
"""The introspection fields of the query type."""


class Directed(NamedTuple):
    """The printed directives of one occurrence of a field: those of the enclosing fragments
    (``around``, outermost first) and its own. ``variables`` are the variables used in them."""

    around: tuple[str, ...] = ()
    own: str = ""
    variables: tuple[str, ...] = ()


class OperationDirective(NamedTuple):
    """A printed directive of a whole operation, the variables used in it, and the kinds of
    operations on which it is allowed."""

    text: str
    variables: tuple[str, ...]
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One field of a selection set.

    ``key`` is the client's response key. ``parent`` is the type on which the client selected the
    field (the widest one if there are several). ``type`` is its type in the API schema on the
    runtime types concerned, since null propagation depends on the object's own field and not on
    the interface's. ``types`` are the runtime types to which the field applies, None for all
    possible ones; two fields of one selection set may share a key if their types are disjoint.
    ``type_conditions`` are the sets of two or more runtime types for which the client selected it
    at once, by selecting it on an abstract type.

    ``introspection`` is the printed ``__schema`` or ``__type`` selection without alias ("" for
    other fields). Such a field has no ``selection``; the router resolves it itself.

    ``argument_text`` is the printed argument list without parentheses ("" for none). ``directed``
    are the different combinations of forwarded directives with which it was selected.
    ``variables`` are the variables used in both.

    ``denied`` is set by authorization: nothing is fetched for the field, and it becomes null. If
    all fields of a selection set are denied, the object itself is still fetched, to find out
    whether it is null.
    """

    key: str
    name: str
    parent: str
    type: GraphQLOutputType
    arguments: tuple[tuple[str, ValueNode], ...] = ()
    argument_text: str = ""
    variables: tuple[str, ...] = ()
    selection: "SelectionSet | None" = field(default=None, repr=False)
    types: frozenset[str] | None = None
    type_conditions: frozenset[frozenset[str]] = frozenset()
    denied: bool = False
    directed: tuple[Directed, ...] = ()
    introspection: str = ""


class TypeOrder(NamedTuple):
    """The order of the response keys in objects of some runtime types."""

    types: frozenset[str]
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SelectionSet:
    """The fields selected on one object, in the order of the client's document.

    ``type`` is the API type of the position, ``possible`` are its possible object types.
    ``orders`` lists runtime types whose response has another field order than ``fields``:
    CollectFields runs for one runtime type at a time, so ``... on A { x y } ... on B { y x }``
    leads to two orders.
    """

    type: str
    possible: frozenset[str]
    fields: tuple[Field, ...]
    orders: tuple[TypeOrder, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class NormalizedOperation:
    """A whole operation, specialized for the values of its condition variables.

    ``conditions`` are the variables used by ``@skip`` and ``@include`` with their values. An
    operation normalized for other values is another operation, so they belong to every cache key.
    ``definitions`` are the client's variable definitions by name. ``directives`` are the forwarded
    directives of the operation. ``introspections`` are the ``Field.introspection`` of all its
    fields. ``weight`` is its approximate size in bytes, for caches.
    """

    kind: OperationKind
    name: str | None
    selection: SelectionSet
    definitions: Mapping[str, VariableDefinitionNode] = field(default_factory=dict)
    conditions: tuple[tuple[str, bool], ...] = ()
    directives: tuple[OperationDirective, ...] = ()
    introspections: tuple[str, ...] = ()
    weight: int = 0


KEPT_BYTES = 16_000_000
"""The size of each cache of values derived from operations: some thousand ordinary operations. It
is limited in bytes so that clients cannot fill the memory with large or many operations."""


def weight_of(selection: SelectionSet) -> int:
    """The approximate size of a normalized operation in bytes: 225 per field as measured with
    tracemalloc."""
    fields = (found for found, _ in each_field(selection))
    # Arguments are stored as text and as values.
    return 500 + sum(225 + 2 * len(found.argument_text) for found in fields)


def each_field(root: SelectionSet) -> Iterator[tuple[Field, SelectionSet]]:
    """All fields below, each with its selection set. Shared selection sets are visited once."""
    seen = {id(root)}
    pending = [root]
    while pending:
        selection = pending.pop()
        for each in selection.fields:
            yield each, selection
            below = each.selection
            if below is not None and id(below) not in seen:
                seen.add(id(below))
                pending.append(below)
