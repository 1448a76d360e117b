"""The subgraphs tag their fields with the dialects whose stored operations use them, so that a
contract of a dialect is the part of the graph which its clients need."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    get_named_type,
    parse,
    print_ast,
    validate,
)

from tests.support.product_graph import product_routes, product_sdl
from tests.support.shared import ROOT
from trellis.router.composition import contract

DIALECTS = ("commerce", "learn", "pm", "todo", "tracker", "union")
Operation = tuple[OperationDefinitionNode, dict[str, FragmentDefinitionNode]]


@cache
def supergraph() -> GraphQLSchema:
    return build_schema(product_sdl(), assume_valid=True)


def stored(dialect: str) -> Iterator[Operation]:
    for kind in ("rest", "topics"):
        for path in sorted((ROOT / "persisted_queries" / kind / dialect).rglob("*.graphql")):
            definitions = parse(path.read_text(encoding="utf-8")).definitions
            fragments = {
                one.name.value: one
                for one in definitions
                if isinstance(one, FragmentDefinitionNode)
            }
            for one in definitions:
                if isinstance(one, OperationDefinitionNode):
                    yield one, fragments


def uses(
    selection: SelectionSetNode | None,
    parent: GraphQLNamedType,
    fragments: dict[str, FragmentDefinitionNode],
) -> Iterator[str]:
    """The fields that a selection on ``parent`` uses, and the unions that they lead to."""
    schema = supergraph()
    for one in selection.selections if selection else ():
        if isinstance(one, FieldNode) and not one.name.value.startswith("__"):
            assert isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
            yield f"{parent.name}.{one.name.value}"
            if isinstance(parent, GraphQLInterfaceType):
                for owner in schema.get_possible_types(parent):
                    yield f"{owner.name}.{one.name.value}"
            below = get_named_type(parent.fields[one.name.value].type)
            if isinstance(below, GraphQLUnionType):
                yield below.name
            yield from uses(one.selection_set, below, fragments)
        elif isinstance(one, InlineFragmentNode | FragmentSpreadNode):
            part = fragments[one.name.value] if isinstance(one, FragmentSpreadNode) else one
            condition = part.type_condition
            kind = schema.type_map[condition.name.value] if condition else parent
            yield from uses(part.selection_set, kind, fragments)


def used() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for dialect in DIALECTS:
        for operation, fragments in stored(dialect):
            root = supergraph().get_root_type(operation.operation)
            assert root is not None
            for coordinate in uses(operation.selection_set, root, fragments):
                found[coordinate].add(dialect)
    return found


def tags_of(element: GraphQLNamedType | GraphQLField) -> set[str]:
    return {
        print_ast(argument.value).strip('"')
        for directive in (element.ast_node.directives if element.ast_node else ()) or ()
        if directive.name.value == "tag"
        for argument in directive.arguments or ()
    }


def tagged(schema: GraphQLSchema) -> dict[str, set[str]]:
    found = {}
    for name, kind in schema.type_map.items():
        found[name] = tags_of(kind)
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field, definition in kind.fields.items():
                found[f"{name}.{field}"] = tags_of(definition)
    return {coordinate: tags for coordinate, tags in found.items() if tags}


def test_a_field_has_the_tags_of_the_dialects_that_use_it_and_no_other():
    assert tagged(supergraph()) == used()


def test_no_stored_operation_is_of_another_dialect():
    folders = {path.name for kind in ("rest", "topics") for path in _folders(kind)}
    assert folders == set(DIALECTS)


def test_every_subgraph_carries_tags_and_only_where_it_resolves_the_field():
    for path in sorted((ROOT / "schema" / "subgraphs").glob("*.graphql")):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert any(" @tag(" in line for line in lines), path.name
        assert [line for line in lines if " @tag(" in line and "@external" in line] == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_contract_of_a_dialect_is_enough_for_its_operations(dialect: str):
    composition = contract(product_sdl(), include=[dialect])
    assert composition.errors == ()
    assert composition.api_sdl is not None
    part = build_schema(composition.api_sdl)

    checked = 0
    for route in product_routes():
        if route.profile.name == dialect:
            definitions = (route.nodes.operation, *route.nodes.fragments.values())
            assert validate(part, DocumentNode(definitions=definitions)) == [], route.id
            checked += 1
    assert checked >= 8
    # It is a part: what only other dialects or nobody uses is not there.
    assert len(part.type_map) < len(supergraph().type_map) / 2 or dialect in ("learn", "pm")


def _folders(kind: str) -> list[Path]:
    return [path for path in (ROOT / "persisted_queries" / kind).iterdir() if path.is_dir()]
