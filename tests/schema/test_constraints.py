"""Limits in Python types become ``@constraint`` in the SDL of a subgraph."""

from typing import Annotated

import pytest
import strawberry
from graphql import InputObjectTypeDefinitionNode, ObjectTypeDefinitionNode, parse, print_ast
from pydantic import Field

from trellis.schema.directives import Constraint
from trellis.schema.federation import TrellisSchema
from trellis.schema.inputs import Id

Title = Annotated[str, Field(max_length=5)]
Code = Annotated[str, Field(min_length=2, max_length=5)]
Note = Annotated[str | None, Field(max_length=7)]
Width = Annotated[int, Constraint(min=1, max=9)]
Switch = Annotated[bool, Constraint(not_null=True)]
Email = Annotated[str, Constraint(format="EMAIL", max_length=9)]


@strawberry.input
class LeafInput:
    title: Title
    code: Code
    note: Note = None
    short_title: Title | None = strawberry.field(default=None, description="a title")
    email: Email | None = strawberry.UNSET
    lead_id: Id | None = None
    size: int = 3
    width: Width = 3
    is_green: Switch | None = strawberry.UNSET


@strawberry.input
class OakLeafInput(LeafInput):
    colour: Title = "green"


@strawberry.type
class Query:
    @strawberry.field
    def leaf(
        self, info: strawberry.Info, email: Email, leaf: OakLeafInput | None = None, first: int = 1
    ) -> Title:
        return email


SCHEMA = TrellisSchema(query=Query)
TWIN = TrellisSchema(query=Query)
LIMITS = {
    "title": "@constraint(minLength: 1, maxLength: 5, notBlank: true)",
    "code": "@constraint(minLength: 2, maxLength: 5, notBlank: true)",
    "note": "@constraint(maxLength: 7)",
    "shortTitle": "@constraint(maxLength: 5)",
    "email": '@constraint(maxLength: 9, format: "EMAIL")',
    "leadId": '@constraint(format: "UUID")',
    "size": "",
    "width": "@constraint(min: 1, max: 9)",
    "isGreen": "@constraint(notNull: true)",
    "colour": "@constraint(minLength: 1, maxLength: 5, notBlank: true)",
}


@pytest.mark.parametrize("schema", [SCHEMA, TWIN], ids=["the first schema", "another of its types"])
def test_members_carry_the_limits_of_their_types_once(schema: TrellisSchema) -> None:
    [found] = [
        definition
        for definition in parse(schema.as_str()).definitions
        if isinstance(definition, InputObjectTypeDefinitionNode)
    ]

    assert {m.name.value: _directives(m) for m in found.fields or ()} == LIMITS


def test_arguments_do_too_and_fields_of_results_do_not() -> None:
    [field] = [
        field
        for definition in parse(SCHEMA.as_str()).definitions
        if isinstance(definition, ObjectTypeDefinitionNode)
        for field in definition.fields or ()
        if field.name.value == "leaf"
    ]

    assert _directives(field) == ""
    assert {a.name.value: _directives(a) for a in field.arguments or ()} == {
        "email": LIMITS["email"],
        "leaf": "",
        "first": "",
    }


def test_the_directive_is_composed() -> None:
    sdl = SCHEMA.as_str()

    assert '@composeDirective(name: "@constraint")' in sdl
    assert '@link(url: "https://specs.trellis.dev/constraint/v0.1", import: ["@constraint"])' in sdl


def test_a_schema_without_limits_does_not_mention_it() -> None:
    @strawberry.type(name="Query")
    class Plain:
        size: int

    assert "constraint" not in TrellisSchema(query=Plain).as_str()


def _directives(node: object) -> str:
    return " ".join(print_ast(directive) for directive in getattr(node, "directives", None) or ())
