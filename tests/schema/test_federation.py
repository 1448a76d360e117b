"""Entity resolution and error masking, for every way in which a type may be resolved."""

import copy
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Self

import pytest
import strawberry
import strawberry.federation
from strawberry import ID, Info

from trellis.schema.errors import NotFound
from trellis.schema.federation import TrellisSchema
from trellis.schema.request import RequestContext


@strawberry.enum
class Size(Enum):
    SMALL = "s"
    LARGE = "l"


@strawberry.federation.type(keys=["orderId", "size placedAt"])
class Order:
    order_id: ID
    size: Size | None = None
    placed_at: datetime | None = None

    @classmethod
    async def resolve_references(
        cls, info: Info, references: list[dict[str, Any]]
    ) -> list[Self | Exception | None]:
        info.context.calls.append(references)
        return [cls._find(reference) for reference in references]

    @classmethod
    def _find(cls, reference: dict[str, Any]) -> Self | Exception | None:
        id = reference.get("order_id")
        if id == "lost":
            return None
        if id == "bad":
            return ValueError("secret table name")
        return cls(
            order_id=id or ID("by-size"), **{k: v for k, v in reference.items() if k != "order_id"}
        )


@strawberry.federation.type(keys=["itemId"])
class Item:
    item_id: ID

    @classmethod
    async def resolve_reference(cls, item_id: ID) -> Self:
        if item_id == "gone":
            raise NotFound("There is no such item.")
        return cls(item_id=item_id)


@strawberry.federation.type(keys=["id owner { id }"])
class Stub:
    id: ID
    owner: "Owner"

    @strawberry.field
    def shout(self) -> str:
        return f"{self.id}!"


@strawberry.type
class Owner:
    id: ID


@strawberry.type
class Query:
    order: Order | None = None

    @strawberry.field
    def fail(self) -> str:
        raise ValueError("secret")

    @strawberry.field
    def refuse(self) -> str:
        raise NotFound("There is no such thing.", id="7")

    @strawberry.field
    def ask(self, first: int | None = None) -> str:
        return f"{first}"


@dataclass
class Context:
    request: RequestContext = field(default_factory=lambda: RequestContext(request_id="req-7"))
    calls: list[Any] = field(default_factory=list)


schema = TrellisSchema(query=Query, types=[Order, Item, Stub])

ENTITIES = """query($r: [_Any!]!) { _entities(representations: $r) {
  ... on Order { orderId size placedAt } ... on Item { itemId } ... on Stub { id shout } } }"""


async def entities(context: Context, *representations: Any) -> Any:
    variables = {"r": list(representations)}
    return await schema.execute(ENTITIES, variable_values=variables, context_value=context)


async def test_many_representations_of_a_type_are_one_call_in_their_order():
    context = Context()

    result = await entities(
        context,
        {"__typename": "Order", "orderId": "1"},
        {"__typename": "Item", "itemId": "a"},
        {"__typename": "Order", "orderId": "lost"},
        {"__typename": "Order", "orderId": "2"},
    )

    assert not result.errors
    found = [one and (one.get("orderId") or one.get("itemId")) for one in result.data["_entities"]]
    assert found == ["1", "a", None, "2"]
    assert context.calls == [[{"order_id": "1"}, {"order_id": "lost"}, {"order_id": "2"}]]


async def test_keys_arrive_as_python_values_under_python_names():
    context = Context()

    await entities(
        context, {"__typename": "Order", "size": "LARGE", "placedAt": "2026-01-31T12:00:00Z"}
    )

    [[reference]] = context.calls
    assert reference["size"] is Size.LARGE
    assert reference["placed_at"].isoformat() == "2026-01-31T12:00:00+00:00"


async def test_the_callers_representations_are_left_alone():
    given = [{"__typename": "Order", "orderId": "1"}, {"__typename": "Item", "itemId": "a"}]
    before = copy.deepcopy(given)

    await entities(Context(), *given)
    await entities(Context(), *given)

    assert given == before


@pytest.mark.parametrize(
    "bad",
    [
        {"__typename": "Nothing", "id": "1"},
        {"__typename": "Query"},
        {"__typename": "Owner", "id": "1"},
        {"__typename": "ID"},
        {"__typename": ["Order"]},
        {"id": "1"},
        "Order",
        7,
        ["Order"],
        {"__typename": "Order", "nothing": 1},
        {"__typename": "Order", "size": "HUGE"},
        {"__typename": "Order", "placedAt": "yesterday"},
        {"__typename": "Item"},
        {"__typename": "Stub", "id": {"a": 1}},
        {"__typename": "Stub", "owner": "1", "id": "1"},
    ],
)
async def test_a_representation_that_cannot_be_used_costs_only_its_own_place(bad: Any):
    result = await entities(
        Context(),
        {"__typename": "Order", "orderId": "1"},
        bad,
        {"__typename": "Item", "itemId": "a"},
    )

    found = result.data["_entities"]
    assert [bool(one) for one in found] == [True, False, True]
    [error] = result.errors
    assert error.path == ["_entities", 1]
    assert error.extensions["code"] == "BAD_USER_INPUT"


async def test_a_failing_reference_costs_only_its_own_place_and_tells_nothing(
    caplog: pytest.LogCaptureFixture,
):
    with caplog.at_level("ERROR", logger="trellis.subgraph"):
        result = await entities(
            Context(),
            {"__typename": "Order", "orderId": "bad"},
            {"__typename": "Item", "itemId": "gone"},
            {"__typename": "Order", "orderId": "1"},
        )

    codes = {error.path[1]: error.extensions["code"] for error in result.errors}
    assert codes == {0: "INTERNAL", 1: "NOT_FOUND"}
    assert result.data["_entities"][2]["orderId"] == "1"
    assert "secret" not in str(result.errors)
    assert [
        "secret table name" in record.exc_text for record in caplog.records if record.exc_text
    ] == [True]


async def test_a_stub_is_made_of_its_key():
    result = await entities(Context(), {"__typename": "Stub", "id": "x", "owner": {"id": "1"}})

    assert result.data["_entities"] == [{"id": "x", "shout": "x!"}]


async def test_what_is_our_fault_is_logged_with_the_request_id_and_hidden(
    caplog: pytest.LogCaptureFixture,
):
    with caplog.at_level("ERROR", logger="trellis.subgraph"):
        result = await schema.execute("{ fail }", context_value=Context())

    assert result.errors is not None
    [error] = result.errors
    assert error.extensions == {"code": "INTERNAL", "requestId": "req-7"}
    assert "secret" not in error.message
    assert "req-7" in caplog.text
    assert "ValueError: secret" in caplog.text


async def test_what_the_caller_did_is_told_and_not_logged(caplog: pytest.LogCaptureFixture):
    with caplog.at_level("DEBUG"):
        result = await schema.execute("{ refuse }", context_value=Context())

    assert result.errors is not None
    [error] = result.errors
    assert (error.message, error.extensions) == (
        "There is no such thing.",
        {"code": "NOT_FOUND", "id": "7"},
    )
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_absent_arguments_are_none_and_no_default_is_printed():
    result = await schema.execute("{ a: ask b: ask(first: null) c: ask(first: 2) }")

    assert result.data == {"a": "None", "b": "None", "c": "2"}
    assert "ask(first: Int): String!" in schema.as_str()


def test_the_sdl_speaks_federation_2_11():
    assert "https://specs.apollo.dev/federation/v2.11" in schema.as_str()


def test_two_schemas_in_one_process_keep_their_own_entities():
    @strawberry.federation.type(keys=["id"])
    class Lonely:
        id: ID

    other = TrellisSchema(query=Query, types=[Lonely])

    assert "Lonely" in other.as_str()
    assert "Lonely" not in schema.as_str()


def test_tags_of_one_schema_are_not_those_of_another_that_shares_its_types():
    tags = {"Query.ask": ("pm",), "Order.orderId": ("pm", "todo")}
    marked = TrellisSchema(query=Query, types=[Order, Item, Stub], tags=tags).as_str()
    assert '"@tag"' in marked
    assert marked.count("@tag(") == 3
    assert "@tag" not in TrellisSchema(query=Query, types=[Order, Item, Stub]).as_str()
