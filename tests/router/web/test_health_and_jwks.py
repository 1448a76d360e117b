"""/health, /ready and /.well-known/jwks.json."""

import asyncio
from typing import Any

import httpx
from starlette.routing import Route, Router
from structlog.testing import capture_logs

from trellis.router.web.health import Readiness, health
from trellis.router.web.jwks import JwksEndpoint


def client_of(path: str, endpoint: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=Router([Route(path, endpoint)]))
    return httpx.AsyncClient(transport=transport, base_url="http://trellis.test")


async def fine() -> None:
    return None


async def broken() -> None:
    raise ConnectionError("database at 10.0.0.7 refused")


async def test_a_living_process_is_healthy():
    async with client_of("/health", health) as client:
        response = await client.get("/health")
        assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_it_is_ready_when_every_subgraph_is():
    async with client_of("/ready", Readiness({"a": fine, "b": fine}).respond) as client:
        response = await client.get("/ready")
        assert response.status_code == 200
        assert response.json() == {"status": "ok", "subgraphs": {"a": "ok", "b": "ok"}}


async def test_a_subgraph_that_is_not_ready_is_named_without_its_reasons():
    async with client_of("/ready", Readiness({"a": fine, "b": broken}).respond) as client:
        response = await client.get("/ready")
        assert response.status_code == 503
        assert response.headers["retry-after"] == "5"
        assert response.json() == {
            "status": "unavailable",
            "subgraphs": {"a": "ok", "b": "unavailable"},
        }


async def test_why_a_subgraph_is_not_ready_is_logged():
    with capture_logs() as logs:
        async with client_of("/ready", Readiness({"a": fine, "b": broken}).respond) as client:
            await client.get("/ready")
    (entry,) = logs
    assert (entry["event"], entry["subgraph"], entry["error"]) == (
        "not_ready",
        "b",
        "ConnectionError",
    )


async def test_a_subgraph_that_does_not_respond_is_not_ready():
    async def hangs() -> None:
        await asyncio.sleep(60)

    async with client_of("/ready", Readiness({"a": hangs}).respond) as client:
        async with asyncio.timeout(10):
            assert (await client.get("/ready")).status_code == 503


async def test_the_key_set_can_be_cached_and_revalidated():
    keys: dict[str, Any] = {"keys": [{"kid": "1", "kty": "RSA"}]}

    async def load() -> dict[str, Any]:
        return keys

    async with client_of("/jwks", JwksEndpoint(load).respond) as client:
        first = await client.get("/jwks")
        assert first.json() == keys
        assert first.headers["content-type"] == "application/jwk-set+json"
        assert first.headers["cache-control"] == "public, max-age=300"
        again = await client.get("/jwks", headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        keys["keys"].append({"kid": "2", "kty": "RSA"})
        rotated = await client.get("/jwks", headers={"if-none-match": first.headers["etag"]})
        assert (rotated.status_code, len(rotated.json()["keys"])) == (200, 2)
