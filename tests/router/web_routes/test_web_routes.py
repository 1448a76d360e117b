"""Web routes of a subgraph in this process and of one in another: the same to whoever sends."""

import gzip
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from pydantic import SecretStr

from tests.support import doorbell
from tests.support.serving import served
from trellis.router.config import Auth, Config, Http, Limits, RateLimits, SubgraphSource
from trellis.router.serving.application import build_app
from trellis.router.serving.subgraph_app import build_subgraph_app
from trellis.router.web_routes.wire import request_from_json
from trellis.schema.errors import BadRequest


def settings(folder: Path, source: SubgraphSource, **more: Any) -> Config:
    values: dict[str, Any] = {
        "subgraphs": {"doorbell": source},
        "operations_dir": folder / "operations",
        "schema_dir": folder / "schema",
        "data_dir": folder,
        "auth": Auth(service_secret=SecretStr("s" * 32)),
        "http": Http(trusted_proxies=("127.0.0.1/32",)),
        "rate_limit": RateLimits(enabled=False),
        "limits": Limits(body_bytes=950_000),
    }
    return Config(**values | more)


LOCAL = SubgraphSource(module="tests.support.doorbell:subgraph")


@pytest.fixture(scope="module", params=["in process", "over HTTP"])
async def client(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx.AsyncClient]:
    folder = tmp_path_factory.mktemp("doorbell")
    config = settings(folder, LOCAL)
    async with AsyncExitStack() as stack:
        if request.param == "over HTTP":
            url = await stack.enter_async_context(served(build_subgraph_app(config, "doorbell")))
            sdl = folder / "doorbell.graphql"
            sdl.write_text(doorbell.subgraph.schema.as_str(), encoding="utf-8")
            source = SubgraphSource(url=f"{url}/graphql", schema_file=sdl)
            config = settings(folder, source)
        url = await stack.enter_async_context(served(build_app(config), lifespan="on"))
        yield await stack.enter_async_context(httpx.AsyncClient(base_url=url, trust_env=False))


async def test_a_request_arrives_as_it_was_sent_but_for_its_credentials(client: httpx.AsyncClient):
    response = await client.post(
        "/web/doorbell/echo?a=1&a=2&b=",
        content=b"\x00\xff",
        headers=[
            ("cookie", "one=1; two=a=b"),
            ("cookie", "one=other"),
            ("authorization", "Bearer secret"),
            ("x-api-key", "trk_secret"),
            ("x-signature", "abc"),
            ("x-request-id", "call-7"),
            ("x-forwarded-for", "203.0.113.9"),
        ],
    )
    assert response.status_code == 201
    received = response.json()
    headers = received.pop("headers")
    assert received == {
        "method": "POST",
        "query": {"a": "2", "b": ""},
        "cookies": {"one": "1", "two": "a=b"},
        "body": "00ff",
        "requestId": "call-7",
        "client": "203.0.113.9",
    }
    assert "x-signature" in headers
    assert {"authorization", "x-api-key"}.isdisjoint(headers)


async def test_a_response_goes_back_with_its_own_headers_and_ours(client: httpx.AsyncClient):
    response = await client.get("/web/doorbell/away")
    assert response.status_code == 303
    assert response.headers["location"] == "https://elsewhere.example/"
    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/web/doorbell/elsewhere", 404),
        ("GET", "/web/doorbell/", 404),
        ("GET", "/web/doorbell", 404),
        ("GET", "/web", 404),
        ("GET", "/health/", 404),  # and no redirection to the Host that a client claims
        ("GET", "/web/nobody/echo", 404),
        ("GET", "/web/../internal/web", 404),
        ("POST", "/web/doorbell/closed", 403),
        ("PUT", "/web/doorbell/echo", 405),
        ("POST", "/internal/web", 404),
    ],
)
async def test_what_is_refused(client: httpx.AsyncClient, method: str, path: str, status: int):
    assert (await client.request(method, path)).status_code == status


async def test_a_fault_of_the_subgraph_tells_nothing_of_it(client: httpx.AsyncClient):
    response = await client.get("/web/doorbell/broken")
    assert response.status_code == 500
    assert "swordfish" not in response.text


async def test_a_body_has_a_limit(client: httpx.AsyncClient):
    assert (await client.post("/web/doorbell/echo", content=b"x" * 900_000)).status_code == 201
    assert (await client.post("/web/doorbell/echo", content=b"x" * 950_001)).status_code == 413


async def test_a_compressed_body_arrives_as_it_was_before(client: httpx.AsyncClient):
    sent = gzip.compress(b"ring")
    headers = {"content-encoding": "gzip"}
    response = await client.post("/web/doorbell/echo", content=sent, headers=headers)
    received = response.json()
    assert received["body"] == b"ring".hex()
    assert {"content-encoding", "content-length"}.isdisjoint(received["headers"])


async def test_an_internal_route_is_for_routers_only(tmp_path: Path):
    app = build_subgraph_app(settings(tmp_path, LOCAL), "doorbell")
    async with served(app) as url, httpx.AsyncClient(base_url=url, trust_env=False) as client:
        response = await client.post("/internal/web", content=orjson.dumps({}))
        assert response.status_code == 403


async def test_refused_requests_count_by_address(tmp_path: Path):
    app = build_app(settings(tmp_path, LOCAL, rate_limit=RateLimits()))
    async with (
        served(app, lifespan="on") as url,
        httpx.AsyncClient(base_url=url, trust_env=False) as client,
    ):
        paths = ("closed", "echo", "sent-back", "closed")
        sent = [await client.post(f"/web/doorbell/{path}") for path in paths]
    assert [response.status_code for response in sent] == [403, 201, 303, 403]
    left = [response.headers.get("x-ratelimit-remaining") for response in sent]
    # What succeeds has a proof of its own, such as a signature.
    assert left[1] is None
    assert int(left[0] or 0) - int(left[3] or 0) == 2


@pytest.mark.parametrize("value", [None, [], {}, {"method": "GET", "headers": 1}])
def test_what_is_no_request_is_refused(value: Any):
    with pytest.raises(BadRequest):
        request_from_json(value)
