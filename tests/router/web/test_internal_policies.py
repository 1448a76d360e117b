"""``/internal/policies`` of a subgraph: who may ask, and what becomes of bad questions."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from pydantic import SecretStr

from tests.support.office import ADA, diary
from trellis.router.config import Auth, Config, SubgraphSource
from trellis.router.serving.subgraph_app import build_subgraph_app
from trellis.router.trust.service_tokens import SERVICE_TOKEN, ServiceTokens
from trellis.router.trust.wire import identity_to_json

SECRET = "s" * 32
PATH = "/internal/policies"
OBJECT = {"__typename": "Project", "ownerName": "ada"}


def token(secret: str = SECRET, subgraph: str = "office") -> str:
    return ServiceTokens([secret.encode()]).sign(subgraph)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    names = ("office", "billing")
    config = Config(
        subgraphs={name: SubgraphSource(module=f"tests.support.office:{name}") for name in names},
        auth=Auth(service_secret=SecretStr(SECRET)),
        data_dir=tmp_path,
    )
    transport = httpx.ASGITransport(app=build_subgraph_app(config, "office"))
    diary.clear()
    async with httpx.AsyncClient(transport=transport, base_url="http://office.test") as client:
        yield client


async def question(client: httpx.AsyncClient, **members: Any) -> dict[str, Any]:
    """A good one, with ``members`` in place of its own."""
    listed = await client.get(PATH, headers={SERVICE_TOKEN: token()})
    return {
        "version": listed.json()["version"],
        "policy": "owner:project",
        "caller": identity_to_json(ADA),
        "objects": [OBJECT, {**OBJECT, "ownerName": "bob"}],
        **members,
    }


async def ask(client: httpx.AsyncClient, body: Any, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    given = {SERVICE_TOKEN: token(), "content-type": "application/json", **headers}
    return await client.post(PATH, content=content, headers=given)


async def test_a_get_lists_the_policies(client: httpx.AsyncClient):
    listed = await client.get(PATH, headers={SERVICE_TOKEN: token()})
    assert listed.json()["policies"] == [
        {"name": "auditor", "needs": None},
        {"name": "keeper:vault", "needs": {"": "keeper { name }"}},
        {"name": "owner:project", "needs": {"Note": "ownerName", "Project": "ownerName"}},
        {"name": "tier:pro", "needs": None},
    ]


async def test_each_object_gets_its_answer_in_order(client: httpx.AsyncClient):
    response = await ask(client, await question(client))
    assert (response.status_code, response.json()) == (200, {"answer": [True, False]})
    assert [who for _, who, _ in diary.policies] == ["ada"]


async def test_an_anonymous_caller_has_no_members(client: httpx.AsyncClient):
    response = await ask(client, await question(client, caller={}))
    assert response.json() == {"answer": [False, False]}


async def test_a_policy_about_the_caller_answers_once(client: httpx.AsyncClient):
    asked = await question(client, policy="auditor")
    del asked["objects"]
    assert (await ask(client, asked)).json() == {"answer": False}


@pytest.mark.parametrize(
    "proof",
    [
        {},
        {SERVICE_TOKEN: ""},
        {SERVICE_TOKEN: "x"},
        {SERVICE_TOKEN: token("t" * 32)},
        {SERVICE_TOKEN: token(subgraph="billing")},
        {"authorization": f"Bearer {token()}"},
        {"x-trellis-caller": "{}"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_internal_routes_require_the_service_token(
    client: httpx.AsyncClient, proof: dict[str, str], method: str
):
    body = orjson.dumps(await question(client))
    diary.clear()
    headers = {"content-type": "application/json", **proof}
    response = await client.request(method, PATH, content=body, headers=headers)
    assert response.status_code == 403
    assert "owner:project" not in response.text
    assert diary.policies == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"policy"',
        b"\xff\xfe",
        b'{"version": NaN}',
        b'{"a":' * 2000,
        b"[" * 100_000,
    ],
)
async def test_a_malformed_policy_request_is_refused(client: httpx.AsyncClient, body: bytes):
    response = await ask(client, body)
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert diary.policies == []


def without(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda good: {key: value for key, value in good.items() if key != name}


def having(**members: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda good: {**good, **members}


@pytest.mark.parametrize(
    "spoil",
    [
        without("version"),
        without("policy"),
        without("caller"),
        having(policy=7),
        having(version=None),
        having(caller="ada"),
        having(caller={"id": "not a uuid"}),
        having(objects={"0": OBJECT}),
        having(objects=[OBJECT, "second"]),
        having(objects=[[OBJECT]]),
        having(policy="auditor"),  # which is about the caller alone
        without("objects"),  # of a policy about objects
    ],
)
async def test_a_policy_request_with_an_invalid_member_is_refused(
    client: httpx.AsyncClient, spoil: Callable[[dict[str, Any]], Any]
):
    response = await ask(client, spoil(await question(client)))
    assert response.status_code == 400
    assert diary.policies == []


@pytest.mark.parametrize("spoil", [having(policy="nobody:knows"), having(version="0" * 32)])
async def test_an_outdated_list_of_policies_is_404(
    client: httpx.AsyncClient, spoil: Callable[[dict[str, Any]], Any]
):
    response = await ask(client, spoil(await question(client)))
    assert response.status_code == 404
    assert "Read the list of policies again" in response.text
    assert diary.policies == []


async def test_a_policy_request_needs_its_content_type(client: httpx.AsyncClient):
    response = await ask(client, await question(client), **{"content-type": "text/plain"})
    assert response.status_code == 415


async def test_a_policy_request_over_the_limit_is_refused(client: httpx.AsyncClient):
    many = [{**OBJECT, "ownerName": "x" * 1000} for _ in range(3000)]
    response = await ask(client, await question(client, objects=many))
    assert response.status_code == 413
    assert diary.policies == []


async def test_an_empty_list_of_objects_has_an_empty_answer(client: httpx.AsyncClient):
    assert (await ask(client, await question(client, objects=[]))).json() == {"answer": []}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods_do_not_exist(client: httpx.AsyncClient, method: str):
    response = await client.request(method, PATH, headers={SERVICE_TOKEN: token()})
    assert response.status_code == 405
