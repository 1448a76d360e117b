"""Integers beyond 64 bits on their way through the router: answers, keys, required fields and
variables, whoever else brings a part of the answer."""

from collections.abc import AsyncGenerator
from typing import Any

from tests.support.planning import composed
from trellis.router.exact_json import loads
from trellis.router.supergraph import Supergraph
from trellis.router.transports.base import SubgraphRequest, SubgraphResponse
from trellis.router.transports.graphql_over_http import encode_request
from trellis.router.transports.read import read_body

LONG = 340282366920938463463374607431768211457
SUPERGRAPH = composed(
    a="""
        scalar Big
        type Query { coins(above: Big): [Coin] plain: Big }
        type Coin @key(fields: "serial") { serial: Big! minted: Big tries: Int }
    """,
    b="""
        scalar Big
        type Coin @key(fields: "serial") {
            serial: Big! minted: Big @external
            age: Big @requires(fields: "minted")
        }
    """,
)


class Remote:
    """A subgraph that speaks bytes, as one behind HTTP does."""

    is_in_process = False

    def __init__(self, *bodies: bytes) -> None:
        self.bodies = list(bodies)
        self.asked: list[Any] = []

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        self.asked.append(loads(encode_request(request)).get("variables"))
        return read_body(request.subgraph, self.bodies.pop(0))

    def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[SubgraphResponse, None]:
        raise NotImplementedError

    async def aclose(self) -> None:
        return None


async def test_they_are_keys_required_values_and_answers() -> None:
    coins = b'{"data":{"coins":[{"serial":%d,"minted":%d},{"serial":%d,"minted":%d}]}}'
    a = Remote(coins % (LONG, -LONG, LONG + 1, 7))
    b = Remote(b'{"data":{"_entities":[{"age":%d},{"age":1}]}}' % (LONG * 2))

    answer = await Supergraph.load(SUPERGRAPH).execute(
        "query ($above: Big) { coins(above: $above) { serial age } }",
        {"above": LONG},
        transports={"a": a, "b": b},
    )

    assert a.asked == [{"above": LONG}]
    assert b.asked == [
        {
            "representations": [
                {"__typename": "Coin", "serial": LONG, "minted": -LONG},
                {"__typename": "Coin", "serial": LONG + 1, "minted": 7},
            ]
        }
    ]
    assert answer == {
        "data": {"coins": [{"serial": LONG, "age": LONG * 2}, {"serial": LONG + 1, "age": 1}]}
    }


async def test_a_number_written_as_a_float_is_no_long_int() -> None:
    a = Remote(b'{"data":{"coins":[{"tries":3.0},{"tries":1e30}]}}')

    supergraph = Supergraph.load(SUPERGRAPH)
    answer = await supergraph.execute("{ all: coins { tries } }", transports={"a": a})

    assert answer["data"] == {"all": [{"tries": 3}, {"tries": None}]}
    assert [(error["path"], error["message"]) for error in answer["errors"]] == [
        (["all", 1, "tries"], "The subgraph returned a value that is not a valid Int.")
    ]
