"""Satisfiability: graphs that cannot answer some query, and graphs that look so but can."""

import pytest

from trellis.router.composition.compose import Composition, compose
from trellis.router.composition.subgraph import Subgraph

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", '
    '"@external", "@requires", "@provides", "@shareable", "@override", "@interfaceObject", '
    '"@context", "@fromContext", "@inaccessible"])\n'
)


def composed(max_paths: int = 1_000_000, **sdls: str) -> Composition:
    subgraphs = [Subgraph(name, f"http://{name}.test", LINK + sdl) for name, sdl in sdls.items()]
    return compose(subgraphs, max_paths=max_paths)


def codes(composition: Composition) -> list[str]:
    return [error.code for error in composition.errors]


def test_a_field_behind_a_key_that_cannot_be_had_is_reported_with_a_query_and_reasons():
    composition = composed(
        a='type Query { t(n: Int!): T } type T @key(fields: "id") { id: ID! }',
        b='type T @key(fields: "sku") { sku: ID! }',
    )
    assert codes(composition) == ["SATISFIABILITY_ERROR"]
    assert composition.errors[0].coordinate == "T.sku"
    assert composition.errors[0].message == (
        "This query of the supergraph cannot be answered by the subgraphs:\n"
        "{\n  t(n: 0) {\n    sku\n  }\n}\n"
        "because:\n"
        '- from subgraph "a": there is no field "T.sku".\n'
        '- subgraph "b" has the field but cannot be reached: the fields of @key(fields: "sku") '
        "cannot be resolved on this path."
    )


def test_keys_may_be_collected_over_several_subgraphs():
    composition = composed(
        a='type Query { t: T } type T @key(fields: "id") { id: ID! }',
        b='type T @key(fields: "id") { id: ID! code: String! @shareable }',
        c='type T @key(fields: "id code") { id: ID! code: String! far: Int }',
    )
    assert codes(composition) == []


def test_a_chain_of_keys_is_followed():
    composition = composed(
        a='type Query { t: T } type T @key(fields: "id") { id: ID! }',
        b='type T @key(fields: "id") @key(fields: "code") { id: ID! code: String! }',
        c='type T @key(fields: "code") { code: String! far: Int }',
    )
    assert codes(composition) == []


def test_a_nested_key_is_followed_through_the_other_entity():
    a = (
        'type Query { t: T } type T @key(fields: "id") { id: ID! owner: O! } '
        'type O @key(fields: "id") { id: ID! }'
    )
    c = (
        'type T @key(fields: "owner { code }") { owner: O! @shareable far: Int } '
        "type O { code: ID! @shareable }"
    )
    b = 'type O @key(fields: "id") { id: ID! code: ID! @shareable }'
    assert codes(composed(a=a.replace("owner: O!", "owner: O! @shareable"), b=b, c=c)) == []


def test_a_value_type_without_key_cannot_be_completed_elsewhere():
    composition = composed(
        a="type Query { v: V } type V { x: Int }",
        b="type V { y: Int }",
    )
    assert codes(composition) == ["SATISFIABILITY_ERROR"]
    assert '"V" has no resolvable @key there' in composition.errors[0].message


def test_a_shared_root_field_is_asked_in_every_subgraph_that_has_it():
    composition = composed(
        a="type Query { v: V @shareable } type V { x: Int }",
        b="type Query { v: V @shareable } type V { y: Int }",
    )
    assert codes(composition) == []


def test_a_shared_mutation_field_is_called_only_once():
    composition = composed(
        a="type Query { x: Int } type Mutation { f: V @shareable } type V { x: Int }",
        b="type Mutation { f: V @shareable } type V { y: Int }",
    )
    assert codes(composition) == ["SATISFIABILITY_ERROR"]
    assert composition.errors[0].coordinate == "Mutation.f"


def test_a_shared_mutation_field_is_fine_when_one_subgraph_can_answer_alone():
    composition = composed(
        a="type Query { x: Int } type Mutation { f: V @shareable } type V { x: Int @shareable }",
        b="type Mutation { f: V @shareable } type V { x: Int @shareable y: Int }",
    )
    assert codes(composition) == []


def test_an_unresolvable_key_is_no_way_in():
    composition = composed(
        a='type Query { t: T } type T @key(fields: "id") { id: ID! }',
        b='type T @key(fields: "id", resolvable: false) { id: ID! far: Int }',
    )
    assert codes(composition) == ["SATISFIABILITY_ERROR"]


def test_provided_fields_are_readable_on_that_path_only():
    owner = 'type T @key(fields: "id") { id: ID! name: String @shareable }'
    other = (
        'type Query { one: T @provides(fields: "name") } '
        'type T @key(fields: "id", resolvable: false) { id: ID! name: String @external }'
    )
    assert codes(composed(a=owner, b=other)) == []
    closed = owner.replace('"id")', '"id", resolvable: false)')
    assert codes(composed(a=closed, b=other)) == []
    assert codes(composed(a=closed, b=other.replace("{ one", "{ two: T one"))) == [
        "SATISFIABILITY_ERROR"
    ]


def test_required_fields_must_be_reachable_from_where_they_are_required():
    a = 'type Query { t: T } type T @key(fields: "id") { id: ID! size: Int }'
    b = (
        'type T @key(fields: "id") { id: ID! size: Int @external '
        'price: Int @requires(fields: "size") }'
    )
    assert codes(composed(a=a, b=b)) == []
    closed = a.replace('"id")', '"id", resolvable: false)')
    broken = composed(a=closed, b=b)
    assert [e.coordinate for e in broken.errors] == ["T.price"]


def test_requirements_may_require_one_another_in_a_chain_but_not_in_a_circle():
    base = 'type Query { t: T } type T @key(fields: "id") { id: ID! }'
    b = 'type T @key(fields: "id") { id: ID! y: Int @external x: Int @requires(fields: "y") }'
    chain = 'type T @key(fields: "id") { id: ID! y: Int }'
    circle = 'type T @key(fields: "id") { id: ID! x: Int @external y: Int @requires(fields: "x") }'
    assert codes(composed(a=base, b=b, c=chain)) == []
    assert set(codes(composed(a=base, b=b, c=circle))) == {"SATISFIABILITY_ERROR"}


def test_a_requirement_in_a_circle_closes_a_way_only_while_it_is_asked():
    """What a requires c gives to all; b gives more of it, but only to who has a."""
    query = "type Query { t: T @shareable } "
    a = query + (
        'type T @key(fields: "id") { id: ID! x: Int @requires(fields: "v { m }") v: V @external } '
        "type V { m: Int @external }"
    )
    b = query + (
        'type T @key(fields: "id") { id: ID! x: Int @external '
        'v: V @shareable @requires(fields: "x") } type V { m: Int @shareable n: Int }'
    )
    c = query + (
        'type T @key(fields: "id") { id: ID! v: V @shareable } type V { m: Int @shareable }'
    )
    assert codes(composed(a=a, b=b, c=c)) == []
    assert codes(composed(a=a, b=b)) != []


def test_overriding_the_key_of_the_only_way_out_is_an_error():
    composition = composed(
        a='type Query { t: T } type T @key(fields: "k") { k: ID @override(from: "b") a: Int }',
        b='type Query { other: T } type T @key(fields: "k") { k: ID b: Int }',
    )
    assert set(codes(composition)) == {"SATISFIABILITY_ERROR"}
    assert 'overridden by subgraph "a"' in composition.errors[0].message


def test_both_sides_of_a_progressive_override_are_checked():
    a = (
        'type Query { t: T } type T @key(fields: "id") { id: ID! '
        'v: V @override(from: "b", label: "new") } type V { x: Int @shareable }'
    )
    b = 'type T @key(fields: "id") { id: ID! v: V } type V { x: Int @shareable }'
    assert codes(composed(a=a, b=b)) == []
    only_new = a.replace("{ x: Int @shareable }", "{ x: Int @shareable y: Int }")
    assert [e.coordinate for e in composed(a=only_new, b=b).errors] == ["V.y"]


def test_one_side_of_a_progressive_override_excuses_no_path_with_the_other_side():
    # Below T.v the value comes from the subgraph that resolves V.x on that side of the label.
    a = (
        "type Query { t: T deep: Deep } type Deep { deeper: Deeper } type Deeper { v: V } "
        'type T @key(fields: "id") { id: ID! v: V @override(from: "b", label: "new") } '
        'type V { x: Int @override(from: "b", label: "new") }'
    )
    b = 'type T @key(fields: "id") { id: ID! v: V } type V { x: Int }'
    composition = composed(a=a, b=b)
    assert [e.coordinate for e in composition.errors] == ["V.x"]
    assert "deeper {" in composition.errors[0].message
    assert 'only while label "new" is on' in composition.errors[0].message


def test_the_type_behind_an_interface_object_must_be_learned_somewhere():
    a = (
        'interface I @key(fields: "id") { id: ID! } '
        'type A implements I @key(fields: "id") { id: ID! }'
    )
    b = 'type Query { i: I } type I @interfaceObject @key(fields: "id") { id: ID! y: Int }'
    assert codes(composed(a=a, b=b)) == []
    composition = composed(a=a.replace('interface I @key(fields: "id")', "interface I"), b=b)
    assert codes(composition) == ["SATISFIABILITY_ERROR"]
    assert "@interfaceObject" in composition.errors[0].message


def test_each_of_several_interface_objects_is_a_way_into_their_subgraph():
    a = (
        'interface I @key(fields: "id") { id: ID! } interface J @key(fields: "id") { id: ID! } '
        'type A implements I & J @key(fields: "id") { id: ID! } type Query { a: A }'
    )
    b = (
        'type I @interfaceObject @key(fields: "id") { id: ID! x: Int } '
        'type J @interfaceObject @key(fields: "id") { id: ID! y: Int }'
    )
    assert codes(composed(a=a, b=b)) == []


def test_shared_fields_need_a_runtime_type_in_common():
    a = "interface I { x: Int } type Query { i: I @shareable }"
    one, two = "type P implements I { x: Int }", "type Q implements I { x: Int }"
    disjoint = composed(a=f"{a} {one}", b=f"{a} {two}")
    assert codes(disjoint) == ["SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES"]
    both = f"{one} {two}".replace("x: Int", "x: Int @shareable")
    shared = composed(a=f"{a} {both}", b=f"{a} {two.replace('x: Int', 'x: Int @shareable')}")
    assert codes(shared) == []
    assert "INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN" in {h.code for h in shared.hints}


def test_a_context_must_be_set_on_every_path():
    a = (
        "type Query { holder: Holder %s } "
        'type Holder @key(fields: "id") @context(name: "ctx") '
        "{ id: ID! prop: String! child: Child } "
        'type Child @key(fields: "id") { id: ID! '
        'made(arg: String @fromContext(field: "$ctx { prop }")): Int }'
    )
    b = 'type Child @key(fields: "id") { id: ID! }'
    assert codes(composed(a=a % "", b=b)) == []
    missing = composed(a=a % "lone: Child", b=b)
    assert [e.coordinate for e in missing.errors] == ["Child.made"]


def test_a_longer_path_without_the_context_is_not_excused_by_a_shorter_one_with_it():
    a = (
        "type Query { holder: Holder lone: Lone } "
        "type Lone { deep: Deep } type Deep { child: Child } "
        'type Holder @key(fields: "id") @context(name: "ctx") '
        "{ id: ID! prop: String! child: Child } "
        'type Child @key(fields: "id") { id: ID! '
        'made(arg: String @fromContext(field: "$ctx { prop }")): Int }'
    )
    composition = composed(a=a, b='type Child @key(fields: "id") { id: ID! }')
    assert [e.coordinate for e in composition.errors] == ["Child.made"]
    assert "lone {" in composition.errors[0].message


def test_inaccessible_elements_need_not_be_reachable():
    composition = composed(
        a="type Query { v: V } type V { x: Int }",
        b="type V { y: Int @inaccessible }",
    )
    assert codes(composition) == []


def test_nothing_need_be_reachable_below_an_inaccessible_root():
    a = "type Query { x: Int } type Mutation @inaccessible { v: V } type V { x: Int }"
    b = "type V { y: Int }"
    assert codes(composed(a=a, b=b)) == []
    assert codes(composed(a=a.replace("@inaccessible ", ""), b=b)) == ["SATISFIABILITY_ERROR"]


def test_an_entity_may_have_the_name_of_an_operation_that_the_graph_does_not_offer():
    a = 'type Query { m: Mutation } type Mutation @key(fields: "id") { id: ID! x: Int }'
    b = 'type Query { y: Int } type Mutation @key(fields: "id") { id: ID! far: Int }'
    composition = composed(a=f"schema {{ query: Query }} {a}", b=f"schema {{ query: Query }} {b}")
    assert codes(composition) == []
    assert "schema {\n  query: Query\n}" in composition.api_sdl


@pytest.mark.parametrize(("limit", "expected"), [(1, True), (1_000, False)])
def test_the_number_of_open_paths_is_bounded(limit: int, expected: bool):
    sdl = "type Query { v: V @shareable } type V { x: Int @shareable }"
    composition = composed(limit, a=sdl, b=sdl)
    assert (codes(composition) == ["MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED"]) is expected


def test_what_a_field_requires_must_be_sent_by_a_key():
    a = 'type T @key(fields: "id") { id: Int! f: String }'
    b = """
        type Query { ts: [T] }
        type T { id: Int! @shareable f: String @external g: Int @requires(fields: "f") }
    """
    composition = composed(a=a, b=b)

    assert codes(composition) == ["SATISFIABILITY_ERROR"]
    assert (
        "no @key there by which the required fields could be sent" in composition.errors[0].message
    )
    assert codes(composed(a=a, b=b.replace("type T {", 'type T @key(fields: "id") {'))) == []


def returning(runtime: str, queries: str) -> str:
    """A subgraph whose T.i gives the object types named by the letters of ``runtime``."""
    others = " ".join(f"type {n} {{ x: Int @shareable }}" for n in "ABC" if n not in runtime)
    some = " ".join(f"type {n} implements I {{ x: Int @shareable }}" for n in runtime)
    return (
        f"type Query {{ {queries} }} type T {{ y: Int @shareable i: I @shareable }} "
        f"interface I {{ x: Int }} {some} {others}"
    )


WITHOUT_I = "type Query { lone: T } type T { y: Int @shareable }"


@pytest.mark.parametrize("lone", ["a_lone", "z_lone"])
def test_a_hint_about_a_field_hides_no_error_about_it(lone: str):
    composition = composed(
        a=returning("AB", "both: T @shareable"),
        b=returning("BC", "both: T @shareable"),
        c=WITHOUT_I.replace("lone", lone),
    )
    assert codes(composition) == ["SATISFIABILITY_ERROR"]
    assert composition.errors[0].coordinate == "T.i"
    assert [h.coordinate for h in composition.hints if "RUNTIME_TYPES" in h.code] == ["T.i"]


def test_common_runtime_types_on_one_path_excuse_no_other_path():
    composition = composed(
        a=returning("AB", "one: T @shareable"),
        b=returning("BC", "one: T @shareable two: T @shareable"),
        c=returning("A", "two: T @shareable"),
    )
    assert codes(composition) == ["SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES"]
    assert "two {" in composition.errors[0].message


def test_a_field_may_have_errors_of_several_kinds():
    composition = composed(
        a=returning("A", "two: T @shareable"),
        b=returning("B", "two: T @shareable"),
        c=WITHOUT_I,
    )
    assert sorted(codes(composition)) == [
        "SATISFIABILITY_ERROR",
        "SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES",
    ]


def test_a_field_called_like_the_interface_of_its_type_is_reported_of_its_own():
    a = 'type Query { i: I } type I @interfaceObject @key(fields: "id") { id: ID! y: Int }'
    b = 'interface I { id: ID! } type A implements I @key(fields: "id") { id: ID! }'
    c = 'type Query { a: A } type A @key(fields: "id", resolvable: false) { id: ID! }'
    d = 'type A @key(fields: "sku") { sku: ID! @inaccessible I: Int }'
    composition = composed(a=a, b=b, c=c, d=d)
    assert [e.coordinate for e in composition.errors] == ["A.I", "A.I"]
    reasons = [e.message for e in composition.errors]
    assert any('"I" is an @interfaceObject there' in m for m in reasons)
    assert any('there is no field "A.I"' in m for m in reasons)
