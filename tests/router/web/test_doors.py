"""The layers around every door: request id, headers, origins, limits, identity, last boundary."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from trellis.router.config import Config, Cors, Limits
from trellis.router.identity.credentials import Credentials
from trellis.router.serving.wiring import wrap
from trellis.router.web.csrf import Csrf
from trellis.router.web.identity import CallerIdentity, identity_of
from trellis.router.web.request_id import request_id_of
from trellis.schema.errors import Conflict, Unauthenticated, Unavailable
from trellis.schema.identity import ANONYMOUS, Identity

APP = "https://app.example"


async def door(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answers with the request id; paths make it fail."""
    match scope["path"]:
        case "/conflict":
            raise Conflict("Someone was faster.", current=2)
        case "/down":
            raise Unavailable("Try again later.", retry_after=7)
        case "/crash":
            raise RuntimeError("secret: swordfish in /home/me/app.py")
    headers = [(b"content-type", b"text/plain")]
    if scope["path"] == "/cached":
        headers.append((b"cache-control", b"public"))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": request_id_of(scope).encode()})


def client_of(app: Any, config: Config | None = None) -> httpx.AsyncClient:
    wrapped = wrap(app, config or Config(cors=Cors(origins=(APP,))))
    transport = httpx.ASGITransport(app=wrapped)
    return httpx.AsyncClient(transport=transport, base_url="http://trellis.test")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(door) as client:
        yield client


async def test_a_valid_request_id_is_kept(client: httpx.AsyncClient):
    response = await client.get("/", headers={"x-request-id": "Order-7.a_b"})
    assert response.text == response.headers["x-request-id"] == "Order-7.a_b"


@pytest.mark.parametrize("hostile", ["", "a b", "x" * 129, "${jndi:ldap}", "a;b", "é", "a\tb"])
async def test_an_invalid_request_id_is_replaced(client: httpx.AsyncClient, hostile: str):
    response = await client.get("/", headers=[(b"x-request-id", hostile.encode())])
    assert response.text == response.headers["x-request-id"]
    assert response.text != hostile
    assert str(UUID(response.text)) == response.text


@pytest.mark.parametrize("path", ["/", "/conflict", "/crash"])
async def test_every_answer_carries_the_security_headers(client: httpx.AsyncClient, path: str):
    headers = (await client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["cache-control"] == "no-store"
    assert headers["vary"] == "Origin"
    assert "server" not in headers


async def test_a_response_can_have_its_own_cache_control(client: httpx.AsyncClient):
    assert (await client.get("/cached")).headers["cache-control"] == "public"


async def test_the_callers_errors_have_code_status_and_details(client: httpx.AsyncClient):
    response = await client.get("/conflict")
    assert response.status_code == 409
    assert response.json() == {
        "errors": [
            {
                "message": "Someone was faster.",
                "extensions": {"code": "CONFLICT", "current": 2},
            }
        ]
    }


async def test_unavailability_has_a_retry_after(client: httpx.AsyncClient):
    response = await client.get("/down")
    assert (response.status_code, response.headers["retry-after"]) == (503, "7")


async def test_internal_errors_contain_only_the_request_id(client: httpx.AsyncClient):
    response = await client.get("/crash", headers={"x-request-id": "find-me"})
    assert response.status_code == 500
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "INTERNAL", "requestId": "find-me"}
    assert "swordfish" not in response.text
    assert "app.py" not in response.text


async def test_only_the_listed_origins_may_read(client: httpx.AsyncClient):
    for origin, allowed in [(APP, APP), ("https://app.example.evil", None), ("null", None)]:
        response = await client.get("/conflict", headers={"origin": origin})
        assert response.headers.get("access-control-allow-origin") == allowed
        assert "origin" in response.headers["vary"].lower()


async def test_a_preflight_is_answered_and_kept_for_an_hour(client: httpx.AsyncClient):
    headers = {
        "origin": APP,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }
    response = await client.options("/graphql", headers=headers)
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == APP
    assert response.headers["access-control-max-age"] == "3600"
    refused = await client.options(
        "/graphql", headers={**headers, "origin": "https://evil.example"}
    )
    assert "access-control-allow-origin" not in refused.headers


async def test_answers_vary_by_origin_also_where_no_origin_is_allowed():
    async with client_of(door, Config()) as client:
        assert (await client.get("/")).headers["vary"] == "Origin"


async def test_long_urls_and_many_or_large_headers_are_refused():
    config = Config(limits=Limits(url_bytes=50, headers=10, header_bytes=500))
    async with client_of(door, config) as client:
        assert (await client.get("/" + "a" * 60)).status_code == 414
        many = {f"x-{n}": "1" for n in range(10)}
        assert (await client.get("/", headers=many)).status_code == 431
        assert (await client.get("/", headers={"x": "a" * 500})).status_code == 431
        assert (await client.get("/")).status_code == 200


ADA = Identity(username="ada")


async def authenticate(credentials: Credentials) -> Identity:
    authorization = credentials.authorization
    if authorization is None:
        return ANONYMOUS
    if authorization == "Bearer ada":
        return ADA
    raise Unauthenticated("The access token has expired.", reason="TOKEN_EXPIRED")


async def whoami(scope: Scope, _receive: Receive, send: Send) -> None:
    body = str(identity_of(scope).username).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


async def test_a_token_identifies_the_caller_and_an_invalid_one_is_401():
    async with client_of(CallerIdentity(whoami, authenticate)) as client:
        assert (await client.get("/")).text == "None"
        good = await client.get("/", headers={"authorization": "Bearer ada"})
        assert good.text == "ada"
        bad = await client.get("/", headers={"authorization": "Bearer eve"})
        assert bad.status_code == 401
        assert bad.headers["www-authenticate"] == 'Bearer error="invalid_token"'
        assert bad.json()["errors"][0]["extensions"] == {
            "code": "UNAUTHENTICATED",
            "reason": "TOKEN_EXPIRED",
        }
        twice = [("authorization", "Bearer ada"), ("authorization", "Bearer ada")]
        assert (await client.get("/", headers=twice)).status_code == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"sec-fetch-mode": "cors"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"cookie": "session=1"}, 403),
        ({"referer": "https://evil.example/"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"sec-fetch-site": "cross-site", "x-trellis-preflight": "1"}, 200),
        ({"origin": APP, "authorization": "Bearer x"}, 200),
        ({"origin": APP, "apollo-require-preflight": "1"}, 200),
        ({"origin": APP, "content-type": "application/json"}, 200),
        ({"origin": APP, "content-type": "Application/JSON ; charset=utf-8"}, 200),
        ({"origin": APP, "content-type": "text/plain"}, 403),
        # These a browser sends without asking: only the type before the parameters counts.
        ({"origin": APP, "content-type": "text/plain; x=application/json"}, 403),
        ({"origin": APP, "content-type": "text/plain, application/json"}, 403),
    ],
)
async def test_a_get_that_another_site_could_cause_is_refused(headers: dict[str, str], status: int):
    async with client_of(Csrf(door)) as client:
        response = await client.get("/graphql", params={"query": "{ hello }"}, headers=headers)
        assert response.status_code == status
        if status == 403:
            assert response.json()["errors"][0]["extensions"]["code"] == "CSRF_PREVENTION"
