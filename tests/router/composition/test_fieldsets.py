import pytest
from graphql import GraphQLError, print_ast

from trellis.router.composition.fieldsets import parse_field_set, target_fields
from trellis.router.composition.parse import parse_schema


@pytest.mark.parametrize("text", ["id o { x }", "{ id o { x } }", "  id, o{x}  "])
def test_braces_around_a_field_set_are_optional(text):
    assert " ".join(print_ast(parse_field_set(text)).split()) == "{ id o { x } }"


@pytest.mark.parametrize(
    "text",
    ["", "{}", "id {", "id }", "id } { x", "id { }", "...F", "id } fragment F on T { x", "!"],
)
def test_anything_else_is_no_field_set(text):
    with pytest.raises(GraphQLError):
        parse_field_set(text)


def test_a_bottomless_field_set_is_no_crash():
    with pytest.raises(GraphQLError):
        parse_field_set("a {" * 5000 + "b" + "}" * 5000)


def test_target_fields_are_named_at_any_depth():
    schema, _ = parse_schema(
        "a",
        """
        type T { id: ID! i: I u: U }
        interface I { x: Int }
        type A implements I { x: Int }
        type B implements I { x: Int y: Int }
        union U = A | B
        """,
    )
    selection = parse_field_set("id i { x } u { ... on B { y } } unknown { z }")

    def names(implementations: bool) -> list[str]:
        found = target_fields(schema, schema.types["T"], selection, implementations=implementations)
        return [f"{parent.name}.{field.name}" for parent, field in found]

    assert names(False) == ["T.id", "T.i", "I.x", "T.u", "B.y"]
    assert names(True) == ["T.id", "T.i", "I.x", "A.x", "B.x", "T.u", "B.y"]
