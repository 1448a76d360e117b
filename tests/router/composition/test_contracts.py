"""Contracts: parts of a supergraph, chosen by tags."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.composing import federation_2
from trellis.router import Supergraph
from trellis.router.composition import contract
from trellis.router.composition.compose import Composition, compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.errors import OperationRefused

SHOP = """
type Query {
  products(filter: Filter, debug: Boolean @tag(name: "internal")): [Product!]! @tag(name: "public")
  staff: [Clerk!]! @tag(name: "internal")
  anybody: Person
  media: Media
}
type Product @key(fields: "id") {
  id: ID! @tag(name: "public")
  name: String @tag(name: "public")
  state: State @tag(name: "public")
  cost: Money @tag(name: "internal")
}
interface Person { name: String }
type Clerk implements Person @tag(name: "internal") { name: String }
type Customer implements Person { name: String }
union Media = Book | Film
type Book { title: String @tag(name: "internal") }
type Film { length: Int }
enum State { SOLD OPEN LOST @tag(name: "internal") }
scalar Money
input Filter { state: State text: String @tag(name: "internal") }
"""
STOCK = """
type Product @key(fields: "id") { id: ID! stock: Int }
"""


def supergraph(*sdls: str) -> str:
    composition = compose(
        [
            Subgraph(name, f"http://{name}", federation_2(sdl))
            for name, sdl in zip("abc", sdls, strict=False)
        ]
    )
    assert composition.errors == ()
    return composition.supergraph_sdl


def of(sdl: str, **tags: Any) -> Composition:
    return contract(supergraph(sdl), **tags)


def codes(composition: Composition) -> list[tuple[str, str | None]]:
    return [(error.code, error.coordinate) for error in composition.errors]


def test_included_tags_keep_what_is_tagged_and_what_that_needs():
    result = contract(supergraph(SHOP, STOCK), include=["public"], exclude=["internal"])

    assert result.errors == ()
    assert (
        result.api_sdl
        == """\
input Filter {
  state: State
}

type Product {
  id: ID!
  name: String
  state: State
}

type Query {
  products(filter: Filter): [Product!]!
}

enum State {
  SOLD
  OPEN
}
"""
    )


def test_excluded_tags_leave_the_rest():
    result = contract(supergraph(SHOP, STOCK), exclude=["internal"])

    assert result.errors == ()
    assert (
        result.api_sdl
        == """\
type Customer implements Person {
  name: String
}

type Film {
  length: Int
}

input Filter {
  state: State
}

union Media = Film

interface Person {
  name: String
}

type Product {
  id: ID!
  name: String
  state: State
  stock: Int
}

type Query {
  products(filter: Filter): [Product!]!
  anybody: Person
  media: Media
}

enum State {
  SOLD
  OPEN
}
"""
    )


async def test_a_contract_is_served_by_the_same_router():
    sdl = contract(supergraph(SHOP, STOCK), exclude=["internal"]).supergraph_sdl
    served = Supergraph.load(sdl)

    async def answer(query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        return {"data": {"products": [{"name": "Tea"}]}}

    got = await served.execute("{ products { name } }", transports={"a": answer})
    assert got == {"data": {"products": [{"name": "Tea"}]}}
    for hidden in (
        "{ staff { name } }",
        "{ products { cost } }",
        "{ products(debug: true) { id } }",
    ):
        with pytest.raises(OperationRefused):
            served.plan("{ " + hidden + " }")


def test_a_key_that_is_left_out_still_joins():
    a = 'type Query { t: T } type T @key(fields: "id") { id: ID! @tag(name: "x") }'
    b = 'type T @key(fields: "id") { id: ID! @tag(name: "x") more: Int }'
    served = Supergraph.load(contract(supergraph(a, b), exclude=["x"]).supergraph_sdl)

    assert [step.service for step in served.plan("{ t { more } }").steps] == ["a", "b"]


def test_a_contract_of_a_contract_narrows_it():
    once = of('type Query { a: Int @tag(name: "x") b: Int @tag(name: "y") c: Int }', exclude=["x"])
    twice = contract(once.supergraph_sdl, exclude=["y"])

    assert twice.api_sdl == "type Query {\n  c: Int\n}\n"


def test_a_tag_on_a_type_is_one_on_its_fields():
    result = of(
        'type Query { t: T @tag(name: "x") u: Int } type T @tag(name: "x") { a: Int b: Int }',
        include=["x"],
    )
    assert result.api_sdl == "type Query {\n  t: T\n}\n\ntype T {\n  a: Int\n  b: Int\n}\n"


def test_exclusion_wins():
    result = of(
        'type Query { a: Int @tag(name: "x") @tag(name: "y") b: Int @tag(name: "x") }',
        include=["x"],
        exclude=["y"],
    )
    assert result.api_sdl == "type Query {\n  b: Int\n}\n"


def test_tagged_enum_values_and_arguments_are_chosen_from():
    result = of(
        'type Query { a(n: Int @tag(name: "x"), m: Int): E @tag(name: "y") } '
        'enum E { A @tag(name: "x") B }',
        include=["x"],
    )
    assert result.api_sdl == "enum E {\n  A\n}\n\ntype Query {\n  a(n: Int): E\n}\n"


def test_an_interface_loses_fields_that_no_implementation_has():
    result = of(
        "type Query { i: I } interface I { a: Int b: Int } "
        'type T implements I { a: Int @tag(name: "x") b: Int } '
        'type U implements I @tag(name: "x") { a: Int b: Int }',
        exclude=["x"],
    )
    assert result.errors == ()
    assert "interface I {\n  b: Int\n}" in result.api_sdl


@pytest.mark.parametrize(("hide", "shown"), [(True, False), (False, True)])
def test_unreachable_types_go_when_asked(hide: bool, shown: bool):
    result = of(
        'type Query { a: Int t: T @tag(name: "x") } type T { u: U } type U { n: Int }',
        exclude=["x"],
        hide_unreachable=hide,
    )
    assert ("type T" in result.api_sdl, "type U" in result.api_sdl) == (shown, shown)


def test_unrelated_types_are_not_reached_through_an_interface_nobody_returns():
    result = of(
        'type Query { t: T u: U @tag(name: "x") } interface I { a: Int } '
        "type T implements I { a: Int } type U implements I { a: Int }",
        exclude=["x"],
    )
    assert "type T implements I" in result.api_sdl
    assert "type U" not in result.api_sdl


@pytest.mark.parametrize(
    ("sdl", "tags", "expected"),
    [
        (
            'type Query { a: Int @tag(name: "x") }',
            {"exclude": ["x"]},
            [("QUERY_ROOT_TYPE_INACCESSIBLE", "Query")],
        ),
        (
            "type Query { a: Int }",
            {"include": ["x"]},
            [("QUERY_ROOT_TYPE_INACCESSIBLE", "Query")],
        ),
        (
            'type Query { t: T } type T @tag(name: "x") { a: Int }',
            {"exclude": ["x"]},
            [("REFERENCED_INACCESSIBLE", "Query.t")],
        ),
        (
            'type Query { a(n: Int! @tag(name: "x")): Int }',
            {"exclude": ["x"]},
            [("REQUIRED_INACCESSIBLE", "Query.a(n:)")],
        ),
        (
            'type Query { a(i: I): Int } input I { n: Int! @tag(name: "x") m: Int }',
            {"exclude": ["x"]},
            [("REQUIRED_INACCESSIBLE", "I.n")],
        ),
        (
            'type Query { a(e: E = A): Int } enum E { A @tag(name: "x") B }',
            {"exclude": ["x"]},
            [("DEFAULT_VALUE_USES_INACCESSIBLE", "Query.a(e:)")],
        ),
        (
            'type Query { u: U @tag(name: "x") } union U = T type T @tag(name: "x") { a: Int }',
            {"include": ["x"]},
            [("REFERENCED_INACCESSIBLE", "Query.u")],
        ),
        (
            "type Query { a: Int }",
            {"include": ["x"], "exclude": ["x"]},
            [("INVALID_CONTRACT", None)],
        ),
    ],
)
def test_what_stays_must_not_need_what_goes(
    sdl: str, tags: dict[str, list[str]], expected: list[tuple[str, str | None]]
):
    result = of(sdl, **tags)

    assert codes(result) == expected
    assert result.supergraph_sdl == result.api_sdl == ""


def test_a_tag_that_nothing_has_is_told():
    result = of("type Query { a: Int }", exclude=["intrenal"])

    assert [(hint.code, hint.level) for hint in result.hints] == [("CONTRACT_TAG_UNUSED", "WARN")]
    assert result.api_sdl == "type Query {\n  a: Int\n}\n"


def test_own_names_of_tag_and_inaccessible_are_kept():
    sdl = supergraph('type Query { a: Int @tag(name: "x") b: Int c: Int @inaccessible }')
    sdl = (
        sdl.replace('tag/v0.3"', 'tag/v0.3", as: "label"')
        .replace("@tag", "@label")
        .replace('inaccessible/v0.2"', 'inaccessible/v0.2", as: "hide"')
        .replace("@inaccessible", "@hide")
    )
    result = contract(sdl, exclude=["x"])

    assert result.api_sdl == "type Query {\n  b: Int\n}\n"
    assert 'a: Int @label(name: "x") @hide' in result.supergraph_sdl
    assert Supergraph.load(result.supergraph_sdl).api_sdl == "type Query {\n  b: Int\n}"


@pytest.mark.parametrize("text", ["type Query {", "type Query { x: Int }"])
def test_only_supergraphs_have_contracts(text: str):
    with pytest.raises(ValueError, match="supergraph"):
        contract(text, exclude=["x"])


def test_a_contract_that_leaves_invalid_graphql_is_refused():
    sdl = """
    type Query { q(i: I): Int }
    input I @oneOf { again: I x: Int @tag(name: "internal") }
    """
    whole = compose([Subgraph("a", "http://a", federation_2(sdl))])

    (error,) = contract(whole.supergraph_sdl, exclude=["internal"]).errors

    assert (error.code, error.coordinate) == ("INVALID_GRAPHQL", "I.again")
    assert error.message == (
        'In this contract: Input object "I" cannot be given a finite value: it needs another one of'
        " itself in I.again. Make one of these fields optional, or a list."
    )
