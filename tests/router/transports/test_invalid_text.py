"""A string that is not Unicode text costs its own place in the answer, on every way."""

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

import pytest
from graphql import GraphQLScalarType, build_schema, execute_sync, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.output import output_of
from tests.support.planning import composed
from trellis.router.errors import SubgraphInvalidResponse
from trellis.router.executor.complete import complete
from trellis.router.supergraph import Supergraph
from trellis.router.transports.base import SubgraphResponse
from trellis.router.transports.function import FunctionTransport
from trellis.router.transports.invalid_text import (
    MAX_ERRORS,
    has_invalid_text,
    without_invalid_text,
)
from trellis.router.transports.read import read_body

LONE = "a\ud800"
LOST = "The subgraph returned a string that is not Unicode text."


def error_at(*path: str | int) -> dict[str, Any]:
    extensions = {"code": "SUBGRAPH_INVALID_RESPONSE"}
    return {"message": LOST, "path": list(path), "extensions": extensions}


def escaped(payload: Any) -> bytes:
    return json.dumps(payload).encode()


def raw(payload: Any) -> bytes:
    """With the surrogates in WTF-8, which is not UTF-8."""
    return json.dumps(payload, ensure_ascii=False).encode("utf-8", "surrogatepass")


def in_process(query: str, payload: Any) -> SubgraphResponse:
    return without_invalid_text(SubgraphResponse(payload["data"]), query)


def as_escapes(query: str, payload: Any) -> SubgraphResponse:
    return read_body("a", escaped(payload), query)


def as_bytes(query: str, payload: Any) -> SubgraphResponse:
    return read_body("a", raw(payload), query)


WAYS = [in_process, as_escapes, as_bytes]


@pytest.mark.parametrize("read", WAYS)
@pytest.mark.parametrize(
    ("query", "data", "left", "paths"),
    [
        ("{ a b }", {"a": LONE, "b": "b"}, {"a": None, "b": "b"}, [["a"]]),
        ("{ k: a }", {"k": LONE}, {"k": None}, [["k"]]),
        ("{ a }", {"a": ["x", LONE, ["\udfff"]]}, {"a": ["x", None, [None]]},
         [["a", 1], ["a", 2, 0]]),
        ("{ o { a } }", {"o": [{"a": "x"}, {"a": LONE}, None]},
         {"o": [{"a": "x"}, {"a": None}, None]}, [["o", 1, "a"]]),
        # a custom scalar is one place
        ("{ a b }", {"a": {"x": [1, LONE]}, "b": [{"y": 1}, {LONE: 1}]},
         {"a": None, "b": [{"y": 1}, None]}, [["a"], ["b", 1]]),
        # fragments, and the same key in several of them
        ("{ o { ... on A { i { a } } ...F } } fragment F on B { i { b } }",
         {"o": {"i": {"a": LONE, "b": LONE}}}, {"o": {"i": {"a": None, "b": None}}},
         [["o", "i", "a"], ["o", "i", "b"]]),
        ("query ($r: [_Any!]!) { _entities(representations: $r) { ... on A { a } } }",
         {"_entities": [{"a": "x"}, {"a": LONE}]}, {"_entities": [{"a": "x"}, {"a": None}]},
         [["_entities", 1, "a"]]),
        # what nobody asked for, and what should have been an object
        ("{ a }", {"a": 1, "more": [LONE]}, {"a": 1, "more": None}, []),
        ("{ o { a } }", {"o": LONE}, {"o": None}, [["o"]]),
    ],
)  # fmt: skip
def test_each_string_is_null_with_an_error_at_its_path(
    read: Callable[[str, Any], SubgraphResponse],
    query: str,
    data: dict[str, Any],
    left: dict[str, Any],
    paths: list[list[str | int]],
) -> None:
    response = read(query, {"data": json.loads(json.dumps(data))})

    assert response.data == left
    assert response.errors == [error_at(*path) for path in paths]
    assert response.body is None


@pytest.mark.parametrize(
    "body", [b'{"data":{"a":"\xff","b":"\xc3\xa9"}}', b'{"data":{"a":"\xe9x","b":"\xc3\xa9"}}']
)
def test_bytes_that_are_not_utf8_cost_only_their_string(body: bytes) -> None:
    response = read_body("a", body, "{ a b }")

    assert (response.data, response.errors) == ({"a": None, "b": "é"}, [error_at("a")])


def test_messages_keep_what_can_be_read() -> None:
    body = escaped({"data": {"a": None}, "errors": [{"message": f"no {LONE}!", "path": ["a"]}]})

    response = read_body("a", body, "{ a }")

    assert response.errors == [{"message": "no a\ufffd!", "path": ["a"]}]


@pytest.mark.parametrize(
    "body",
    [
        b'{"data":{"a":"\\ud800"}',
        b'{"data":{"a":"\\ud800","b":NaN}}',
        b'{"data":{"a":"\\ud800","b":1e999}}',
        b'{"data":{"a":"\\ud800","b":01}}',
        b'{"data":{"b":1e999}}',
        b'{"data":{"b":-Infinity}}',
        b'\xff{"data":{"a":1}}',
        b'{"data":{"a":"\\ud800","b":' + b"1" * 5_000 + b"}}",
        b'{"data":' + b"[" * 100_000 + b'"\\ud800"' + b"]" * 100_000 + b"}",
        '\ufeff{"data":{"a":"x"}}'.encode(),
        '{"data":{"a":"x"}}'.encode("utf-16"),
    ],
)
def test_what_is_no_json_beside_it_stays_no_answer(body: bytes) -> None:
    with pytest.raises(SubgraphInvalidResponse, match="is not JSON"):
        read_body("a", body, "{ a b }")


def test_long_integers_beside_it_stay_what_they_are() -> None:
    response = read_body("a", escaped({"data": {"a": LONE, "b": 2**70}}), "{ a b }")

    assert response.data == {"a": None, "b": 2**70}


@pytest.mark.parametrize("value", ["é", "😀", 2**70, {1: "x"}, [object()], None])
def test_other_values_are_no_lost_text(value: Any) -> None:
    assert not has_invalid_text(value)


def test_more_errors_than_anybody_reads_are_not_made() -> None:
    payload = {"data": {"a": [LONE] * (MAX_ERRORS + 5)}}

    response = read_body("a", escaped(payload), "{ a }")

    assert response.data == {"a": [None] * (MAX_ERRORS + 5)}
    assert len(response.errors) == MAX_ERRORS


# -- as clients see it -----------------------------------------------------------------------------

SUPERGRAPH = Supergraph.load(
    composed(
        a="""
            type Query { things: [Thing] news: String! strict: Strict }
            type Strict { s: String! t: Int }
            type Subscription { said: Strict }
            type Thing @key(fields: "id") { id: ID! name: String! any: Any }
            scalar Any
        """,
        b='type Thing @key(fields: "id") { id: ID! price: Int note: String }',
    )
)


async def asked(document: str, **answers: dict[str, Any]) -> dict[str, Any]:
    def way(name: str) -> Callable[[str, Mapping[str, Any]], Any]:
        async def ask(query: str, variables: Mapping[str, Any]) -> Any:
            return answers[name]

        return ask

    return await SUPERGRAPH.execute(document, transports={name: way(name) for name in answers})


async def test_a_null_travels_up_from_a_lost_string_that_was_required() -> None:
    response = await asked("{ x: strict { s t } }", a={"data": {"strict": {"s": LONE, "t": 1}}})

    assert response["data"] == {"x": None}
    assert [(e["path"], e["message"]) for e in response["errors"]] == [(["x", "s"], LOST)]
    assert response["errors"][0]["extensions"] == {
        "code": "SUBGRAPH_INVALID_RESPONSE",
        "service": "a",
    }


async def test_an_entity_with_a_lost_key_is_not_asked_for() -> None:
    things = [
        {"__typename": "Thing", "id": LONE, "name": "n"},
        {"__typename": "Thing", "id": "2", "name": "m"},
    ]
    entities = [{"price": 2, "note": LONE}]

    response = await asked(
        "{ things { name price note } }",
        a={"data": {"things": things}},
        b={"data": {"_entities": entities}},
    )

    assert response["data"] == {
        "things": [
            {"name": "n", "price": None, "note": None},
            {"name": "m", "price": 2, "note": None},
        ]
    }
    told = {(tuple(e["path"]), e["extensions"]["code"]) for e in response["errors"]}
    assert told == {
        (("things", 0), "SUBGRAPH_INVALID_RESPONSE"),
        (("things", 0, "price"), "DEPENDENCY_FAILED"),
        (("things", 0, "note"), "DEPENDENCY_FAILED"),
        (("things", 1, "note"), "SUBGRAPH_INVALID_RESPONSE"),
    }


async def test_every_event_loses_only_its_own_strings() -> None:
    async def nothing(query: str, variables: Mapping[str, Any]) -> Any:
        return {}

    async def events(query: str, variables: Mapping[str, Any]) -> AsyncGenerator[Any, None]:
        for text in ("x", LONE, "y"):
            yield {"data": {"said": {"s": text}}}

    stream = SUPERGRAPH.subscribe(
        "subscription { said { s } }", transports={"a": FunctionTransport(nothing, events)}
    )
    found = [(e["data"], [x["path"] for x in e.get("errors", ())]) async for e in stream]

    assert found == [
        ({"said": {"s": "x"}}, []),
        ({"said": None}, [["said", "s"]]),
        ({"said": {"s": "y"}}, []),
    ]


# -- the same nulls as graphql-core's --------------------------------------------------------------

TYPES = """
    type Query { one: A many: [A!] grid: [[A]!] word: Text words: [Text!] text: Text! }
    type A { word: Text text: Text! words: [Text!]! a: A many: [A] }
    scalar Text
"""
QUERY = """{
    one { word text a { text word } many { word words } } many { text a { words } }
    grid { word } word words text
}"""


def truth(data: dict[str, Any]) -> tuple[Any, list[list[str | int]]]:
    """graphql-core, for which a lost string is one that cannot be written."""

    def write(value: str) -> str:
        value.encode()
        return value

    schema = build_schema(TYPES)
    text = schema.type_map["Text"]
    assert isinstance(text, GraphQLScalarType)
    text.coerce_output_value = write  # type: ignore[attr-defined]
    result = execute_sync(schema, parse(QUERY), data)
    return result.data, [list(error.path or ()) for error in result.errors or ()]


TEXTS = st.sampled_from(["x", "é", "y", LONE])


def things(depth: int) -> st.SearchStrategy[Any]:
    members: dict[str, st.SearchStrategy[Any]] = {
        "word": TEXTS,
        "text": TEXTS,
        "words": st.lists(TEXTS, max_size=2),
        "a": things(depth - 1) if depth else st.none(),
        "many": st.lists(things(depth - 1), max_size=2) if depth else st.none(),
    }
    return st.fixed_dictionaries(members)


DATA = st.fixed_dictionaries(
    {
        "one": things(2),
        "many": st.lists(things(1), max_size=2),
        "grid": st.lists(st.lists(things(0), max_size=2), max_size=2),
        "word": TEXTS,
        "words": st.lists(TEXTS, max_size=2),
        "text": TEXTS,
    }
)


@settings(max_examples=200, deadline=None)
@given(DATA, st.sampled_from(WAYS))
def test_nulls_are_graphql_cores(
    data: dict[str, Any], read: Callable[[str, Any], SubgraphResponse]
) -> None:
    expected, paths = truth(data)

    response = read(QUERY, {"data": json.loads(json.dumps(data))})
    assert response.data is not None
    result, more = complete(output_of(build_schema(TYPES), QUERY), response.data, response.errors)

    assert (result, more) == (expected, [])
    told = [error["path"] for error in response.errors]
    # graphql-core may stop at the first error of an object that becomes null.
    assert all(path in told for path in paths)
    assert bool(told) == bool(paths)
