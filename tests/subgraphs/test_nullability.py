"""What is lost when a subgraph is away: as little as the types allow.

A null at a non-null field takes its parent along. So a field whose object another subgraph has to
complete is nullable, unless a document promises otherwise, and no element takes its list along.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from graphql import (
    ConstDirectiveNode,
    GraphQLField,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    print_ast,
)

from tests.support.subgraphs import caller
from tests.support.whole_graph import whole_graph
from trellis.db.settings import DataSettings
from trellis.schema.request import RequestContext
from trellis.subgraphs.accounts.context import Context

SCHEMA = Path(__file__).parents[2] / "schema"
DOCUMENT_001 = {("Project", "lead"), ("Issue", "project"), ("Issue", "reporter")}
"""S1-GQL-06 and S1-GQL-07 say that these are not null."""
PROMISED = {("Issue", "attachments")}
"""S1-GQL-07, too: an issue whose attachments are asked for is not whole without files."""


@pytest.fixture(scope="module")
def supergraph() -> GraphQLSchema:
    text = (SCHEMA / "supergraph.graphql").read_text(encoding="utf-8")
    return build_schema(text, assume_valid=True)


def graphs_of(type_: GraphQLNamedType, field: GraphQLField) -> set[str]:
    """The subgraphs that resolve a field of a type."""
    for owner in (field, type_):
        found = {
            print_ast(argument.value)
            for directive in _directives_of(owner)
            if directive.name.value in ("join__field", "join__type")
            and not any(given.name.value == "external" for given in directive.arguments or ())
            for argument in directive.arguments or ()
            if argument.name.value == "graph"
        }
        if found:
            return found
    return set()


def _directives_of(owner: GraphQLNamedType | GraphQLField) -> Sequence[ConstDirectiveNode]:
    return (owner.ast_node and owner.ast_node.directives) or ()


def objects(schema: GraphQLSchema) -> Iterator[GraphQLObjectType]:
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType) and type_ not in roots and type_.name[:2] != "__":
            yield type_


def is_needed_from_elsewhere(target: GraphQLObjectType, graph: str) -> bool:
    """Whether an object that ``graph`` refers to cannot be whole without another subgraph."""
    return any(
        isinstance(field.type, GraphQLNonNull)
        and graph not in graphs_of(target, field)
        and (target.name, name) not in PROMISED
        for name, field in target.fields.items()
    )


def crossing(schema: GraphQLSchema) -> set[tuple[str, str]]:
    """The non-null fields whose objects another subgraph completes."""
    return {
        (type_.name, name)
        for type_ in objects(schema)
        for name, field in type_.fields.items()
        if isinstance(field.type, GraphQLNonNull)
        and isinstance(target := get_named_type(field.type), GraphQLObjectType)
        and any(is_needed_from_elsewhere(target, graph) for graph in graphs_of(type_, field))
    }


def falling(schema: GraphQLSchema) -> set[str]:
    """The types whose objects become null when another subgraph is away."""
    found = {name for name, _ in crossing(schema)}
    while True:
        more = {
            type_.name
            for type_ in objects(schema)
            for field in type_.fields.values()
            if isinstance(field.type, GraphQLNonNull)
            and not isinstance(field.type.of_type, GraphQLList)
            and get_named_type(field.type).name in found
        }
        if more <= found:
            return found
        found |= more


def test_objects_of_other_subgraphs_are_nullable_where_no_document_says_otherwise(
    supergraph: GraphQLSchema,
):
    assert crossing(supergraph) == DOCUMENT_001


def test_no_list_falls_with_one_of_its_elements(supergraph: GraphQLSchema):
    lists = {
        (type_.name, name)
        for type_ in objects(supergraph)
        for name, field in type_.fields.items()
        if isinstance(list_ := getattr(field.type, "of_type", field.type), GraphQLList)
        and isinstance(list_.of_type, GraphQLNonNull)
        and get_named_type(field.type).name in falling(supergraph)
    }
    assert lists == set()


def test_this_looks_where_it_says():
    schema = build_schema(
        """
        directive @join__type(graph: String, key: String) repeatable on OBJECT
        directive @join__field(graph: String, external: Boolean) repeatable on FIELD_DEFINITION
        type Query { things: [Thing!] }
        type User @join__type(graph: "A", key: "id") @join__type(graph: "B", key: "id") {
          id: ID! name: String! @join__field(graph: "A") age: Int @join__field(graph: "A")
          things: [Thing!] @join__field(graph: "B")
        }
        type Thing @join__type(graph: "B") { owner: User! maker: User box: Box! parts: [Thing!]! }
        type Box @join__type(graph: "B") { inner: Inner! }
        type Inner @join__type(graph: "B") { thing: Thing! }
        type Own @join__type(graph: "A") { user: User! }
        """
    )
    assert crossing(schema) == {("Thing", "owner")}
    assert falling(schema) == {"Thing", "Box", "Inner"}


async def test_with_accounts_away_a_list_of_projects_keeps_what_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    query = """{ projects(first: 2) { totalCount edges { cursor node { name %s } } } }"""
    async with whole_graph(DataSettings(data_dir=tmp_path)) as graph:

        def away(self: Context, request: RequestContext, services: object) -> None:
            raise ConnectionError

        monkeypatch.setattr(Context, "__init__", away)
        for asked, kept in (("owner { displayName }", True), ("lead { displayName }", False)):
            found = await graph.answer(query % asked, caller("ada"))
            projects = found.data["projects"]
            assert found.errors
            assert projects["totalCount"] == 5
            assert [edge["node"] is not None for edge in projects["edges"]] == [kept] * 2
