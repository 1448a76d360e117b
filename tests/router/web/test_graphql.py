"""GraphQL over HTTP: what is read, what is refused, which status and media type answers."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest

from tests.support.toy_graph import ToyGraph
from trellis.router.answer import Answer
from trellis.router.config import Limits
from trellis.router.operation.request import GraphQLRequest
from trellis.router.rate_limit.report import RateReport
from trellis.router.web.errors import Errors
from trellis.router.web.graphql import GraphQLEndpoint
from trellis.router.web.request_context import ContextMaker
from trellis.router.web.response_headers import ResponseHeaders
from trellis.router.web.services import Services
from trellis.schema.errors import Forbidden
from trellis.schema.request import RequestContext

GRJ = "application/graphql-response+json"
JSON = "application/json"


@pytest.fixture
def graph() -> ToyGraph:
    return ToyGraph()


def services_of(graph: ToyGraph, limits: Limits) -> Services:
    make_context = ContextMaker((), limits.request_seconds)
    return Services(graph=graph, make_context=make_context, limits=limits)


def client_of(graph: ToyGraph, **options: Any) -> httpx.AsyncClient:
    limits = options.pop("limits", Limits())
    endpoint = GraphQLEndpoint(services_of(graph, limits), **options)
    transport = httpx.ASGITransport(app=ResponseHeaders(Errors(endpoint)))
    return httpx.AsyncClient(transport=transport, base_url="http://trellis.test")


@pytest.fixture
async def client(graph: ToyGraph) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(graph) as client:
        yield client


async def test_a_query_is_answered_in_the_type_the_client_accepts(client: httpx.AsyncClient):
    for accept, expected in [
        (JSON, JSON),
        (GRJ, GRJ),
        ("*/*", JSON),
        (f"{JSON};q=0.5, {GRJ}", GRJ),
    ]:
        response = await client.post(
            "/graphql", json={"query": "{ hello }"}, headers={"accept": accept}
        )
        assert response.status_code == 200
        assert response.headers["content-type"] == f"{expected}; charset=utf-8"
        assert response.json() == {"data": {"hello": "world"}}


async def test_an_accept_header_without_json_is_refused(client: httpx.AsyncClient):
    response = await client.post(
        "/graphql", json={"query": "{ hello }"}, headers={"accept": "text/html"}
    )
    assert response.status_code == 406
    assert response.json()["errors"][0]["extensions"]["code"] == "NOT_ACCEPTABLE"


async def test_a_get_request_reads_its_parameters(client: httpx.AsyncClient):
    response = await client.get(
        "/graphql",
        params={
            "query": "query A($t: String!) { echo(text: $t) } query B { hello }",
            "operationName": "A",
            "variables": '{"t": "é"}',
        },
    )
    assert response.json() == {"data": {"echo": "é"}}


@pytest.mark.parametrize("accept", [JSON, GRJ])
async def test_a_get_request_never_changes_anything(
    graph: ToyGraph, client: httpx.AsyncClient, accept: str
):
    document = "query A { hello } mutation B { add }"
    for name in ("B",):
        response = await client.get(
            "/graphql",
            params={"query": document, "operationName": name},
            headers={"accept": accept},
        )
        assert response.status_code == 405
        assert response.headers["allow"] == "POST"
    assert graph.total == 0


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods_are_named_as_not_allowed(client: httpx.AsyncClient, method: str):
    response = await client.request(method, "/graphql")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "The body is not valid JSON"),
        (b'{"query": "{ hello }", "variables": {"x": NaN}}', "The body is not valid JSON"),
        (b'{"query": "\xff"}', "The body is not valid JSON"),
        (b"[" * 100_000, "The body is not valid JSON"),
        (b'{"query":"{hello}","variables":' + b'{"a":' * 70 + b"1" + b"}" * 71, "64 levels"),
        (b'"text"', "must be a JSON object"),
        (b"{}", "'query' must be a string"),
        (b'{"query": 1}', "'query' must be a string"),
        (b'{"query": "  "}', "'query' is empty"),
        (b'{"query": "{ hello }", "variables": []}', "'variables' must be an object or null"),
        (b'{"query": "{ hello }", "operationName": {}}', "'operationName' must be a string"),
    ],
)
@pytest.mark.parametrize("accept", [JSON, GRJ])
async def test_a_malformed_request_is_400_and_says_why(
    graph: ToyGraph, client: httpx.AsyncClient, body: bytes, message: str, accept: str
):
    response = await client.post(
        "/graphql", content=body, headers={"content-type": JSON, "accept": accept}
    )
    assert response.status_code == 400
    assert response.headers["content-type"].startswith(accept)
    (error,) = response.json()["errors"]
    assert message in error["message"]
    assert error["extensions"] == {"code": "BAD_REQUEST"}
    assert graph.requests == []


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "",
        "application/json; charset=utf-16",
    ],
)
async def test_a_body_that_a_form_could_send_is_415(
    graph: ToyGraph, client: httpx.AsyncClient, content_type: str
):
    response = await client.post(
        "/graphql", content=b'{"query": "{ hello }"}', headers={"content-type": content_type}
    )
    assert response.status_code == 415
    assert graph.requests == []


@pytest.mark.parametrize("query", ["{ hello", "{ nothing }", "query A { hello } query B { hello }"])
async def test_an_operation_that_never_ran_has_no_data_and_its_status_depends_on_the_type(
    client: httpx.AsyncClient, query: str
):
    for accept, status in [(GRJ, 400), (JSON, 200)]:
        response = await client.post("/graphql", json={"query": query}, headers={"accept": accept})
        assert response.status_code == status
        assert "data" not in response.json()
        assert response.json()["errors"]


async def test_a_wrong_variable_is_named(client: httpx.AsyncClient):
    response = await client.post(
        "/graphql",
        json={"query": "query ($t: String!) { echo(text: $t) }", "variables": {"t": 5}},
        headers={"accept": GRJ},
    )
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "$t" in error["message"]


async def test_an_operation_over_a_limit_is_400_in_both_types(client: httpx.AsyncClient):
    body = {"query": "{ hello }" + " " * 100_000}
    for accept in (JSON, GRJ):
        response = await client.post("/graphql", json=body, headers={"accept": accept})
        assert response.status_code == 400
        assert response.json()["errors"][0]["extensions"]["code"] == "DOCUMENT_TOO_LARGE"


async def test_a_partial_answer_is_200(client: httpx.AsyncClient):
    response = await client.post(
        "/graphql", json={"query": "{ hello missing }"}, headers={"accept": GRJ}
    )
    assert response.status_code == 200
    assert response.json()["data"] == {"hello": "world", "missing": None}
    assert response.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_a_body_over_the_limit_is_413_even_if_chunked_or_compressed(graph: ToyGraph):
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100

    bomb = gzip.compress(b" " * 1_000_000)
    async with client_of(graph, limits=Limits(body_bytes=1500)) as client:
        for content, extra in [
            (b" " * 1501, {}),
            (parts(), {}),
            (bomb, {"content-encoding": "gzip"}),
        ]:
            response = await client.post(
                "/graphql", content=content, headers={"content-type": JSON, **extra}
            )
            assert response.status_code == 413
            assert response.json()["errors"][0]["extensions"]["code"] == "PAYLOAD_TOO_LARGE"
    assert graph.requests == []


async def test_a_compressed_body_is_decompressed(client: httpx.AsyncClient):
    content = gzip.compress(b'{"query": "{ hello }"}')
    headers = {"content-type": JSON, "content-encoding": "gzip"}
    response = await client.post("/graphql", content=content, headers=headers)
    assert response.json() == {"data": {"hello": "world"}}
    for broken in (content[:-6], content + b"x", b"no gzip"):
        response = await client.post("/graphql", content=broken, headers=headers)
        assert response.status_code == 400


async def test_a_client_that_stops_sending_is_refused(graph: ToyGraph):
    async def silent() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(60)

    async with client_of(graph, limits=Limits(body_idle_seconds=0.05)) as client:
        response = await client.post("/graphql", content=silent(), headers={"content-type": JSON})
    assert response.status_code == 408


def body_of(size: int) -> bytes:
    """A query of this many bytes."""
    start = b'{"query":"{ hello }","extensions":{"x":"'
    return start + b"x" * (size - len(start) - 3) + b'"}}'


async def is_kept(graph: ToyGraph, client: httpx.AsyncClient, body: bytes) -> bool:
    """Whether a body that comes twice is read once only."""
    graph.requests.clear()
    for _ in range(2):
        response = await client.post("/graphql", content=body, headers={"content-type": JSON})
        assert response.status_code == 200
    first, second = graph.requests
    assert first == second
    return first is second


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b'{"query":"query Q($t: String!) { echo(text: $t) }","variables":{"t":"mutation"}}', True),
        (b'{"query":"mutation { add }"}', False),
        (b'{"query":"\\u006dutation { add }"}', False),
        (b'{"query":"{ hello } mutation B { add }","operationName":"B"}', False),
        (body_of(4096), True),
        (body_of(4097), False),
    ],
    ids=["query", "mutation", "escaped", "mutation beside a query", "at the bound", "beyond it"],
)
async def test_small_bodies_without_mutations_are_cached(
    graph: ToyGraph, client: httpx.AsyncClient, body: bytes, kept: bool
):
    # What mutations are given may be passwords: nothing of that stays in memory.
    assert await is_kept(graph, client, body) is kept


class Refusing(ToyGraph):
    """Gives the same answer to every operation."""

    def __init__(self, given: Answer) -> None:
        super().__init__()
        self.given = given

    async def answer(self, request: GraphQLRequest, context: RequestContext) -> Answer:
        self.requests.append(request)
        return self.given


def refused(status: int, *waits: int | None) -> Answer:
    errors = [{"message": "No.", "extensions": {"code": "X", "retry_after": w}} for w in waits]
    return Answer(errors=errors or [{"message": "No."}], executed=False, status=status)


def executed_in_part(wait: int | None) -> Answer:
    """A subgraph is unavailable, and says when to come back."""
    return Answer({"a": 1, "b": None}, errors=refused(503, wait).errors)


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        (refused(401), "www-authenticate", "Bearer"),
        (refused(403), "www-authenticate", None),
        (refused(405), "allow", "POST"),
        (refused(403), "allow", None),
        (refused(429, 3, 40, None, 7), "retry-after", "40"),
        (refused(429, None), "retry-after", None),
        (refused(429, 0), "retry-after", "0"),
        (executed_in_part(9), "retry-after", "9"),
        (executed_in_part(None), "retry-after", None),
        (Answer({"a": 1}, status=401), "www-authenticate", None),
        (Answer({"a": 1}, rate=RateReport(5, 4, 60)), "x-ratelimit-limit", "5"),
    ],
)
async def test_a_refused_operation_has_the_headers_of_its_status(
    given: Answer, name: str, value: str | None
):
    async with client_of(Refusing(given)) as client:
        response = await client.post("/graphql", json={"query": "{ a }"}, headers={"accept": GRJ})
    assert response.status_code == given.status
    assert response.headers.get(name) == value


async def test_a_batch_may_ask_for_plans_too():
    graph = Refusing(Answer({"a": 1}))
    batch = [{"query": "{ a }"}, {"query": "{ b }"}]
    plans = {"x-trellis-plan": "1"}
    async with client_of(graph, limits=Limits(batch=2), shows_plans=True) as client:
        for headers in (plans, {}, {"x-trellis-plan": "0"}):
            await client.post("/graphql", json=batch, headers=headers)
    assert [one.wants_plan for one in graph.requests] == [True, True, *[False] * 4]


async def test_a_batch_has_at_least_one_operation(graph: ToyGraph):
    async with client_of(graph, limits=Limits(batch=2)) as client:
        response = await client.post("/graphql", json=[])
        assert response.json()["errors"][0]["extensions"]["code"] == "BATCH_LIMIT"
        assert len((await client.post("/graphql", json=[{"query": "{ hello }"}])).json()) == 1
        assert len((await client.post("/graphql", json=[{"query": "{ hello }"}] * 2)).json()) == 2


class Limited(ToyGraph):
    """Tells with each answer how many more there may be, and refuses one operation."""

    async def answer(self, request: GraphQLRequest, context: RequestContext) -> Answer:
        if request.document == "{ refused }":
            raise Forbidden("Not this one.")
        left = request.document.strip("{ n}")
        return Answer({"left": left}, rate=RateReport(9, int(left), 60))


async def test_a_batch_has_the_headers_of_the_tightest_limit_and_fails_only_refused_operations():
    documents = ("{ n7 }", "{ refused }", "{ n3 }", "{ n5 }")
    async with client_of(Limited(), limits=Limits(batch=4)) as client:
        batch = [{"query": document} for document in documents]
        response = await client.post("/graphql", json=batch)
    assert response.json() == [
        {"data": {"left": "7"}},
        {"errors": [{"message": "Not this one.", "extensions": {"code": "FORBIDDEN"}}]},
        {"data": {"left": "3"}},
        {"data": {"left": "5"}},
    ]
    assert response.headers["x-ratelimit-limit"] == "9"
    assert response.headers["x-ratelimit-remaining"] == "3"


class Noted(ToyGraph):
    """Answers nothing, so that many requests cost little."""

    async def answer(self, request: GraphQLRequest, context: RequestContext) -> Answer:
        self.requests.append(request)
        return Answer({})


async def test_at_most_256_bodies_are_cached():
    graph = Noted()
    endpoint = GraphQLEndpoint(services_of(graph, Limits()))
    bodies = [b'{"query":"{ a%d: hello }"}' % number for number in range(257)]
    for body in (*bodies, *bodies[1:], bodies[0]):
        await post(endpoint, body)
    first, *others = graph.requests[:257]
    *again, first_again = graph.requests[257:]
    assert all(one is other for one, other in zip(others, again, strict=True))
    assert first_again == first and first_again is not first


async def post(endpoint: GraphQLEndpoint, body: bytes) -> None:
    messages = [{"type": "http.request", "body": body}]

    async def receive() -> dict[str, Any]:
        if not messages:
            await asyncio.Event().wait()
        return messages.pop()

    async def send(message: Any) -> None:
        assert message.get("status", 200) == 200

    await endpoint({**SCOPE}, receive, send)


SCOPE = {
    "type": "http",
    "method": "POST",
    "path": "/graphql",
    "query_string": b"",
    "headers": [(b"content-type", b"application/json")],
}


async def test_batches_are_off_until_allowed(graph: ToyGraph, client: httpx.AsyncClient):
    batch = [{"query": "{ hello }"}, {"query": "{ nothing }"}, {"query": "mutation { add }"}]
    response = await client.post("/graphql", json=batch)
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BATCHING_DISABLED"
    assert graph.requests == []
    async with client_of(graph, limits=Limits(batch=3)) as batching:
        response = await batching.post("/graphql", json=batch)
        first, second, third = response.json()
        assert first == {"data": {"hello": "world"}}
        assert second["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        assert third == {"data": {"add": 1}}
        response = await batching.post("/graphql", json=batch * 2)
        assert response.json()["errors"][0]["extensions"]["code"] == "BATCH_LIMIT"
    assert graph.total == 1


async def test_the_plan_is_shown_only_where_the_server_allows_it(graph: ToyGraph):
    for shows_plans, extensions in [(True, {"queryPlan": {"steps": []}}), (False, None)]:
        async with client_of(graph, shows_plans=shows_plans) as client:
            response = await client.post(
                "/graphql", json={"query": "{ hello }"}, headers={"x-trellis-plan": "1"}
            )
            assert response.json().get("extensions") == extensions
            response = await client.post("/graphql", json={"query": "{ hello }"})
            assert "extensions" not in response.json()


async def test_execution_is_cancelled_when_the_time_is_up(graph: ToyGraph):
    async with client_of(graph, limits=Limits(request_seconds=0.1)) as client:
        response = await client.post("/graphql", json={"query": "{ slow }"})
    assert response.status_code == 504
    assert response.json()["errors"][0]["extensions"]["code"] == "REQUEST_TIMEOUT"
    assert graph.running == 0


async def test_execution_is_cancelled_when_the_client_disconnects(graph: ToyGraph):
    limits = Limits()
    endpoint = GraphQLEndpoint(services_of(graph, limits))
    sent: list[Any] = []
    messages = [{"type": "http.request", "body": orjson.dumps({"query": "{ slow }"})}]

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        await asyncio.sleep(0.05)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    async with asyncio.timeout(5):
        await endpoint({**SCOPE}, receive, send)
    assert (graph.running, sent, len(graph.requests)) == (0, [], 1)
