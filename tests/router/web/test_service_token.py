"""Only the router reaches a subgraph on its own, and only the router is believed."""

import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import httpx
import pytest
from structlog.testing import capture_logs

from trellis.router.identity.credentials import Credentials
from trellis.router.trust.headers import CALLER, REQUEST, Vouch
from trellis.router.trust.service_tokens import SERVICE_TOKEN, ServiceTokens
from trellis.router.web.identity import credentials_of
from trellis.router.web.request_context import ContextMaker
from trellis.router.web.service_token import RequireServiceToken, vouched_context_of
from trellis.schema.errors import Forbidden
from trellis.schema.identity import Identity
from trellis.schema.request import RequestContext

# The clock stands still, for these tokens are made when the tests are collected.
NOW = time.time()
TOKENS = ServiceTokens([b"s" * 32], clock=lambda: NOW)
CONTEXT = RequestContext(
    identity=Identity(id=uuid4(), username="grace"),
    request_id="req-1",
    client_address="192.0.2.7",
    user_agent="curl/8",
)
VOUCHED = dict(Vouch(TOKENS, "orders")(CONTEXT))


class Inner:
    """Keeps the scopes that came through."""

    def __init__(self) -> None:
        self.scopes: list[Any] = []

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:
        self.scopes.append(scope)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"in"})


async def ask(
    headers: Sequence[tuple[str, str]] = (), path: str = "/graphql", *, is_open: bool = False
) -> tuple[httpx.Response, Inner]:
    inner = Inner()
    app = RequireServiceToken(
        inner,
        lambda token: TOKENS.is_valid(token, "orders"),
        open_paths=("/health",),
        is_open=is_open,
    )
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        return await client.post(path, headers=list(headers)), inner


async def test_a_websocket_without_service_token_is_refused():
    inner = Inner()
    app = RequireServiceToken(inner, lambda token: False)
    with pytest.raises(Forbidden, match="Only the router may call this subgraph"):
        await app({"type": "websocket", "path": "/graphql", "headers": []}, None, None)  # type: ignore[arg-type]
    assert inner.scopes == []


async def test_a_valid_service_token_is_accepted_and_its_context_trusted():
    response, inner = await ask([*VOUCHED.items(), ("authorization", "Bearer nonsense")])
    assert response.status_code == 200
    [scope] = inner.scopes
    assert vouched_context_of(scope) == CONTEXT
    assert credentials_of(scope) == Credentials(vouched=CONTEXT.identity)
    made = ContextMaker(("x-request-id",), 30)(scope)
    assert (made.identity, made.request_id) == (CONTEXT.identity, "req-1")
    assert (made.client_address, made.user_agent) == ("192.0.2.7", "curl/8")
    assert made.headers == {"x-request-id": "req-1"}


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(CALLER, VOUCHED[CALLER]), (REQUEST, VOUCHED[REQUEST])],
        [(SERVICE_TOKEN, "nonsense")],
        [(SERVICE_TOKEN, "")],
        [(SERVICE_TOKEN, TOKENS.sign("payments"))],
        [(SERVICE_TOKEN, ServiceTokens([b"o" * 32]).sign("orders"))],
        [(SERVICE_TOKEN, TOKENS.sign("orders"))] * 2,
        [(SERVICE_TOKEN, TOKENS.sign("orders")), (CALLER, "{}"), (CALLER, VOUCHED[CALLER])],
        [(SERVICE_TOKEN, TOKENS.sign("orders")), (CALLER, "nonsense")],
        [(SERVICE_TOKEN, TOKENS.sign("orders")), (CALLER, '{"id":' * 5000)],
        [("authorization", f"Bearer {TOKENS.sign('orders')}")],
    ],
    ids=[
        "nothing",
        "headers without a token",
        "nonsense",
        "empty",
        "another subgraph's",
        "another secret's",
        "two tokens",
        "two callers",
        "no JSON",
        "deep JSON",
        "in another header",
    ],
)
async def test_invalid_service_tokens_are_refused(headers: list[tuple[str, str]]):
    response, inner = await ask(headers)
    assert response.status_code == 403
    assert response.json()["code"] == "SERVICE_TOKEN_REQUIRED"
    assert "data" not in response.json() and "errors" not in response.json()
    assert inner.scopes == []


@pytest.mark.parametrize("path", ["/internal/revocations", "/graphql/", "/health/../graphql", "/"])
async def test_all_paths_except_for_open_ones_need_a_token(path: str):
    response, inner = await ask(path=path)
    assert response.status_code == 403
    assert inner.scopes == []


async def test_refusals_are_logged_with_the_beginning_of_the_path():
    with capture_logs() as logs:
        await ask(path="/" + "x" * 500)
        await ask(path="/health")
    assert [(entry["event"], entry["path"]) for entry in logs] == [
        ("refused_without_service_token", "/" + "x" * 199)
    ]


async def test_an_open_path_needs_no_token_and_trusts_no_header():
    response, inner = await ask(VOUCHED.items(), "/health")  # pyright: ignore
    assert response.status_code == 200
    assert vouched_context_of(inner.scopes[0]) is None


async def test_without_a_service_token_an_open_subgraph_only_uses_the_callers_token():
    headers = [
        (CALLER, VOUCHED[CALLER]),
        (REQUEST, VOUCHED[REQUEST]),
        ("authorization", "Bearer x"),
    ]
    response, inner = await ask(headers, is_open=True)
    assert response.status_code == 200
    assert vouched_context_of(inner.scopes[0]) is None
    assert credentials_of(inner.scopes[0]) == Credentials("Bearer x")
    assert ContextMaker((), 30)(inner.scopes[0]).client_address != "192.0.2.7"


async def test_an_open_subgraph_refuses_an_invalid_service_token():
    response, _ = await ask([(SERVICE_TOKEN, "nonsense")], is_open=True)
    assert response.status_code == 403
