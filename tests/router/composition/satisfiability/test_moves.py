"""What can be had from where: provided fields, and the fields of keys and requirements."""

import pytest

from tests.support.composing import unanswerable

# Only what b provides can be read there; nobody reaches a.
OWNER = 'type T @key(fields: "id", resolvable: false) { id: ID! name: String @shareable }'


def test_fields_provided_below_a_provided_object_are_read_there():
    b = """
        type Query { box: Box @provides(fields: "t { name }") }
        type Box { t: T @shareable }
        type T @key(fields: "id", resolvable: false) { id: ID! name: String @external }
    """
    assert unanswerable(a=OWNER, b=b) == []
    assert unanswerable(a=OWNER, b=b.replace("{ box", "{ other: Box box")) == ["T.name"]


@pytest.mark.parametrize(
    ("provided", "missing"),
    [
        ("... on T { name } ... on U { name }", []),
        ("... on Named { ... on T { name } ... on U { name } }", []),
        ("... on U { name }", ["T.name"]),
    ],
)
def test_fields_provided_below_type_conditions_are_read_on_their_types(
    provided: str, missing: list[str]
):
    b = f"""
        type Query {{
          any: Any @provides(fields: "{provided}") t: T @provides(fields: "name") }}
        interface Named {{ id: ID! }} union Any = T | U
        type T implements Named @key(fields: "id", resolvable: false) {{
          id: ID! name: String @external }}
        type U implements Named @key(fields: "id", resolvable: false) {{
          id: ID! name: String @external }}
    """
    assert unanswerable(a=f"{OWNER} {OWNER.replace('type T', 'type U')}", b=b) == missing


def test_all_of_a_required_object_must_be_had():
    a = """
        type Query { t: T }
        type T @key(fields: "id") { id: ID! o: O @shareable } type O { m: Int }
    """
    b = """
        type T @key(fields: "id") {
          id: ID! o: O @external price: Int @requires(fields: "o { m n }") }
        type O { m: Int @external n: Int @external }
    """
    whole = 'type T @key(fields: "id") { id: ID! o: O @shareable } type O { n: Int }'
    assert unanswerable(a=a, b=b, c=whole) == []
    # O.n is somewhere, but not where O can be reached.
    assert "T.price" in unanswerable(a=a, b=b, c="type O { n: Int }")


def test_required_fields_below_a_type_condition_must_be_had():
    a = """
        type Query { t: T } type T @key(fields: "id") { id: ID! i: I }
        interface I { x: Int } type A implements I { x: Int }
    """
    b = """
        type T @key(fields: "id") {
          id: ID! i: I @external price: Int @requires(fields: "i { ... on A { far } }") }
        interface I { x: Int } type A implements I { x: Int @external far: Int @external }
    """
    assert "T.price" in unanswerable(a=a, b=b, c="type A { far: Int }")
    assert (
        unanswerable(
            a=a.replace("A implements I { x: Int", "A implements I { x: Int far: Int"), b=b
        )
        == []
    )


def test_a_field_that_moves_with_a_label_is_no_way_to_required_fields():
    a = """
        type Query { t: T }
        type T @key(fields: "id") { id: ID! size: Int @override(from: "c", label: "percent(5)") }
    """
    b = """
        type T @key(fields: "id") {
          id: ID! size: Int @external price: Int @requires(fields: "size") }
    """
    c = 'type T @key(fields: "id") { id: ID! size: Int }'
    assert unanswerable(a=a, b=b, c=c) == ["T.price"]
    assert unanswerable(a=a.replace(', label: "percent(5)"', ""), b=b, c=c) == []
