"""Subgraphs of this process: extensions of their schemas, and contexts that are opened and closed.

What ``strawberry.asgi`` answers is what a schema's extensions are held to.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx
import pytest
import strawberry
from graphql import GraphQLError
from graphql.validation import NoSchemaIntrospectionCustomRule
from hypothesis import given
from hypothesis import strategies as st
from strawberry.asgi import GraphQL
from strawberry.extensions import (
    AddValidationRules,
    DisableIntrospection,
    MaskErrors,
    MaxAliasesLimiter,
    MaxTokensLimiter,
    ParserCache,
    QueryDepthLimiter,
    SchemaExtension,
)

from trellis.router.errors import SubgraphTimeout
from trellis.router.transports.base import SubgraphRequest, SubgraphResponse
from trellis.router.transports.local import LocalTransport
from trellis.schema.federation import TrellisSchema
from trellis.schema.request import RequestContext
from trellis.schema.subgraph import Subgraph


@strawberry.type
class Thing:
    @strawberry.field
    def name(self) -> str:
        return "thing"

    @strawberry.field
    async def inner(self) -> "Thing":
        return Thing()


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, to: str = "you") -> str:
        return f"hello {to}"

    @strawberry.field
    async def thing(self) -> Thing:
        return Thing()

    @strawberry.field
    def refused(self) -> str | None:
        raise GraphQLError("refused", extensions={"code": "NO"})

    @strawberry.field
    async def context(self, info: strawberry.Info) -> str:
        return str(info.context)

    @strawberry.field
    async def slow(self) -> str:
        await asyncio.sleep(60)
        return "late"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def change(self) -> str:
        return "changed"


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self) -> AsyncGenerator[int, None]:
        for number in (1, 2):
            yield number


class DenyOnExecute(SchemaExtension):
    async def on_execute(self) -> AsyncIterator[None]:  # type: ignore[override]
        raise GraphQLError("denied on execute", extensions={"code": "DENIED"})
        yield


class DenyOnOperation(SchemaExtension):
    def on_operation(self):  # type: ignore[no-untyped-def]
        if "hello" in (self.execution_context.query or ""):
            raise GraphQLError("denied on operation")
        yield


class DenyOnValidate(SchemaExtension):
    def on_validate(self):  # type: ignore[no-untyped-def]
        self.execution_context.pre_execution_errors = [GraphQLError("denied on validate")]
        yield


class Shout(SchemaExtension):
    def resolve(self, _next: Any, root: Any, info: Any, *args: Any, **kwargs: Any) -> Any:
        value = _next(root, info, *args, **kwargs)
        return value.upper() if isinstance(value, str) else value


class Tell(SchemaExtension):
    def get_results(self) -> dict[str, Any]:
        return {"told": True}


def cached() -> ParserCache:
    return ParserCache(10)


EXTENSIONS: Sequence[Any] = (
    DenyOnExecute,
    DenyOnOperation,
    DenyOnValidate,
    Shout,
    Tell,
    MaskErrors,
    DisableIntrospection,
    cached,
    lambda: MaxTokensLimiter(max_token_count=12),
    lambda: MaxAliasesLimiter(max_alias_count=1),
    lambda: QueryDepthLimiter(max_depth=2),
    lambda: AddValidationRules([NoSchemaIntrospectionCustomRule]),
)
DOCUMENTS = (
    "{ hello }",
    '{ hello(to: "Ada") thing { name } }',
    "{ a: hello b: hello c: hello }",
    "{ thing { inner { inner { name } } } }",
    "{ refused hello }",
    "{ __schema { queryType { name } } }",
    "{ nothing }",
    "{ thing { name }",
    "mutation { change }",
    "query A { hello }",
)


def transport(
    extensions: Sequence[Any] = (),
    make_context: Callable[[RequestContext], Any] = lambda _: "plain",
    **options: Any,
) -> LocalTransport:
    schema = strawberry.federation.Schema(
        Query, Mutation, Subscription, extensions=list(extensions)
    )
    return LocalTransport(Subgraph("a", schema, make_context), **options)


async def behind_asgi(extensions: Sequence[Any], document: str) -> dict[str, Any]:
    schema = strawberry.federation.Schema(
        Query, Mutation, Subscription, extensions=list(extensions)
    )
    app = httpx.ASGITransport(app=GraphQL(schema, multipart_uploads_enabled=False))
    async with httpx.AsyncClient(transport=app, base_url="http://test") as client:
        answer = await client.post("/", json={"query": document})
    return answer.json()


def shown(response: SubgraphResponse) -> dict[str, Any]:
    """In the form of an HTTP answer."""
    answer: dict[str, Any] = {"data": response.data}
    if response.errors:
        answer["errors"] = response.errors
    return answer | {"extensions": dict(response.extensions)}


def without_places(answer: dict[str, Any]) -> dict[str, Any]:
    """Without positions in the document, which executing directly does not keep."""
    errors = [
        {name: value for name, value in error.items() if name != "locations"}
        for error in answer.get("errors") or ()
    ]
    found = {"data": answer["data"], "extensions": answer.get("extensions") or {}}
    return found | ({"errors": errors} if errors else {})


@given(st.lists(st.sampled_from(EXTENSIONS), max_size=3, unique=True), st.sampled_from(DOCUMENTS))
async def test_extensions_do_what_they_do_behind_strawberry_asgi(
    extensions: list[Any], document: str
) -> None:
    response = await transport(extensions).send(SubgraphRequest("a", document))

    assert without_places(shown(response)) == without_places(
        await behind_asgi(extensions, document)
    )


@pytest.mark.parametrize(
    ("extension", "message"),
    [
        (DenyOnExecute, "denied on execute"),
        (DenyOnOperation, "denied on operation"),
        (DenyOnValidate, "denied on validate"),
    ],
)
async def test_an_extension_that_denies_denies(extension: Any, message: str) -> None:
    response = await transport([extension]).send(SubgraphRequest("a", "{ hello }"))

    assert response.data is None
    assert [error["message"] for error in response.errors] == [message]


async def test_subscriptions_run_extensions_too() -> None:
    async def events(*extensions: Any) -> list[Any]:
        request = SubgraphRequest("a", "subscription { count }", kind="subscription")
        async with aclosing(transport(extensions).subscribe(request)) as stream:
            return [(event.data, [e["message"] for e in event.errors]) async for event in stream]

    assert await events() == [({"count": 1}, []), ({"count": 2}, [])]
    assert await events(Tell) == [({"count": 1}, []), ({"count": 2}, [])]
    assert await events(DenyOnExecute) == [(None, ["denied on execute"])]


def test_caches_alone_leave_the_quick_way_open() -> None:
    def way(transport: LocalTransport) -> str:
        return type(transport._execution).__name__

    assert way(transport()) == way(transport([cached])) == "Direct"
    house = Subgraph("a", TrellisSchema(Query, Mutation, Subscription), lambda _: None)
    assert way(LocalTransport(house)) == "Direct"
    assert way(transport([cached, Tell])) == "Extended"


# -- contexts --------------------------------------------------------------------------------------


class Opened:
    """A context that wants to be entered and left."""

    def __init__(self, log: list[str]) -> None:
        self.log = log

    async def __aenter__(self) -> str:
        self.log.append("opened")
        return "entered"

    async def __aexit__(self, *_: Any) -> None:
        self.log.append("closed")


async def make_async(_: RequestContext) -> str:
    await asyncio.sleep(0)
    return "awaited"


@pytest.mark.parametrize("extensions", [[], [Tell]])
async def test_contexts_are_awaited_and_entered_and_left(extensions: list[Any]) -> None:
    log: list[str] = []

    async def make_and_open(_: RequestContext) -> Opened:
        return Opened(log)

    @asynccontextmanager
    async def around(_: RequestContext) -> AsyncIterator[str]:
        log.append("opened")
        try:
            yield "yielded"
        finally:
            log.append("closed")

    async def seen(make_context: Any) -> str:
        over = transport(extensions, make_context)
        answers = [await over.send(SubgraphRequest("a", "{ context }")) for _ in range(2)]
        assert answers[0] == answers[1]
        assert answers[0].data is not None
        return answers[0].data["context"]

    assert await seen(lambda _: "plain") == "plain"
    assert await seen(make_async) == "awaited"
    assert log == []
    for make_context, text in (
        (lambda _: Opened(log), "entered"),
        (make_and_open, "entered"),
        (around, "yielded"),
    ):
        assert await seen(make_context) == text
        assert log == ["opened", "closed"] * 2
        log.clear()


async def test_a_context_is_left_when_the_operation_is_late_or_given_up() -> None:
    log: list[str] = []
    slow = SubgraphRequest("a", "{ slow }")

    with pytest.raises(SubgraphTimeout):
        await transport([], lambda _: Opened(log), timeout=0.01).send(slow)
    assert log == ["opened", "closed"]
    task = asyncio.create_task(transport([], lambda _: Opened(log)).send(slow))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert log == ["opened", "closed"] * 2


async def test_a_context_lasts_as_long_as_its_subscription() -> None:
    log: list[str] = []
    request = SubgraphRequest("a", "subscription { count }", kind="subscription")

    async with aclosing(transport([], lambda _: Opened(log)).subscribe(request)) as events:
        await anext(events)
        assert log == ["opened"]
    assert log == ["opened", "closed"]


async def test_making_a_context_is_bounded_in_time() -> None:
    async def never(_: RequestContext) -> str:
        await asyncio.sleep(60)
        return "late"

    with pytest.raises(SubgraphTimeout):
        await transport([], never, timeout=0.01).send(SubgraphRequest("a", "{ hello }"))
