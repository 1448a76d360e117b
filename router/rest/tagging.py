"""The dialects that use each field of the graph, which become the ``@tag`` of the field."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLInterfaceType,
    GraphQLSchema,
    GraphQLUnionType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    visit,
)

from trellis.router.rest.route import RestRoute


def dialects_by_field(
    schema: GraphQLSchema, routes: Iterable[RestRoute]
) -> Mapping[str, list[str]]:
    """The names of the dialects by coordinate (``Query.tasks``), both sorted.

    ``routes`` are the stored operations of the dialects, topics too. A field of an interface counts
    for its implementations too: a contract (``trellis.router.composition.contracts``) needs both.
    Unions that are the type of a field are there by their name.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for route in routes:
        operation, _, fragments = route.nodes
        document = DocumentNode(definitions=(operation, *fragments.values()))
        types = TypeInfo(schema)
        fields = _Fields(schema, types)
        visit(document, TypeInfoVisitor(types, fields))
        for coordinate in fields.used:
            found[coordinate].add(route.profile.name)
    return {coordinate: sorted(found[coordinate]) for coordinate in sorted(found)}


class _Fields(Visitor):
    """Collects the coordinates of the fields that a document selects."""

    def __init__(self, schema: GraphQLSchema, types: TypeInfo) -> None:
        super().__init__()
        self.schema, self.types = schema, types
        self.used: set[str] = set()

    def enter_field(self, node: FieldNode, *_: object) -> None:
        name = node.name.value
        if name.startswith("__"):
            return
        self.used.update(f"{owner}.{name}" for owner in self._owners())
        result = get_named_type(self.types.get_type())
        if isinstance(result, GraphQLUnionType):
            self.used.add(result.name)

    def _owners(self) -> Iterator[str]:
        parent = self.types.get_parent_type()
        if parent is None:
            return
        yield parent.name
        if isinstance(parent, GraphQLInterfaceType):
            below = self.schema.get_implementations(parent)
            yield from (one.name for one in (*below.objects, *below.interfaces))
