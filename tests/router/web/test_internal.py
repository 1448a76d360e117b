"""``/internal/revocations`` and ``/internal/api-keys`` of a subgraph."""

import re
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
from starlette.routing import Router

from tests.support.office import billing, office
from trellis.router.config import Limits
from trellis.router.web.errors import Errors
from trellis.router.web.internal import internal_routes
from trellis.schema.identity import Identity
from trellis.schema.revocations import Revocations
from trellis.schema.subgraph import Subgraph

ROBOT = Identity(UUID(int=7), kind="service", key_id="k1", scopes=frozenset({"read:things"}))
LONGEST = "k" * 512
KEYS = {"trk_good": ROBOT, LONGEST: replace(ROBOT, key_id="long")}
LISTED = {"sessions": [], "tokens": [], "users": [], "keys": ["k1"], "issuedBefore": {}}


class Keys:
    """Whose keys are which, and which texts were tried."""

    def __init__(self) -> None:
        self.tried: list[str] = []
        self.revoked = Revocations(keys=frozenset({"k1"}))

    async def verify(self, key: str) -> Identity | None:
        self.tried.append(key)
        return KEYS.get(key)

    async def revocations(self) -> Revocations:
        return self.revoked


@pytest.fixture
def keys() -> Keys:
    return Keys()


def client_of(subgraph: Subgraph, limits: Limits | None = None) -> httpx.AsyncClient:
    app = Errors(Router(internal_routes(subgraph, limits or Limits())))
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://office.test")


def knowing(keys: Keys) -> Subgraph:
    return replace(billing, verify_api_key=keys.verify, revocations=keys.revocations)


async def post(keys: Keys, content: bytes, media: str = "application/json") -> httpx.Response:
    async with client_of(knowing(keys), Limits(body_bytes=2_000)) as client:
        headers = {"content-type": media}
        return await client.post("/internal/api-keys", content=content, headers=headers)


@pytest.mark.parametrize(
    ("key", "caller"),
    [
        ("trk_good", {"id": str(UUID(int=7)), "kind": "service", "keyId": "k1"}),
        (LONGEST, {"id": str(UUID(int=7)), "kind": "service", "keyId": "long"}),
        ("trk_other", None),
        ("", None),
    ],
    ids=["known", "as long as keys may be", "unknown", "empty"],
)
async def test_a_valid_key_returns_its_identity(
    keys: Keys, key: str, caller: dict[str, Any] | None
):
    response = await post(keys, orjson.dumps({"key": key}))
    expected = None if caller is None else {**caller, "scopes": ["read:things"]}
    assert (response.status_code, response.json()) == (200, {"caller": expected})
    assert response.headers["content-type"] == "application/json"
    assert keys.tried == [key]


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        (orjson.dumps({"key": LONGEST + "k"}), "application/json", 400),
        (b'{"key": 5}', "application/json", 400),
        (b'{"key": null}', "application/json", 400),
        (b"{}", "application/json", 400),
        (b'["key"]', "application/json", 400),
        (b'"trk_good"', "application/json", 400),
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b'{"key": "trk_good"}', "text/plain", 415),
        (b'{"key": "trk_good"' + b" " * 2_000 + b"}", "application/json", 413),
    ],
)
async def test_an_invalid_body_is_refused_without_verification(
    keys: Keys, body: bytes, media: str, status: int
):
    response = await post(keys, body, media)
    assert (response.status_code, keys.tried) == (status, [])


async def test_unchanged_revocations_are_304(keys: Keys):
    async with client_of(knowing(keys)) as client:
        first = await client.get("/internal/revocations")
        etag = {"if-none-match": first.headers["etag"]}
        same = await client.get("/internal/revocations", headers=etag)
        keys.revoked = Revocations(keys=frozenset({"k1"}), issued_before={UUID(int=1): 5})
        changed = await client.get("/internal/revocations", headers=etag)

    assert (first.status_code, first.json()) == (200, LISTED)
    assert first.headers["cache-control"] == "no-store"
    assert re.fullmatch('"[0-9a-f]{32}"', first.headers["etag"])
    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["etag"] == first.headers["etag"]
    assert changed.json() == {**LISTED, "issuedBefore": {str(UUID(int=1)): 5}}
    assert changed.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize(
    ("subgraph", "paths"),
    [
        (billing, []),
        (office, ["/internal/policies"]),
        (replace(billing, verify_api_key=Keys().verify), ["/internal/api-keys"]),
        (replace(billing, revocations=Keys().revocations), ["/internal/revocations"]),
    ],
)
def test_a_subgraph_has_routes_for_what_it_provides(subgraph: Subgraph, paths: list[str]):
    routes = internal_routes(subgraph, Limits())
    assert [route.path for route in routes] == paths  # type: ignore[attr-defined]
    methods = {
        "/internal/policies": {"GET", "HEAD", "POST"},
        "/internal/api-keys": {"POST"},
        "/internal/revocations": {"GET", "HEAD"},
    }
    assert [route.methods for route in routes] == [methods[path] for path in paths]  # type: ignore[attr-defined]
