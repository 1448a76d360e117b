"""``@oneOf`` inputs: introspection and coercion in a subgraph, and in the router beside it."""

import pytest
import strawberry

from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.supergraph import Supergraph
from trellis.schema.federation import TrellisSchema


@strawberry.input(one_of=True)
class By:
    id: int | None = strawberry.UNSET
    name: str | None = strawberry.UNSET


@strawberry.input
class Range:
    first: int = 1


@strawberry.type
class Query:
    @strawberry.field
    def found(self, by: By, range: Range | None = None) -> str:
        return f"{by.id or by.name}"


SUBGRAPH = TrellisSchema(query=Query)
ASKED = (
    '{ by: __type(name: "By") { isOneOf } range: __type(name: "Range") { isOneOf }'
    ' query: __type(name: "Query") { name } }'
)
TOLD = {"by": {"isOneOf": True}, "range": {"isOneOf": False}, "query": {"name": "Query"}}


async def test_a_subgraph_tells_which_inputs_are_one_of() -> None:
    result = await SUBGRAPH.execute(ASKED)

    assert (result.errors, result.data) == (None, TOLD)


async def test_the_router_tells_so_too_in_the_process_of_its_subgraphs() -> None:
    composed = compose([Subgraph("found", "http://found", SUBGRAPH.as_str())])
    assert composed.is_ok
    supergraph = Supergraph.load(composed.supergraph_sdl)
    strawberry.Schema(Query)  # whose resolver of isOneOf would know its own types only

    assert await supergraph.execute(ASKED) == {"data": TOLD}


@pytest.mark.parametrize("given", ['{id: 1, name: "x"}', "{}", "{id: null}"])
async def test_other_than_one_member_is_refused(given: str) -> None:
    result = await SUBGRAPH.execute(f"{{ found(by: {given}) }}")

    assert result.data is None
    assert result.errors and "By" in str(result.errors[0])


async def test_one_member_is_taken() -> None:
    result = await SUBGRAPH.execute(
        "query ($by: By!) { found(by: $by) }", variable_values={"by": {"name": "x"}}
    )

    assert (result.errors, result.data) == (None, {"found": "x"})
