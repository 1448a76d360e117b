"""What the pipeline and subgraphs learn about a request."""

from typing import Any

import pytest

from trellis.router.web.request_context import ContextMaker
from trellis.schema.identity import Identity

HEADERS = [
    (b"accept-language", b"de"),
    (b"authorization", b"Bearer x"),
    (b"x-trellis-caller", b"forged"),
    (b"x-request-id", b"chosen"),
]


def scope(**more: Any) -> dict[str, Any]:
    return {"headers": HEADERS, "client": ("192.0.2.1", 1), "trellis.request_id": "settled", **more}


@pytest.mark.parametrize(
    ("allowed", "travelling"),
    [
        ((), {}),
        (("Accept-Language",), {"accept-language": "de"}),
        (
            ("accept-language", "AUTHORIZATION"),
            {"accept-language": "de", "authorization": "Bearer x"},
        ),
        (("X-Request-Id",), {"x-request-id": "settled"}),
        (("x-other",), {}),
    ],
)
def test_only_allowed_headers_are_forwarded(allowed: tuple[str, ...], travelling: dict[str, str]):
    context = ContextMaker(allowed, 30)(scope())
    assert context.headers == travelling
    assert (context.request_id, context.client_address) == ("settled", "192.0.2.1")


def test_a_later_authorization_is_forwarded_instead_of_the_header():
    ada = Identity(username="ada")
    later = ContextMaker(("authorization",), 30)(scope(), ada, "Bearer later")
    assert (later.identity, later.headers) == (ada, {"authorization": "Bearer later"})
    assert ContextMaker((), 30)(scope(), ada, "Bearer later").headers == {}


@pytest.mark.parametrize(("length", "kept"), [(511, 511), (512, 512), (513, 512), (5_000, 512)])
def test_a_user_agent_is_kept_up_to_512_characters(length: int, kept: int):
    given = scope(headers=[(b"user-agent", b"x" * length)])
    assert ContextMaker((), 30)(given).user_agent == "x" * kept
