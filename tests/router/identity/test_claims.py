from typing import Any
from uuid import UUID

import pytest

from trellis.router.identity.claims import ClaimNames, ForeignClaims
from trellis.schema.identity import Identity

ISSUER = "https://sso.example"
CLAIMS = {
    "sub": "auth0|5f7c8ec7",
    "preferred_username": "grace",
    "email": "grace@example.com",
    "realm_access": {"roles": ["user", "project_admin"]},
    "https://example.com/org": "acme",
    "scope": "read:projects write:projects",
    "plan": "pro",
    "jti": "t-1",
    "iat": 1_000,
    "exp": 1_900.0,
}
NAMES = ClaimNames(
    username="preferred_username",
    email="email",
    roles="realm_access.roles",
    tenant="https://example.com/org",
    tier="plan",
)
OWN_ID = "7f0c3b62-6a3a-4c4e-9f59-0b6a2b9c1d10"


def identity(names: ClaimNames = NAMES, issuer: str = ISSUER, **changes: Any) -> Identity:
    return ForeignClaims(issuer, names).to_identity({**CLAIMS, **changes})


def test_claims_are_read_under_the_issuers_names():
    assert identity() == Identity(
        id=UUID("1dc9c884-fa7f-5957-8393-c3a69fdb1918"),
        username="grace",
        email="grace@example.com",
        roles=frozenset({"user", "project_admin"}),
        scopes=frozenset({"read:projects", "write:projects"}),
        tenant_id=identity().tenant_id,
        token_id="t-1",
        expires_at=1_900,
        issued_at=1_000,
        tier="pro",
    )


def test_what_has_no_name_is_not_read():
    found = identity(ClaimNames(), roles=["admin"], tenant=OWN_ID, username="root")
    assert (found.roles, found.tenant_id, found.username) == (frozenset(), None, None)


def test_an_id_is_the_same_with_every_token_and_of_one_issuer_only():
    assert identity().id == identity(jti="t-2", iat=2_000).id
    assert identity().id != identity(sub="auth0|other").id
    assert identity().id != identity(issuer="https://other.example").id
    assert identity(sub="acme").id != identity(sub="acme").tenant_id


def test_an_issuer_cannot_name_our_users_or_tenants():
    assert str(identity(sub=OWN_ID).id) != OWN_ID
    tenant = identity(**{"https://example.com/org": OWN_ID}).tenant_id  # pyright: ignore[reportArgumentType]
    assert str(tenant) != OWN_ID


def test_an_issuer_of_our_own_people_can():
    reader = ForeignClaims(ISSUER, NAMES, "own")
    found = reader.to_identity({**CLAIMS, "sub": OWN_ID, "https://example.com/org": OWN_ID})
    assert (str(found.id), str(found.tenant_id)) == (OWN_ID, OWN_ID)
    with pytest.raises(ValueError):
        reader.to_identity(CLAIMS)


def test_a_claim_of_the_whole_name_comes_before_a_path():
    names = ClaimNames(roles="a.b")
    assert identity(names, **{"a.b": ["exact"], "a": {"b": ["path"]}}).roles == {"exact"}
    assert identity(names, a={"b": "two words"}).roles == {"two", "words"}
    assert identity(names, a="text").roles == frozenset()


@pytest.mark.parametrize(
    "changes",
    [
        {"sub": ""},
        {"sub": None},
        {"sub": 7},
        {"sub": "x" * 256},
        {"sub": "\ud800"},
        {"email": ["a@example.com"]},
        {"scope": {"read": True}},
        {"scope": [1]},
        {"realm_access": {"roles": [["admin"]]}},
        {"plan": 3},
        {"jti": 3},
        {"exp": "soon"},
    ],
)
def test_claims_of_the_wrong_shape_are_refused(changes: dict[str, Any]):
    with pytest.raises(ValueError):
        identity(**changes)
