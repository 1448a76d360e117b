"""Which paths are walked, and what counts on them."""

from tests.support.composing import compose_parts, unanswerable


def test_objects_of_inaccessible_types_need_not_be_reachable():
    a = "type Query { i: I } interface I { x: Int } type A implements I { x: Int @shareable }"
    b = "type A { far: Int }"
    hidden = a.replace("implements I", "implements I @inaccessible")
    other = " type B implements I { x: Int }"
    assert unanswerable(a=a + other, b=b) == ["A.far"]
    assert unanswerable(a=hidden + other, b=b) == []


def test_types_that_one_of_the_subgraphs_asked_cannot_return_are_no_path():
    part = "type Query { i: I @shareable } interface I { x: Int } "
    one = "type A implements I { x: Int @shareable } "
    both = one + "type B implements I { x: Int @shareable } "
    c = "type B { far: Int }"
    assert unanswerable(a=part + both, b=part + one, c=c) == []
    assert unanswerable(a=part + both, b=part + both, c=c) == ["B.far"]


def test_contexts_of_all_enclosing_objects_count():
    a = """
        type Query { outer: Outer }
        type Outer @context(name: "o") { p: String! inner: Inner }
        type Inner @context(name: "i") { q: String! leaf: Leaf }
        type Leaf @key(fields: "id") {
          id: ID! made(
            x: String @fromContext(field: "$o { p }") y: String @fromContext(field: "$i { q }")
          ): Int }
    """
    b = 'type Leaf @key(fields: "id") { id: ID! }'
    assert unanswerable(a=a, b=b) == []
    assert unanswerable(a=a.replace("outer: Outer", "outer: Outer inner: Inner"), b=b) == [
        "Leaf.made"
    ]


def test_a_context_is_set_by_each_of_its_types():
    a = """
        type Query { one: One two: Two }
        type One @context(name: "c") { p: String! leaf: Leaf }
        type Two @context(name: "c") { p: String! leaf: Leaf }
        type Leaf @key(fields: "id") {
          id: ID! made(x: String @fromContext(field: "$c { p }")): Int }
    """
    b = 'type Leaf @key(fields: "id") { id: ID! }'
    assert unanswerable(a=a, b=b) == []


def test_a_subgraph_that_returns_one_object_type_has_made_its_promise():
    a = """
        type Query { i: I @shareable } interface I { x: Int }
        type A implements I { x: Int @shareable } type B implements I { x: Int }
    """
    b = "type Query { i: A @shareable } type A { x: Int @shareable }"
    composition = compose_parts({"a": a, "b": b})
    assert composition.is_ok
    assert {h.code for h in composition.hints} == {"INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE"}


def test_hints_below_shared_mutation_fields_are_kept():
    def part(query: str, a: str, c: str) -> str:
        return f"""
            {query} type Mutation {{ make: T @shareable }}
            type T @key(fields: "id") {{ id: ID! i: I @shareable }} interface I {{ x: Int }}
            type A {a} {{ x: Int @shareable }} type C {c} {{ x: Int @shareable }}
            type B implements I {{ x: Int @shareable }}
        """

    composition = compose_parts(
        {
            "a": part("type Query { q: Int }", "implements I", ""),
            "b": part("", "", "implements I"),
        }
    )
    assert composition.is_ok
    found = [h.coordinate for h in composition.hints if "RUNTIME_TYPES" in h.code]
    assert found == ["T.i"]


def test_below_a_mutation_field_of_one_subgraph_each_field_has_its_own_error():
    a = "type Query { q: Int } type Mutation { make: V } type V { x: Int }"
    b = "type V { y: Int z: Int }"
    assert unanswerable(a=a, b=b) == ["V.y", "V.z"]


def test_paths_that_have_been_walked_are_not_open_any_more():
    links = " ".join(f"type V{n} {{ next: V{n + 1} }}" for n in range(20))
    composition = compose_parts(
        {"a": f"type Query {{ v: V0 }} {links} type V20 {{ x: Int }}"}, max_paths=2
    )
    assert composition.is_ok


def test_an_override_of_a_field_that_the_other_subgraph_lacks_has_no_sides():
    a = """
        type Query { t: T }
        type T @key(fields: "id") { id: ID! x: Int @override(from: "b", label: "percent(5)") }
    """
    b = 'type T @key(fields: "id") { id: ID! y: Int }'
    assert unanswerable(a=a, b=b) == []
    assert unanswerable(a=a, b=b.replace("y: Int", "x: Int")) == []


def test_an_override_from_an_unknown_subgraph_has_no_sides():
    a = """
        type Query { t: T }
        type T @key(fields: "id") { id: ID! x: Int @override(from: "gone", label: "percent(5)") }
    """
    assert unanswerable(a=a) == []


def test_the_query_shown_has_a_value_for_every_required_argument():
    a = """
        type Query { f(i: Int!, f: Float!, b: Boolean!, s: String!, id: ID!, e: E!, w: W!,
          l: [Int!]!, free: Int, given: Int! = 1): V }
        enum E { X } input W { x: Int } type V { x: Int }
    """
    (error,) = compose_parts({"a": a, "b": "type V { y: Int }"}).errors
    assert error.message.splitlines()[1:6] == [
        "{",
        '  f(i: 0, f: 0.5, b: true, s: "A string", id: "<any id>", e: ..., w: ..., l: []) {',
        "    y",
        "  }",
        "}",
    ]


def test_a_field_that_moves_with_a_label_is_walked_on_either_side():
    a = 'type Query { t: T } type T @key(fields: "id") { id: ID! v: V } type V { x: Int y: Int }'
    b = """
        type T @key(fields: "id") {
          id: ID! v: V @override(from: "a", label: "percent(5)") }
        type V { x: Int }
    """
    shared = a.replace("x: Int", "x: Int @shareable"), b.replace("x: Int", "x: Int @shareable")
    assert unanswerable(a=shared[0], b=shared[1]) == ["V.y"]
    whole = (text.replace("y: Int", "") for text in shared)
    assert unanswerable(**dict(zip("ab", whole, strict=True))) == []


def test_an_interface_met_again_elsewhere_is_walked_again():
    part = "interface I { x: Int } type A implements I { x: Int @shareable"
    a = f"type Query {{ one: I }} {part} far: Int }}"
    b = f"type Query {{ two: I }} {part} }}"
    assert unanswerable(a=a, b=b) == ["A.far"]
    assert unanswerable(a=a, b=b.replace("two: I", "two: Int")) == []


def test_a_mutation_field_runs_in_one_subgraph_which_must_answer_all_below():
    a = "type Query { q: Int } type Mutation { make: V @shareable } type V { x: Int @shareable }"
    b = "type Mutation { make: V @shareable } type V { x: Int @shareable y: Int }"
    assert unanswerable(a=a, b=b) == []
    assert unanswerable(a=a.replace("x: Int", "z: Int x: Int"), b=b) == ["Mutation.make"]


def test_a_member_known_as_an_interface_object_is_walked_as_each_implementation():
    a = """
        interface Node { id: ID! } interface Media implements Node @key(fields: "id") { id: ID! }
        type Book implements Media & Node @key(fields: "id") { id: ID! }
    """
    b = """
        type Query { any: Node } interface Node { id: ID! }
        type Media implements Node @key(fields: "id") @interfaceObject { id: ID! }
        type Page implements Node { id: ID! }
    """
    assert unanswerable(a=a, b=b) == []
    assert unanswerable(a=a, b=b, c="type Book { pages: Int }") == ["Book.pages"]


def test_a_field_that_was_overridden_is_not_had_where_it_was():
    a = 'type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }'
    b = """
        type T @key(fields: "id", resolvable: false) { id: ID! x: Int @override(from: "a") }
    """
    assert unanswerable(a=a, b=b) == ["T.x"]
    assert unanswerable(a=a, b=b.replace(", resolvable: false", "")) == []


def test_what_is_found_on_several_paths_is_told_once():
    def part(one: str, other: str) -> str:
        return f"""
            type Query {{ outer: Outer @shareable plain: Plain @shareable }}
            type Outer @context(name: "c") {{ p: String @shareable t: T @shareable }}
            type Plain {{ t: T @shareable }} type T {{ i: I @shareable }}
            interface I {{ x: Int }} type A implements I {{ x: Int @shareable }}
            type {one} implements I {{ x: Int @shareable }} type {other} {{ x: Int @shareable }}
        """

    composition = compose_parts({"a": part("B", "C"), "b": part("C", "B")})
    assert composition.is_ok
    assert [h.coordinate for h in composition.hints if "RUNTIME_TYPES" in h.code] == ["T.i"]


def test_the_query_shown_closes_what_it_opens():
    def shown(below: str) -> str:
        a = f"type Query {{ v: V }} type V {{ x: Int }} {below}"
        (error,) = compose_parts(
            {"a": a, "b": f"type V {{ y: {'W' if below else 'Int'} }} {below}"}
        ).errors
        return error.message.split(":\n", 1)[1].split("\nbecause", 1)[0]

    assert shown("") == "{\n  v {\n    y\n  }\n}"
    assert shown("type W { z: Int @shareable }") == "{\n  v {\n    y {\n      ...\n    }\n  }\n}"
