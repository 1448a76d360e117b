"""What HTTP wants beside the status of an error, and what becomes of anything else."""

from typing import Any

import orjson
import pytest

from trellis.router.errors import OperationRefused
from trellis.router.web.errors import Errors, error_headers, graphql_error_body
from trellis.router.web.refusals import MethodNotAllowed
from trellis.schema.errors import (
    Conflict,
    Forbidden,
    NotFound,
    TrellisError,
    Unauthenticated,
    Unavailable,
)


@pytest.mark.parametrize(
    ("error", "headers"),
    [
        (NotFound("x"), []),
        (Forbidden("x"), []),
        (Conflict("x", current=2), []),
        (Unauthenticated("x"), [(b"www-authenticate", b"Bearer")]),
        (
            Unauthenticated("x", reason="TOKEN_EXPIRED"),
            [(b"www-authenticate", b'Bearer error="invalid_token"')],
        ),
        (MethodNotAllowed("GET, POST"), [(b"allow", b"GET, POST")]),
        (Unavailable("x"), [(b"retry-after", b"5")]),
        (Unavailable("x", retry_after=7), [(b"retry-after", b"7")]),
        (Conflict("x", retry_after=3), [(b"retry-after", b"3")]),
        (OperationRefused([{"message": "x"}], http_status=403), []),
        (OperationRefused([{"message": "x"}], http_status=503), [(b"retry-after", b"5")]),
    ],
)
def test_an_error_has_the_headers_of_its_status(
    error: TrellisError, headers: list[tuple[bytes, bytes]]
):
    assert error_headers(error) == headers


def test_a_refusal_of_an_operation_is_answered_with_its_own_errors():
    errors = [{"message": "x", "path": ["a"]}, {"message": "y"}]
    assert graphql_error_body(OperationRefused(errors), "r-1") == {"errors": errors}


async def run(app: Any, kind: str = "http") -> list[Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await Errors(app)({"type": kind, "headers": []}, None, send)  # pyright: ignore
    return sent


async def test_an_exception_before_the_response_is_answered_and_a_later_one_is_raised():
    async def fails(_scope: Any, _receive: Any, _send: Any) -> None:
        raise NotFound("It is gone.")

    start, body = await run(fails)
    assert (start["status"], dict(start["headers"])[b"content-length"]) == (
        404,
        b"%d" % len(body["body"]),
    )
    assert orjson.loads(body["body"])["errors"][0]["message"] == "It is gone."

    async def fails_late(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise NotFound("It is gone.")

    with pytest.raises(NotFound):
        await run(fails_late)


async def test_a_refused_handshake_is_a_close_and_the_lifespan_is_passed_on():
    async def refuses(_scope: Any, _receive: Any, _send: Any) -> None:
        raise Forbidden("Not from there.")

    assert await run(refuses, "websocket") == [
        {"type": "websocket.close", "code": 1008, "reason": "FORBIDDEN"}
    ]
    with pytest.raises(Forbidden):
        await run(refuses, "lifespan")
