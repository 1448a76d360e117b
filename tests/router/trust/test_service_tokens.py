import time
from typing import Any

import jwt
import pytest

from trellis.router.trust.service_tokens import ServiceTokens

SECRET, OTHER = b"s" * 32, b"o" * 32


class Clock:
    def __init__(self) -> None:
        self.now = float(int(time.time()))

    def __call__(self) -> float:
        return self.now


def token(header: dict[str, Any] | None = None, secret: bytes = SECRET, **changes: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": "trellis:router",
        "aud": "trellis:subgraph:orders",
        "iat": now,
        "exp": now + 60,
        **changes,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, secret, headers={"typ": "service+jwt", **(header or {})})


def test_a_token_is_good_for_its_subgraph_only():
    tokens = ServiceTokens([SECRET])
    signed = tokens.sign("orders")
    assert tokens.is_valid(signed, "orders")
    assert ServiceTokens([SECRET]).is_valid(signed, "orders")
    assert not tokens.is_valid(signed, "payments")
    assert not ServiceTokens([OTHER]).is_valid(signed, "orders")


def test_it_is_signed_again_after_half_a_minute():
    clock = Clock()
    tokens = ServiceTokens([SECRET], clock=clock)
    first = tokens.sign("orders")
    clock.now += 29
    assert tokens.sign("orders") == first
    clock.now += 1
    assert tokens.sign("orders") != first
    assert tokens.sign("payments") != tokens.sign("orders")


def test_a_clock_set_back_signs_anew():
    clock = Clock()
    tokens = ServiceTokens([SECRET], clock=clock)
    first = tokens.sign("orders")
    clock.now -= 3600
    assert tokens.sign("orders") != first


def test_an_old_token_is_refused_even_when_it_is_remembered():
    clock = Clock()
    tokens = ServiceTokens([SECRET], clock=clock)
    signed = tokens.sign("orders")
    assert tokens.is_valid(signed, "orders")
    clock.now += 90 + 60
    assert not tokens.is_valid(signed, "orders")
    assert not ServiceTokens([SECRET], clock=clock).is_valid(signed, "orders")


def test_a_new_secret_follows_an_old_one_without_a_pause():
    before, during, after = [OTHER], [SECRET, OTHER], [SECRET]
    assert ServiceTokens(during).is_valid(ServiceTokens(before).sign("orders"), "orders")
    assert ServiceTokens(during).is_valid(ServiceTokens(during).sign("orders"), "orders")
    assert ServiceTokens(after).is_valid(ServiceTokens(during).sign("orders"), "orders")
    assert not ServiceTokens(after).is_valid(ServiceTokens(before).sign("orders"), "orders")


def test_the_hand_made_token_of_this_test_is_good():
    assert ServiceTokens([SECRET]).is_valid(token(), "orders")


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "a.b.c",
        "x" * 5000,
        token(secret=OTHER),
        token(header={"typ": "JWT"}),
        token(header={"typ": None}),
        token(header={"crit": ["exp"], "exp": 1}),
        token(iss="someone"),
        token(iss=None),
        token(aud="trellis:subgraph:payments"),
        token(aud=None),
        token(iat=None),
        token(exp=None),
        token(exp=int(time.time()) + 3600),
        token(exp=int(time.time()) - 600, iat=int(time.time()) - 660),
        token(iat=int(time.time()) + 86_400, exp=int(time.time()) + 86_460),
        jwt.encode({"aud": "trellis:subgraph:orders"}, "", algorithm="none"),
    ],
    ids=range(17),
)
def test_anything_else_is_refused(forged: str):
    assert not ServiceTokens([SECRET]).is_valid(forged, "orders")


def test_the_memory_is_bounded():
    clock = Clock()
    tokens = ServiceTokens([SECRET], clock=clock)
    for _ in range(200):
        clock.now += 30
        assert tokens.is_valid(tokens.sign("orders"), "orders")
    assert len(tokens._checked) <= 64
