"""Whole executions of hand-written plans: order, partial results, errors in the client's terms."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest
from graphql import build_schema

from tests.support.output import output_of
from tests.support.recording import RecordingTransport
from trellis.router.answer import Answer
from trellis.router.errors import SubgraphTimeout, SubgraphUnavailable
from trellis.router.executor.event_gates import EventGates
from trellis.router.executor.executable import Executable
from trellis.router.executor.execute import execute, execute_stream, shape
from trellis.router.executor.run import Gathered
from trellis.router.planner.plan import (
    EntityCall,
    EntityTarget,
    FetchStep,
    Need,
    OutputField,
    PathSegment,
    Selection,
)
from trellis.router.planner.query_plan import QueryPlan
from trellis.schema.request import RequestContext

SCHEMA = build_schema("""
    type Query { products: [Product!] me: User hello: String }
    type Mutation { first: Int second: Int }
    type Subscription { added: Product }
    type Product { upc: ID! name: String reviews: [Review!] cost: Int! }
    type Review { body: String author: User }
    type User { id: ID! name: String! }
""")
PRODUCTS = FetchStep(0, "products", "query", "{ products { upc } }")
ID = Need("id", "id")
UPC = Need("upc", "upc")


def entity_step(
    id: int, service: str, path: str, need: Need, typename: str, selection: str, after: int
) -> FetchStep:
    target = EntityTarget(
        tuple(PathSegment(key) for key in path.split(".")), (need,), typename=typename
    )
    operation = (
        "query ($representations: [_Any!]!) { _entities(representations: $representations) "
        f"{{ ... on {typename} {{ {selection} }} }} }}"
    )
    call = EntityCall("_entities", "representations", (target,))
    return FetchStep(id, service, "query", operation, entities=(call,), after=(after,))


REVIEWS = entity_step(
    1, "reviews", "products", UPC, "Product", "reviews { body author { id } }", after=0
)
NAMES = entity_step(2, "users", "products.reviews.author", ID, "User", "name", after=1)


def executable(query: str, *steps: FetchStep, kind: Any = "query") -> Executable:
    plan = QueryPlan(kind, steps, output_of(SCHEMA, query))
    return Executable(plan)


async def run(
    ready: Executable, context: RequestContext | None = None, /, **transports: RecordingTransport
) -> Answer:
    return await execute(ready, {}, context or RequestContext(), transports)


def products(*upcs: str) -> RecordingTransport:
    return RecordingTransport({"data": {"products": [{"upc": upc} for upc in upcs]}})


def reviews_by(*authors: str) -> RecordingTransport:
    def reply(variables: Any) -> dict[str, Any]:
        reviews = [{"body": a, "author": {"id": a}} for a in authors]
        return {"data": {"_entities": [{"reviews": reviews} for _ in variables["representations"]]}}

    return RecordingTransport(reply)


def named_users() -> RecordingTransport:
    def reply(variables: Any) -> dict[str, Any]:
        asked = variables["representations"]
        return {"data": {"_entities": [{"name": r["id"].upper()} for r in asked]}}

    return RecordingTransport(reply)


QUERY = "{ items: products { upc reviews { author { name } } } }"


def renamed(query: str, *steps: FetchStep) -> Executable:
    """Like ``executable`` for queries whose root alias ``items`` is internally ``products``."""
    output = output_of(SCHEMA, query)
    first = output.fields[0]
    field = OutputField(first.key, "products", first.type, first.selection)
    plan = QueryPlan("query", steps, Selection((field, *output.fields[1:])))
    return Executable(plan)


# -- order and batching -------------------------------------------------------------------------


async def test_three_hops_ask_each_subgraph_once_with_distinct_entities() -> None:
    users = named_users()

    answer = await run(
        renamed(QUERY, PRODUCTS, REVIEWS, NAMES),
        products=products("1", "2"),
        reviews=reviews_by("a", "b", "a"),
        users=users,
    )

    reviews = [{"author": {"name": name}} for name in ("A", "B", "A")]
    assert answer.to_dict() == {
        "data": {"items": [{"upc": "1", "reviews": reviews}, {"upc": "2", "reviews": reviews}]}
    }
    assert [request.variables for request in users.requests] == [
        {
            "representations": [
                {"__typename": "User", "id": "a"},
                {"__typename": "User", "id": "b"},
            ]
        }
    ]


async def test_a_step_starts_when_its_own_dependencies_are_done() -> None:
    """The slow step shares the first round with the fast one whose dependant must not wait."""
    hello = FetchStep(3, "slow", "query", "{ hello }")
    users = named_users()
    slow = RecordingTransport({"data": {"hello": "h"}}, delay=0.2)
    ready = executable(
        "{ products { reviews { author { name } } } hello }", PRODUCTS, hello, REVIEWS, NAMES
    )

    task = asyncio.create_task(
        run(ready, products=products("1"), slow=slow, reviews=reviews_by("a"), users=users)
    )
    await asyncio.sleep(0.1)
    asked_early = len(users.requests)
    answer = await task

    assert asked_early == 1
    assert answer.data == {
        "products": [{"reviews": [{"author": {"name": "A"}}]}],
        "hello": "h",
    }


async def test_a_step_without_representations_is_not_sent() -> None:
    reviews = reviews_by()

    answer = await run(
        executable("{ products { upc reviews { body } } }", PRODUCTS, REVIEWS),
        products=products(),
        reviews=reviews,
    )

    assert answer.to_dict() == {"data": {"products": []}}
    assert reviews.requests == []


BATCHED = FetchStep(
    1,
    "reviews",
    "query",
    "query ($r0: [_Any!]!, $r1: [_Any!]!, $if0: Boolean!, $if1: Boolean!) {"
    " _e0: _entities(representations: $r0) @include(if: $if0) { ... on Product { name } }"
    " _e1: _entities(representations: $r1) @include(if: $if1) { ... on User { name } } }",
    entities=(
        EntityCall(
            "_e0",
            "r0",
            (EntityTarget((PathSegment("products"),), (UPC,), typename="Product"),),
            "if0",
        ),
        EntityCall(
            "_e1",
            "r1",
            (EntityTarget((PathSegment("me"),), (ID,), typename="User"),),
            "if1",
        ),
    ),
    after=(0,),
)


async def test_batched_calls_switch_off_what_has_no_representations() -> None:
    reviews = RecordingTransport({"data": {"_e0": [{"name": "n"}]}})
    first = FetchStep(0, "products", "query", "{ products { upc } me { id } }")

    answer = await run(
        executable("{ products { name } me { id } }", first, BATCHED),
        products=RecordingTransport({"data": {"products": [{"upc": "1"}], "me": None}}),
        reviews=reviews,
    )

    assert answer.to_dict() == {"data": {"products": [{"name": "n"}], "me": None}}
    assert reviews.requests[0].variables == {
        "r0": [{"__typename": "Product", "upc": "1"}],
        "if0": True,
        "r1": [],
        "if1": False,
    }


# -- partial results ----------------------------------------------------------------------------


async def test_a_subgraph_that_is_down_costs_only_its_own_fields() -> None:
    answer = await run(
        renamed(QUERY, PRODUCTS, REVIEWS, NAMES),
        products=products("1", "2"),
        reviews=RecordingTransport(SubgraphUnavailable("reviews", "Down.")),
        users=named_users(),
    )

    assert answer.data == {"items": [{"upc": "1", "reviews": None}, {"upc": "2", "reviews": None}]}
    assert answer.errors == [
        {
            "message": "Down.",
            "path": ["items", position, "reviews"],
            "extensions": {"code": "SUBGRAPH_UNAVAILABLE", "service": "reviews"},
        }
        for position in (0, 1)
    ]


async def test_a_lost_required_field_nulls_its_parent_with_one_error_per_place() -> None:
    answer = await run(
        renamed(QUERY, PRODUCTS, REVIEWS, NAMES),
        products=products("1"),
        reviews=reviews_by("a", "b", "a"),
        users=RecordingTransport(SubgraphTimeout("users", "Late.")),
    )

    assert answer.data == {"items": [{"upc": "1", "reviews": [{"author": None}] * 3}]}
    assert [(e["message"], e["path"]) for e in answer.errors] == [
        ("Late.", ["items", 0, "reviews", position, "author", "name"]) for position in range(3)
    ]


async def test_entity_errors_move_to_every_place_of_that_entity() -> None:
    users = RecordingTransport(
        {
            "data": {"_entities": [{"name": "A"}, None]},
            "errors": [
                {
                    "message": "No user b.",
                    "path": ["_entities", 1, "name"],
                    "locations": [{"line": 1, "column": 1}],
                    "extensions": {"code": "NOT_FOUND", "stacktrace": ["secret"]},
                }
            ],
        }
    )

    answer = await run(
        renamed(QUERY, PRODUCTS, REVIEWS, NAMES),
        products=products("1", "2"),
        reviews=reviews_by("a", "b"),
        users=users,
    )

    reviews = [{"author": {"name": "A"}}, {"author": None}]
    assert answer.data == {
        "items": [{"upc": "1", "reviews": reviews}, {"upc": "2", "reviews": reviews}]
    }
    assert answer.errors == [
        {
            "message": "No user b.",
            "path": ["items", position, "reviews", 1, "author", "name"],
            "extensions": {"code": "NOT_FOUND", "service": "users"},
        }
        for position in (0, 1)
    ]


@pytest.mark.parametrize(
    "path",
    [
        ["_entities", -1, "name"],
        ["_entities", -2, "name"],
        ["_entities", 2, "name"],
        ["others", 0, "name"],
    ],
)
async def test_an_error_of_no_entity_that_was_asked_for_has_no_place(path: list[Any]) -> None:
    users = RecordingTransport(
        {
            "data": {"_entities": [{"name": "A"}, {"name": "B"}]},
            "errors": [{"message": "No such user.", "path": path}],
        }
    )

    answer = await run(
        renamed(QUERY, PRODUCTS, REVIEWS, NAMES),
        products=products("1"),
        reviews=reviews_by("a", "b"),
        users=users,
    )

    assert [e.get("path") for e in answer.errors] == [None]


HELLO = FetchStep(3, "greeter", "query", "{ hello }")
WITHOUT_KEY = RecordingTransport({"data": {"products": [{"name": "n"}]}}, delay=0.02)
DOWN = RecordingTransport(SubgraphUnavailable("down", "Down."))


async def test_objects_without_their_key_are_told_of_only_when_an_earlier_step_has_failed() -> None:
    # What fails elsewhere does not explain why a subgraph knows no key.
    query = "{ products { name reviews { body } } hello }"

    answer = await run(
        executable(query, PRODUCTS, REVIEWS, HELLO),
        products=WITHOUT_KEY,
        reviews=RecordingTransport(),
        greeter=DOWN,
    )

    assert answer.data == {"products": [{"name": "n", "reviews": None}], "hello": None}
    assert [e["path"] for e in answer.errors] == [["hello"]]


async def test_objects_whose_key_was_lost_on_the_way_are_told_of_at_each_place() -> None:
    query = "{ products { upc reviews { author { name } } } }"

    def reply(variables: Any) -> dict[str, Any]:
        return {"data": {"_entities": [{"reviews": [{"author": {}}, {"author": {}}]}]}}

    errors = [{"message": "Lost.", "path": ["_entities", 0, "reviews", 0, "author", "id"]}]
    lost = RecordingTransport(lambda variables: {**reply(variables), "errors": errors})
    users = named_users()

    answer = await run(
        executable(query, PRODUCTS, REVIEWS, NAMES),
        products=products("1"),
        reviews=lost,
        users=users,
    )

    assert users.requests == []
    found = [(e["extensions"]["code"], e["path"]) for e in answer.errors]
    author = ["products", 0, "reviews"]
    assert found == [
        ("DOWNSTREAM_SERVICE_ERROR", [*author, 0, "author"]),
        ("DEPENDENCY_FAILED", [*author, 0, "author", "name"]),
        ("DEPENDENCY_FAILED", [*author, 1, "author", "name"]),
    ]


async def test_objects_of_one_call_that_lost_their_key_are_told_of_beside_those_of_another() -> (
    None
):
    first = FetchStep(0, "products", "query", "{ products { upc } me { id } }")
    lost = {"message": "Lost.", "path": ["me", "id"]}
    found = {"products": [{"upc": "1"}], "me": {"id": None}}

    answer = await run(
        executable("{ products { name } me { name } }", first, BATCHED),
        products=RecordingTransport({"data": found, "errors": [lost]}),
        reviews=RecordingTransport({"data": {"_e0": [{"name": "n"}]}}),
    )

    assert answer.data == {"products": [{"name": "n"}], "me": None}
    assert [(e["extensions"]["code"], e["path"]) for e in answer.errors] == [
        ("DOWNSTREAM_SERVICE_ERROR", ["me"]),
        ("DEPENDENCY_FAILED", ["me", "name"]),
    ]


@pytest.mark.parametrize(
    ("me", "asked", "data"),
    [
        ({"id": "1"}, 1, {"me": {"id": "1", "name": "Ada"}}),
        (None, 0, {"me": None}),
    ],
)
async def test_a_step_below_an_object_is_sent_when_the_object_is_there(
    me: Any, asked: int, data: dict[str, Any]
) -> None:
    below = FetchStep(1, "names", "query", "{ name }", path=(PathSegment("me"),), after=(0,))
    names = RecordingTransport({"data": {"name": "Ada"}})

    answer = await run(
        executable("{ me { id name } }", FetchStep(0, "users", "query", "{ me { id } }"), below),
        users=RecordingTransport({"data": {"me": me}}),
        names=names,
    )

    assert answer.to_dict() == {"data": data}
    assert len(names.requests) == asked


async def test_a_root_error_keeps_its_place_under_the_clients_alias() -> None:
    first = RecordingTransport(
        {
            "data": {"products": [{"upc": "1"}, None]},
            "errors": [{"message": "Broken.", "path": ["products", 1]}],
        }
    )

    answer = await run(renamed("{ items: products { upc } }", PRODUCTS), products=first)

    assert answer.to_dict() == {
        "errors": [
            {
                "message": "Broken.",
                "path": ["items", 1],
                "extensions": {"code": "DOWNSTREAM_SERVICE_ERROR", "service": "products"},
            }
        ],
        "data": {"items": None},
    }


async def test_an_error_in_a_field_nobody_asked_for_stands_at_the_object() -> None:
    first = FetchStep(0, "products", "query", "{ products { upc weight } }")
    transport = RecordingTransport(
        {
            "data": {"products": [{"upc": "1", "weight": None}]},
            "errors": [{"message": "No scales.", "path": ["products", 0, "weight"]}],
        }
    )

    answer = await run(executable("{ products { upc } }", first), products=transport)

    assert answer.data == {"products": [{"upc": "1"}]}
    assert [e["path"] for e in answer.errors] == [["products", 0]]


async def test_an_unexpected_exception_is_one_subgraphs_failure_and_tells_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = await run(
        renamed("{ items: products { upc reviews { body } } }", PRODUCTS, REVIEWS),
        products=products("1"),
        reviews=RecordingTransport(RuntimeError("password in /etc/secret")),
    )

    assert answer.data == {"items": [{"upc": "1", "reviews": None}]}
    assert [(e["message"], e["extensions"]) for e in answer.errors] == [
        ("Internal error.", {"code": "INTERNAL", "service": "reviews"})
    ]
    assert "password" in caplog.text


async def test_a_null_without_a_cause_is_told_where_it_breaks_the_schema() -> None:
    answer = await run(executable("{ products { upc cost } }", PRODUCTS), products=products("1"))

    assert answer.data == {"products": None}
    assert [(e["path"], e["extensions"]["code"]) for e in answer.errors] == [
        (["products", 0, "cost"], "SUBGRAPH_INVALID_RESPONSE")
    ]


# -- answers that lie ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "entities",
    [
        [{"reviews": []}],
        [{"reviews": []}, {"reviews": []}, {"reviews": []}],
        [],
        {"reviews": []},
        "text",
        None,
    ],
)
async def test_entities_in_wrong_number_or_shape_never_shift(entities: Any) -> None:
    answer = await run(
        executable("{ products { upc reviews { body } } }", PRODUCTS, REVIEWS),
        products=products("1", "2"),
        reviews=RecordingTransport({"data": {"_entities": entities}}),
    )

    assert answer.data == {
        "products": [{"upc": "1", "reviews": None}, {"upc": "2", "reviews": None}]
    }
    assert {e["extensions"]["code"] for e in answer.errors} == {"SUBGRAPH_INVALID_RESPONSE"}


async def test_one_entity_that_is_no_object_costs_its_own_place() -> None:
    answer = await run(
        executable("{ products { upc reviews { body } } }", PRODUCTS, REVIEWS),
        products=products("1", "2"),
        reviews=RecordingTransport({"data": {"_entities": [7, {"reviews": []}]}}),
    )

    assert answer.data == {"products": [{"upc": "1", "reviews": None}, {"upc": "2", "reviews": []}]}
    assert [e["path"] for e in answer.errors] == [["products", 0]]


# -- deadlines, cancelling, size ----------------------------------------------------------------


async def test_past_the_deadline_every_call_is_cancelled() -> None:
    slow = RecordingTransport({"data": {"hello": "h"}}, delay=3600)
    ready = executable("{ hello }", FetchStep(0, "slow", "query", "{ hello }"))

    answer = await run(ready, RequestContext(deadline=time.monotonic() + 0.02), slow=slow)

    assert answer.to_dict() == {
        "errors": [
            {
                "message": "The request took too long and was stopped.",
                "extensions": {"code": "REQUEST_TIMEOUT"},
            }
        ],
        "data": None,
    }
    assert (answer.status, slow.running, slow.cancelled) == (504, 0, 1)


async def test_a_client_that_leaves_stops_all_calls() -> None:
    transports = {name: RecordingTransport(delay=3600) for name in ("products", "slow")}
    ready = executable(
        "{ products { upc } hello }", PRODUCTS, FetchStep(1, "slow", "query", "{ hello }")
    )
    task = asyncio.create_task(run(ready, **transports))
    await asyncio.gather(*(transport.started.wait() for transport in transports.values()))

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert [(t.running, t.cancelled) for t in transports.values()] == [(0, 1), (0, 1)]


async def test_a_small_graph_that_expands_to_gigabytes_is_refused() -> None:
    schema = build_schema("type Query { a: A } type A { id: ID! all: [A!]! }")
    depth = 12
    query = "{ a " + "{ all " * depth + "{ id }" + " }" * depth + " }"
    steps = [FetchStep(0, "s", "query", "{ a { id } }")]
    for number in range(depth):
        path = (PathSegment("a"), *(PathSegment("all"),) * number)
        target = EntityTarget(path, (ID,), typename="A")
        call = EntityCall("_entities", "representations", (target,))
        steps.append(
            FetchStep(
                number + 1,
                "s",
                "query",
                "{ _entities { all { id } } }",
                entities=(call,),
                after=(number,),
            )
        )

    def reply(variables: Any) -> dict[str, Any]:
        if not variables:
            return {"data": {"a": {"id": "0"}}}
        everyone = [{"id": str(n)} for n in range(20)]
        return {
            "data": {
                "_entities": [
                    {"all": [dict(e) for e in everyone]} for _ in variables["representations"]
                ]
            }
        }

    plan = QueryPlan("query", tuple(steps), output_of(schema, query))
    started = time.thread_time()
    answer = await execute(Executable(plan), {}, RequestContext(), {"s": RecordingTransport(reply)})

    assert time.thread_time() - started < 2, "the work grows with the objects, not with the answer"
    assert [e["extensions"]["code"] for e in answer.errors] == ["RESPONSE_TOO_LARGE"]


# -- passing through ----------------------------------------------------------------------------


async def test_the_only_answer_is_handed_on_as_it_came() -> None:
    ready = executable("{ products { upc } }", PRODUCTS)
    assert ready.is_identity

    answer = await run(ready, products=products("1"))

    assert answer.to_dict() == {"data": {"products": [{"upc": "1"}]}}


def test_an_answer_is_handed_on_with_its_text_unless_something_was_refused() -> None:
    ready = executable("{ products { upc } }", PRODUCTS)
    gathered = Gathered(data={"products": [{"upc": "1"}]}, body=b"as it came")

    assert shape(ready, gathered).body == b"as it came"

    refusal = {"message": "no"}
    answer = shape(ready, gathered, [refusal])
    assert (answer.body, answer.errors) == (None, [refusal])


async def test_an_answer_without_data_or_errors_is_a_failure_of_its_subgraph() -> None:
    ready = executable("{ products { upc } hello }", PRODUCTS)

    answer = await run(ready, products=RecordingTransport({"data": None}))

    error = {
        "message": "The subgraph returned no data.",
        "path": ["products"],
        "extensions": {"code": "SUBGRAPH_INVALID_RESPONSE", "service": "products"},
    }
    assert answer.to_dict() == {"errors": [error], "data": {"products": None, "hello": None}}


@pytest.mark.parametrize(
    ("query", "operation"),
    [
        ("{ products { upc } }", "{ products { upc name } }"),
        ("{ products { upc name } }", "{ products { name upc } }"),
        ("{ products { upc } }", "{ products { __typename upc } }"),
        ("{ products { upc } }", "{ products { ... on Product { upc } } }"),
        ("{ products { name } }", "{ products { name: upc } hello }"),
    ],
)
def test_an_answer_that_needs_any_change_is_not_handed_on(query: str, operation: str) -> None:
    assert not executable(query, FetchStep(0, "products", "query", operation)).is_identity


# -- subscriptions ------------------------------------------------------------------------------

ADDED = FetchStep(0, "products", "subscription", "subscription { added { upc } }")
ADDED_REVIEWS = entity_step(1, "reviews", "added", UPC, "Product", "reviews { body }", after=0)


def subscription() -> Executable:
    return executable(
        "subscription { added { upc reviews { body } } }",
        ADDED,
        ADDED_REVIEWS,
        kind="subscription",
    )


def stream_of(transports: dict[str, RecordingTransport]) -> AsyncGenerator[Answer, None]:
    return execute_stream(subscription(), {}, RequestContext(), transports, gates=EventGates())


async def test_each_event_is_completed_by_the_other_subgraphs() -> None:
    source = RecordingTransport(
        events=tuple({"data": {"added": {"upc": upc}}} for upc in ("1", "2"))
    )
    stream = stream_of({"products": source, "reviews": reviews_by("a")})

    async with aclosing(stream):
        answers = [answer.to_dict() async for answer in stream]

    reviews = [{"body": "a"}]
    assert answers == [
        {"data": {"added": {"upc": "1", "reviews": reviews}}},
        {"data": {"added": {"upc": "2", "reviews": reviews}}},
    ]
    assert source.closed_streams == 1


async def test_an_event_with_errors_does_not_end_the_stream() -> None:
    source = RecordingTransport(
        events=(
            {"data": {"added": None}, "errors": [{"message": "Lost.", "path": ["added"]}]},
            {"data": {"added": {"upc": "2"}}},
        )
    )
    transports = {
        "products": source,
        "reviews": RecordingTransport(SubgraphUnavailable("reviews", "Down.")),
    }
    stream = stream_of(transports)

    async with aclosing(stream):
        answers = [answer async for answer in stream]

    assert [answer.data for answer in answers] == [
        {"added": None},
        {"added": {"upc": "2", "reviews": None}},
    ]
    assert [[(e["message"], e["path"]) for e in answer.errors] for answer in answers] == [
        [("Lost.", ["added"])],
        [("Down.", ["added", "reviews"])],
    ]


async def test_leaving_a_stream_ends_its_source() -> None:
    source = RecordingTransport(events=({"data": {"added": {"upc": "1"}}},) * 100)
    stream = stream_of({"products": source, "reviews": reviews_by()})

    async with aclosing(stream):
        async for _ in stream:
            break

    assert source.closed_streams == 1


async def test_a_source_that_breaks_ends_the_stream_with_an_error() -> None:
    source = RecordingTransport(
        events=({"data": {"added": None}}, SubgraphUnavailable("products", "Gone."))
    )
    stream = stream_of({"products": source, "reviews": reviews_by()})

    answers = [answer.to_dict() async for answer in stream]

    assert answers[0] == {"data": {"added": None}}
    assert answers[1]["data"] == {"added": None}
    assert [(e["message"], e["path"]) for e in answers[1]["errors"]] == [("Gone.", ["added"])]
    assert len(answers) == 2


# -- positions at which there must be no object -------------------------------------------------


def only_without_user() -> Executable:
    """``me.name`` is what nobody can answer."""
    step = FetchStep(0, "users", "query", "{ me { __typename } hello }")
    output = output_of(SCHEMA, "{ me { name } hello }")
    return Executable(QueryPlan("query", (step,), output, absent=((PathSegment("me"),),)))


async def test_an_absent_object_is_answered_by_null() -> None:
    users = RecordingTransport({"data": {"me": None, "hello": "you"}})

    answer = await run(only_without_user(), users=users)

    assert (answer.data, answer.errors) == ({"me": None, "hello": "you"}, [])


@pytest.mark.parametrize(
    "reply",
    [
        {"data": {"me": {"__typename": "User"}, "hello": "you"}},
        {"data": {"me": None, "hello": "you"}, "errors": [{"message": "no", "path": ["me"]}]},
        SubgraphUnavailable("users", "Down."),
    ],
    ids=["present", "failed", "down"],
)
async def test_there_is_no_answer_where_an_object_is_or_may_be(reply: Any) -> None:
    answer = await run(only_without_user(), users=RecordingTransport(reply))

    assert answer.data is None
    assert [error["extensions"]["code"] for error in answer.errors] == ["PLANNING_FAILED"]
    assert "'me'" in answer.errors[0]["message"]
