"""Operations written to hurt: each is answered or refused at once, and reaches no subgraph."""

import time
from typing import Any

import pytest

from tests.router.hostile_operations import ATTACKS as REFUSED
from tests.support.library import SUPERGRAPH, books, entities
from trellis.router.operation.request import GraphQLRequest
from trellis.router.pipeline import answer
from trellis.router.supergraph import Supergraph
from trellis.schema.request import RequestContext

MOST_SECONDS = 1.0  # of processor time, which a busy neighbour on the core stretches too


def chained(links: int, body: str) -> str:
    fragments = (
        f"fragment F{n} on Query {{ {body.format(f'...F{n + 1}')} }}" for n in range(links)
    )
    return " ".join(["{ ...F0 }", *fragments, f"fragment F{links} on Query {{ books {{ id }} }}"])


def repeated(text: str, times: int) -> str:
    return " ".join(text.format(n=n) for n in range(times))


ATTACKS: dict[str, tuple[str, dict[str, Any]]] = {
    "fragments that double": (chained(60, "{0} {0}"), {}),
    "fragments that double within the limits": (chained(45, "{0} {0}"), {}),
    "inline fragments that double": (chained(45, "{0} ... on Query {{ {0} }}"), {}),
    "conflicting fields": ("{" + repeated("x: books(first: {n}) {{ id }}", 190) + "}", {}),
    "equal composite fields": ("{ books {" + repeated("readers {{ name }}", 190) + "} }", {}),
    "fields in many fragments": (
        "{ books {"
        + repeated("...A{n}", 45)
        + "} }"
        + repeated("fragment A{n} on Book {{ readers {{ name }} title }}", 45),
        {},
    ),
    "unknown fields": ("{" + repeated("x{n}", 4_900) + "}", {}),
    "unused variables": ("query (" + repeated("$v{n}: Int", 190) + ") { books { id } }", {}),
    "deep introspection": (
        "{ __schema { types {" + "fields { type {" * 30 + "name" + "} }" * 30 + "} } }",
        {},
    ),
    "unclosed brackets in a string": ('{ books(ids: ["""' + "{" * 90_000, {}),
    "quotes": ("{ books(ids: " + '"' * 90_000, {}),
    "comments": ("{ books { id } }" + "#\n" * 49_000, {}),
    "a million values": ("query ($i: [ID!]) { books(ids: $i) { id } }", {"i": ["1"] * 1_000_000}),
    "many wrong values": ("query ($i: [ID!]) { books(ids: $i) { id } }", {"i": [{}] * 19_000}),
}


@pytest.mark.parametrize("name", ATTACKS)
async def test_no_operation_keeps_the_router_busy(name: str) -> None:
    transports = {"books": books({"id": "1", "title": "t"}), "readers": entities(readers=[])}
    supergraph = Supergraph.load(SUPERGRAPH, transports=transports)
    document, variables = ATTACKS[name]
    started = time.process_time()

    result = await answer(GraphQLRequest(document, variables), RequestContext(), supergraph)

    assert time.process_time() - started < MOST_SECONDS
    assert result.errors == [] or not result.executed
    assert len(result.to_bytes()) < 20_000


@pytest.mark.parametrize("name", REFUSED)
async def test_each_is_refused_for_what_is_wrong_with_it(name: str) -> None:
    transports = {"books": books({"id": "1", "title": "t"}), "readers": entities(readers=[])}
    supergraph = Supergraph.load(SUPERGRAPH, transports=transports)
    document, code, variables = REFUSED[name]
    started = time.process_time()

    result = await answer(GraphQLRequest(document, variables), RequestContext(), supergraph)

    assert time.process_time() - started < MOST_SECONDS
    if code is None:
        assert not result.errors
        assert result.executed
        return
    assert not result.executed
    assert {error["extensions"]["code"] for error in result.errors} == {code}
    assert result.status == 400
    assert all(not transport.requests for transport in transports.values())
    # What is told names what is wrong, and is not much longer than what was asked.
    assert len(result.to_bytes()) < 20_000 + len(document)
