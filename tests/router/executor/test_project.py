"""The answer's shape: the same as graphql-core gives for the same data."""

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from graphql import build_schema, execute_sync, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.output import output_of
from trellis.router.executor.complete import Hidden, complete
from trellis.router.executor.project import Irregular, make_project
from trellis.router.planner.plan import OutputField, Selection

SCHEMA = build_schema("""
    type Query { a: A b: A! as: [A] bs: [A!] cs: [A!]! deep: [[A!]]! node: Node nodes: [Node!] }
    type A {
      id: ID! name: String size: Int! rate: Float is: Boolean! kind: Kind any: Any! a: A b: A!
    }
    interface Node { id: ID! }
    type X implements Node { id: ID! x: Int! a: A }
    type Y implements Node { id: ID! y: [Int!] }
    enum Kind { RED GREEN }
    scalar Any
""")
INNER = "id name size rate is kind any"
QUERY = f"""{{
    first: a {{ {INNER} a {{ id b {{ size }} }} }} b {{ {INNER} }} as {{ name size }}
    bs {{ id b {{ id a {{ size }} }} }} cs {{ size }} deep {{ id }}
    node {{ id ... on X {{ x a {{ size }} }} ... on Y {{ __typename y }} }}
    nodes {{ ... on X {{ __typename id }} ... on Y {{ y id __typename }} }}
}}"""
OUTPUT = output_of(SCHEMA, QUERY)


def leaf(regular: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(regular, regular, regular, st.none())


def objects(depth: int) -> st.SearchStrategy[Any]:
    members = {
        "id": leaf(st.text(max_size=2)),
        "name": leaf(st.text(max_size=2)),
        "size": leaf(st.integers(0, 9)),
        "rate": leaf(st.sampled_from([0.5, 2, 1.0])),
        "is": leaf(st.booleans()),
        "kind": leaf(st.sampled_from(["RED", "GREEN"])),
        "any": leaf(st.sampled_from([1, "x", [1, {"a": None}]])),
    }
    if depth:
        members |= {"a": leaf(objects(depth - 1)), "b": leaf(objects(depth - 1))}
    return st.fixed_dictionaries({}, optional=members) | st.fixed_dictionaries(members)


NODES = st.one_of(
    st.fixed_dictionaries(
        {
            "__typename": st.just("X"),
            "id": leaf(st.just("i")),
            "x": leaf(st.just(1)),
            "a": objects(0),
        }
    ),
    st.fixed_dictionaries(
        {"__typename": st.just("Y"), "id": st.just("i"), "y": leaf(st.lists(leaf(st.just(1))))}
    ),
)
ROOTS = st.fixed_dictionaries(
    {
        "first": leaf(objects(2)),
        "b": leaf(objects(1)),
        "as": leaf(st.lists(leaf(objects(0)), max_size=3)),
        "bs": leaf(st.lists(leaf(objects(2)), max_size=2)),
        "cs": leaf(st.lists(leaf(objects(0)), max_size=2)),
        "deep": leaf(st.lists(leaf(st.lists(leaf(objects(0)), max_size=2)), max_size=2)),
        "node": leaf(NODES),
        "nodes": leaf(st.lists(leaf(NODES), max_size=2)),
    }
)


def truth(data: dict[str, Any]) -> tuple[Any, list[list[str | int]]]:
    """graphql-core executing the query on the same values, whose keys are response keys."""

    def resolve(source: Any, info: Any) -> Any:
        return source.get(info.path.key)

    result = execute_sync(
        SCHEMA,
        parse(QUERY),
        data,
        field_resolver=resolve,
        type_resolver=lambda value, info, abstract: value["__typename"],
    )
    return result.data, [list(error.path or ()) for error in result.errors or ()]


def written(value: Any) -> str:
    """The JSON text, order of members included; graphql-core writes the Float 2 as 2.0."""
    return json.dumps(value).replace(".0,", ",").replace(".0}", "}").replace(".0]", "]")


@settings(max_examples=examples(60), deadline=None)
@given(ROOTS)
def test_nulls_propagate_as_graphql_core_propagates_them(data: dict[str, Any]) -> None:
    expected, error_paths = truth(data)

    result, errors = complete(OUTPUT, data, [])

    assert written(result) == written(expected)
    assert bool(errors) == bool(error_paths)
    # An executor may stop at the first error of a nulled object: ours are among its errors
    # wherever it reports one place once.
    assert all(e["extensions"]["code"] == "SUBGRAPH_INVALID_RESPONSE" for e in errors)


@settings(max_examples=examples(60), deadline=None)
@given(ROOTS, st.booleans())
def test_the_generated_projection_equals_the_careful_one(
    data: dict[str, Any], is_shared: bool
) -> None:
    result, errors = complete(OUTPUT, data, [])
    project = make_project(OUTPUT, is_shared=is_shared)

    if errors:
        with pytest.raises(Irregular):
            project(data)
    else:
        assert json.dumps(project(data)) == json.dumps(result)


def one_field(type_text: str, value: Any) -> tuple[Any, list[Any]]:
    schema = build_schema(
        f"type Query {{ f: {type_text} }} enum Kind {{ RED }} type A {{ a: Int }}"
    )
    query = "{ f { a } }" if "A" in type_text else "{ f }"
    output = output_of(schema, query)
    data = {"f": value}
    result, errors = complete(output, data, [])
    with suppress(Irregular):
        assert make_project(output, is_shared=False)(data) == result
    return result, [error["path"] for error in errors]


@pytest.mark.parametrize(
    ("type_text", "value", "answer", "paths"),
    [
        ("Int", "1", None, [["f"]]),
        ("Int", True, None, [["f"]]),
        ("Int", 2.0, 2, []),
        ("Float", 2, 2, []),
        ("Float", "2", None, [["f"]]),
        ("String", 1, None, [["f"]]),
        ("ID", 7, "7", []),
        ("Boolean", 1, None, [["f"]]),
        ("Kind", "RED", "RED", []),
        ("Kind", "HIDDEN", None, [["f"]]),
        ("Kind", ["RED"], None, [["f"]]),
        ("[Kind]", ["RED", "HIDDEN"], ["RED", None], [["f", 1]]),
        ("[Kind!]", ["RED", "HIDDEN"], None, [["f", 1]]),
        ("[Int]", 1, None, [["f"]]),
        ("[Int]", {"a": 1}, None, [["f"]]),
        ("A", 1, None, [["f"]]),
        ("A", [{"a": 1}], None, [["f"]]),
        ("[A]", [{"a": 1}, 2], [{"a": 1}, None], [["f", 1]]),
    ],
)
def test_a_value_of_the_wrong_kind_is_null_and_an_error(
    type_text: str, value: Any, answer: Any, paths: list[Any]
) -> None:
    assert one_field(type_text, value) == ({"f": answer}, paths)


def test_hidden_types_and_values_are_null_without_an_error() -> None:
    output = output_of(SCHEMA, "{ node { id } nodes { id } first: a { kind } }")
    secret = {"__typename": "Secret", "id": "1"}
    data = {"node": secret, "nodes": [secret], "first": {"kind": "DARK"}}

    hidden = Hidden(frozenset({"Secret"}), frozenset({("Kind", "DARK")}))
    result, errors = complete(output, data, [], hidden)

    assert result == {"node": None, "nodes": None, "first": {"kind": None}}
    assert [error["path"] for error in errors] == [["nodes", 0]]


def test_an_object_of_an_unknown_type_is_null_and_an_error() -> None:
    output = output_of(SCHEMA, "{ nodes { id } node { id } }")
    data = {"nodes": None, "node": {"__typename": "Secret", "id": "1"}}

    result, errors = complete(output, data, [])

    assert result == {"nodes": None, "node": None}
    assert [error["path"] for error in errors] == [["node"]]
    with pytest.raises(Irregular):
        make_project(output, is_shared=True)(data)


def test_a_known_error_at_or_below_a_null_explains_it() -> None:
    output = output_of(SCHEMA, "{ bs { id b { size } } cs { size } }")
    data = {"bs": [{"id": "1"}], "cs": [{"size": 1}]}

    result, errors = complete(output, data, [{"message": "m", "path": ["bs", 0, "b", "size"]}])

    assert result == {"bs": None, "cs": [{"size": 1}]}
    assert errors == []


def test_a_denied_field_is_null_without_another_error() -> None:
    string = SCHEMA.type_map["A"].fields["name"].type  # type: ignore[attr-defined]
    required = SCHEMA.type_map["A"].fields["id"].type  # type: ignore[attr-defined]
    data = {"x": "secret"}

    nullable = Selection((OutputField("x", "x", string, denied=True),))
    strict = Selection((OutputField("x", "x", required, denied=True),))

    assert complete(nullable, data, []) == ({"x": None}, [])
    assert complete(strict, data, []) == (None, [])
    assert make_project(nullable, is_shared=False)(data) == {"x": None}
    with pytest.raises(Irregular):
        make_project(strict, is_shared=False)(data)


def test_shared_objects_are_shaped_once() -> None:
    shared = {"size": 1, "name": "n"}
    output = output_of(SCHEMA, "{ as { name size } }")

    projected = make_project(output, is_shared=True)({"as": [shared, shared]})

    assert projected == {"as": [{"name": "n", "size": 1}] * 2}
    assert projected["as"][0] is projected["as"][1]


@pytest.mark.parametrize("is_shared", [True, False])
def test_a_selection_that_several_fields_have_is_shaped_fast_for_each(is_shared: bool) -> None:
    (field,) = output_of(SCHEMA, "{ first: a { name size } }").fields
    output = Selection((field, replace(field, key="second", source="second")))
    data = {"first": {"name": "n", "size": 1}, "second": {"name": None, "size": 2}}

    assert make_project(output, is_shared=is_shared)(data) == data


def test_hostile_keys_are_only_data() -> None:
    string = SCHEMA.type_map["A"].fields["name"].type  # type: ignore[attr-defined]
    key = "'\"\n{}\\ }; raise SystemExit #"
    output = Selection((OutputField(key, key, string),))

    assert make_project(output, is_shared=False)({key: "v"}) == {key: "v"}
