"""What pages of other origins may ask and read: the Fetch standard, section 3.2."""

from typing import Any

import httpx
import pytest

from trellis.router.config import Config, Cors
from trellis.router.web.cors import AllowOrigins
from trellis.router.web.response_headers import ResponseHeaders

HERE, ELSEWHERE = "https://app.example.com", "https://evil.example.com"
READABLE = {
    *("x-request-id", "retry-after", "location", "etag", "ratelimit", "ratelimit-policy"),
    *("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-ratelimit-window"),
    *("api-version", "api-supported-versions", "api-deprecated-versions"),
    *("deprecation", "sunset", "link", "idempotency-replayed"),
}
SENDABLE = {
    *("authorization", "x-api-key", "content-type", "idempotency-key", "x-request-id"),
    *("x-trellis-plan", "x-trellis-preflight", "x-client-version", "accept-language"),
    *("if-match", "if-none-match"),
}
BY_THEMSELVES = {"accept", "accept-language", "content-language", "content-type"}


async def app(scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"answer"})


async def ask(method: str, origins: tuple[str, ...] = (HERE,), **headers: str) -> httpx.Response:
    subject = ResponseHeaders(AllowOrigins(app, origins, max_age_seconds=77))
    transport = httpx.ASGITransport(subject)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient(transport=transport, base_url="http://trellis") as client:
        return await client.request(method, "/graphql", headers=named)


async def preflight(origin: str, method: str, header: str = "content-type") -> httpx.Response:
    return await ask(
        "OPTIONS",
        origin=origin,
        access_control_request_method=method,
        access_control_request_headers=header,
    )


def names(answer: httpx.Response, header: str) -> set[str]:
    return set(answer.headers[header].lower().replace(" ", "").split(","))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_a_preflight_of_a_known_origin_is_told_what_it_may_send(method: str):
    answer = await preflight(HERE, method)

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == HERE
    assert answer.headers["access-control-max-age"] == "77"
    assert names(answer, "access-control-allow-methods") == {
        *("get", "post", "put", "patch", "delete", "options")
    }
    assert names(answer, "access-control-allow-headers") == SENDABLE | BY_THEMSELVES
    assert answer.headers["access-control-allow-credentials"] == "true"


async def test_credentials_are_not_allowed_if_all_origins_are():
    answer = await ask("POST", ("*",), origin=ELSEWHERE)

    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


def test_development_origins_are_allowed_in_development_only():
    cors = Cors(origins=(HERE,))
    local = ("http://localhost:3000", "http://localhost:5173")

    assert Config(mode="development", cors=cors).allowed_origins == (HERE, *local)
    assert Config(mode="production", cors=cors).allowed_origins == (HERE,)


@pytest.mark.parametrize(
    ("origin", "method", "header"),
    [
        (ELSEWHERE, "POST", "content-type"),
        (HERE, "TRACE", "content-type"),
        (HERE, "POST", "cookie"),
    ],
)
async def test_a_preflight_of_anything_else_is_refused(origin: str, method: str, header: str):
    assert (await preflight(origin, method, header)).status_code == 400


async def test_a_page_of_a_known_origin_may_read_the_answer_and_its_headers():
    answer = await ask("POST", origin=HERE)

    assert answer.text == "answer"
    assert answer.headers["access-control-allow-origin"] == HERE
    assert names(answer, "access-control-expose-headers") == READABLE
    assert names(answer, "vary") == {"origin"}


async def test_a_response_to_an_unknown_origin_allows_no_origin():
    answer = await ask("POST", origin=ELSEWHERE)

    assert answer.text == "answer"
    assert "access-control-allow-origin" not in answer.headers


async def test_responses_without_an_origin_vary_by_origin():
    answer = await ask("POST")

    assert answer.headers.get_list("vary") == ["Origin"]
