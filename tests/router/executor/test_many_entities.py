"""More entities than one request may carry."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from tests.support.planning import composed
from trellis.router.executor.complete import MAX_ERRORS
from trellis.router.executor.entities import REPRESENTATIONS_PER_REQUEST
from trellis.router.supergraph import Supergraph

COUNT = 2 * REPRESENTATIONS_PER_REQUEST + 5
SUPERGRAPH = composed(
    a="""
        type Query { items: [Item] others: [Other] }
        type Item @key(fields: "id") { id: ID! }
        type Other @key(fields: "id") { id: ID! }
    """,
    b="""
        type Item @key(fields: "id") { id: ID! name: String }
        type Other @key(fields: "id") { id: ID! title: String }
    """,
)


async def lists(query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    items = [{"id": str(number)} for number in range(COUNT)]
    return {"data": {"items": items, "others": [{"id": "x"}]}}


class Names:
    """Answers the later requests first, and those with ``broken`` in them with an error."""

    def __init__(self, broken: str = "") -> None:
        self.broken = broken
        self.sizes: list[int] = []

    async def __call__(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        given = [value for name, value in variables.items() if isinstance(value, list)]
        self.sizes.append(sum(map(len, given)))
        for _ in range(10 - len(self.sizes)):
            await asyncio.sleep(0)
        if any(one["id"] == self.broken for each in given for one in each):
            return {"errors": [{"message": "broken"}]}
        if "representations" in variables:
            return {"data": {"_entities": [named(one) for one in given[0]]}}
        return {
            "data": {
                alias: [named(one) for one in variables[f"r{number}"]]
                for number, alias in enumerate(("_e0", "_e1"))
                if variables[f"c{number}"]
            }
        }


def named(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"__typename": one["__typename"], "name": f"n{one['id']}", "title": f"t{one['id']}"}


async def test_they_are_asked_for_in_several_and_each_gets_its_answer() -> None:
    names = Names()

    answer = await Supergraph.load(SUPERGRAPH).execute(
        "{ items { id name } others { title } }", transports={"a": lists, "b": names}
    )

    assert names.sizes == [REPRESENTATIONS_PER_REQUEST, REPRESENTATIONS_PER_REQUEST, 6]
    assert answer == {
        "data": {
            "items": [{"id": str(n), "name": f"n{n}"} for n in range(COUNT)],
            "others": [{"title": "tx"}],
        }
    }


async def test_a_request_that_fails_costs_its_own_entities_only() -> None:
    answer = await Supergraph.load(SUPERGRAPH).execute(
        "{ items { name } }", transports={"a": lists, "b": Names(broken=str(COUNT - 1))}
    )

    lost = range(2 * REPRESENTATIONS_PER_REQUEST, COUNT)
    assert [item["name"] for item in answer["data"]["items"]] == [
        None if number in lost else f"n{number}" for number in range(COUNT)
    ]
    assert {error["message"] for error in answer["errors"]} == {"broken"}
    assert [error["path"] for error in answer["errors"]] == [
        ["items", number, "name"] for number in lost
    ]


async def test_an_error_about_each_costs_little_more_than_one_about_some() -> None:
    async def broken(query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        given = variables["representations"]
        errors = [
            {"message": f"broken {number}", "path": ["_entities", number, "name"]}
            for number in range(len(given))
        ]
        return {"data": {"_entities": [{"name": None}] * len(given)}, "errors": errors}

    started = time.process_time()
    answer = await Supergraph.load(SUPERGRAPH).execute(
        "{ items { name } }", transports={"a": lists, "b": broken}
    )

    # Looking for each error among all objects would take minutes.
    assert time.process_time() - started < 20
    assert [error["path"] for error in answer["errors"]] == [
        ["items", number, "name"] for number in range(MAX_ERRORS)
    ]
