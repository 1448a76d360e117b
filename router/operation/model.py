"""The normalized operation: what is left of a client's document once nothing is undecided.

Fragments are inlined, ``@skip`` and ``@include`` are evaluated, impossible type conditions are
gone, and fields with one response key are merged as GraphQL merges them (CollectFields and
MergeSelectionSets of the specification). Type conditions are sets of runtime types.

Selection sets that are equal by construction are one object, so a normalized operation is a graph
without cycles: whoever walks it may remember results by identity.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from graphql import GraphQLOutputType, ValueNode, VariableDefinitionNode

OperationKind = Literal["query", "mutation", "subscription"]

INTROSPECTIVE = frozenset({"__schema", "__type"})
"""The fields of a query's root type that ask about the schema."""


class Directed(NamedTuple):
    """Directives with which a field was written, printed: those of each fragment around it, from
    the outside in, and its own; ``variables`` are the names of the variables in them."""

    around: tuple[str, ...] = ()
    own: str = ""
    variables: tuple[str, ...] = ()


class OperationDirective(NamedTuple):
    """A directive of a whole operation, printed, with the variables in it and the kinds of
    operations on which it may stand."""

    text: str
    variables: tuple[str, ...]
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One field of a selection set.

    ``key`` is the client's response key, ``parent`` the type on which the client wrote the field
    (the widest one when it was written several times), ``meant`` the sets of two or more runtime
    types that the client named at once by writing it on an abstract type. ``type`` is its type in
    the API schema for the runtime types concerned (GraphQL's null propagation asks the object's
    own field, not the interface's). ``types`` are the runtime types to which the field applies,
    None for all that are possible at the position: two fields of one selection set may share a
    key when their types are disjoint.

    ``question`` is what the client asks of ``__schema`` or ``__type``, printed without alias
    ("" for other fields); such a field has no selection of its own, the router answers it itself.

    ``argument_text`` is the printed argument list without parentheses ("" for none), ``directed``
    the ways in which it was written with directives that subgraphs are told, and ``variables`` the
    names of the variables in both. ``denied`` may be set by the authorization
    stage (with ``dataclasses.replace``): nothing is fetched for the field, its answer is null. All
    fields of a selection set may be denied: then it is still asked whether the object is there.
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
    meant: frozenset[frozenset[str]] = frozenset()
    denied: bool = False
    directed: tuple[Directed, ...] = ()
    question: str = ""


class TypeOrder(NamedTuple):
    """In which order objects of some runtime types answer: their response keys, first to last."""

    types: frozenset[str]
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SelectionSet:
    """The fields asked of one object, in the order of the client's document.

    ``type`` is the API type of the position, ``possible`` the object types it may have at run
    time. ``orders`` has the runtime types that answer their fields in another order than
    ``fields`` has them (CollectFields of the specification runs for one runtime type at a time,
    so ``... on A { x y } ... on B { y x }`` gives two orders).
    """

    type: str
    possible: frozenset[str]
    fields: tuple[Field, ...]
    orders: tuple[TypeOrder, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class NormalizedOperation:
    """A whole operation, specialised for the values of its condition variables.

    ``conditions`` holds the variables that ``@skip`` and ``@include`` asked, with the values
    found: an operation normalized for other values is another operation, so they belong to every
    cache key. ``definitions`` are the client's variable definitions by name, ``directives`` those
    of the operation that subgraphs are told. ``questions`` are those about the schema, wherever in
    the operation they stand. ``weight`` is about how many bytes it takes, for caches.
    """

    kind: OperationKind
    name: str | None
    selection: SelectionSet
    definitions: Mapping[str, VariableDefinitionNode] = field(default_factory=dict)
    conditions: tuple[tuple[str, bool], ...] = ()
    directives: tuple[OperationDirective, ...] = ()
    questions: tuple[str, ...] = ()
    weight: int = 0


KEPT_BYTES = 16_000_000
"""How much a cache of what is made of operations keeps, in bytes: some thousand operations of usual
size. Memory must not depend on how many different operations clients think of."""


def weight_of(selection: SelectionSet) -> int:
    """About how many bytes a normalized operation takes; tracemalloc measured 225 a field."""
    fields = (found for found, _ in each_field(selection))
    # The text of arguments is kept as text and as values.
    return 500 + sum(225 + 2 * len(found.argument_text) for found in fields)


def each_field(root: SelectionSet) -> Iterator[tuple[Field, SelectionSet]]:
    """All fields below, with the selection sets that they stand in; each set is visited once, as
    equal ones are shared."""
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
