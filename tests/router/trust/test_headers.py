import time
from dataclasses import replace
from uuid import uuid4

import pytest

from trellis.router.trust.headers import (
    CALLER,
    REQUEST,
    Vouch,
    read_context,
)
from trellis.router.trust.service_tokens import SERVICE_TOKEN, ServiceTokens
from trellis.router.trust.wire import identity_from_json, identity_to_json
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.rate_limit import RateLimitState
from trellis.schema.request import RequestContext

USER = Identity(
    id=uuid4(),
    username="grace",
    email="grace@example.com",
    roles=frozenset({"user", "project_admin"}),
    scopes=frozenset({"read:projects", "write:projects"}),
    tenant_id=uuid4(),
    token_id="token-1",
    expires_at=1_900_000_000,
    issued_at=1_899_999_100,
    session_id=uuid4(),
    team_id=uuid4(),
    tier="pro",
)
SERVICE = Identity(id=uuid4(), kind="service", key_id="key-1", scopes=frozenset({"read:users"}))
VOUCH = Vouch(ServiceTokens([b"s" * 32]), "orders")


def back(context: RequestContext) -> RequestContext:
    headers = VOUCH(context)
    for value in headers.values():
        assert value.isascii() and value.isprintable()
    return read_context(headers.get(CALLER), headers[REQUEST])


@pytest.mark.parametrize("identity", [ANONYMOUS, USER, SERVICE], ids=["nobody", "user", "service"])
def test_every_fact_survives_the_way(identity: Identity):
    context = RequestContext(
        identity=identity,
        request_id="req-1",
        client_address="2001:db8::1",
        user_agent="curl/8",
        profile="tracker",
        route="POST /api/v1/auth/login",
        rate_limit=(RateLimitState("requests", 100, 60, 7, 1_900_000_000),),
    )
    assert back(context) == context


def test_every_member_of_a_context_travels_but_whether_this_process_has_counted_it():
    """Files are parts of the request's body; dry runs stay in one process (decision 0113)."""
    staying = {"charge", "uploads", "is_dry_run"}
    assert set(RequestContext.__dataclass_fields__) - staying == {
        "identity",
        "request_id",
        "headers",
        "deadline",
        "client_address",
        "user_agent",
        "profile",
        "route",
        "rate_limit",
    }


def test_every_member_of_an_identity_travels():
    assert set(Identity.__dataclass_fields__) == {
        "id",
        "username",
        "email",
        "roles",
        "scopes",
        "tenant_id",
        "token_id",
        "expires_at",
        "issued_at",
        "session_id",
        "team_id",
        "kind",
        "key_id",
        "tier",
    }
    assert identity_from_json(identity_to_json(USER)) == USER


def test_the_time_left_travels_instead_of_the_deadline():
    deadline = time.monotonic() + 20
    found = back(RequestContext(deadline=deadline)).deadline
    assert found is not None and found == pytest.approx(deadline, abs=0.5)
    assert back(RequestContext(deadline=time.monotonic() - 5)).deadline == pytest.approx(
        time.monotonic(), abs=0.5
    )


@pytest.mark.parametrize(
    "text", ["Grüße", "日本", "a\r\nx-evil: 1", "\x00\x7f", '"\\', "\ud800", "🦀" * 200]
)
def test_no_text_can_leave_its_header(text: str):
    caller = replace(USER, username=text, scopes=frozenset({text}))
    assert back(RequestContext(identity=caller, user_agent=text)).identity == caller


def test_an_anonymous_caller_has_no_header():
    assert set(VOUCH(RequestContext())) == {SERVICE_TOKEN, REQUEST}


@pytest.mark.parametrize(
    "caller",
    ["", "[]", "nonsense", '{"id": 1}', '{"id": "x"}', '{"roles": "admin"}', '{"kind": "god"}']
    + ['{"expiresAt": true}', '{"scopes": [1]}'],
)
def test_a_caller_that_no_router_writes_is_an_error(caller: str):
    with pytest.raises(ValueError):
        read_context(caller, None)


def test_members_of_newer_routers_are_left_alone():
    assert read_context('{"shoeSize": 44}', '{"id": "req-1", "weather": "fine"}') == RequestContext(
        request_id="req-1"
    )
