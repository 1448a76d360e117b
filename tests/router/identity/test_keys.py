import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt import PyJWK
from jwt.algorithms import ECAlgorithm

from tests.router.identity.tokens import SigningKey
from trellis.router.identity.keys import KeySet, load_from_file, load_from_url
from trellis.schema.errors import Unavailable

ONE, TWO = SigningKey("one"), SigningKey("two")


class Server:
    """A key server that counts its visits and can be down."""

    def __init__(self, *keys: SigningKey) -> None:
        self.keys = list(keys)
        self.visits = 0
        self.is_up = True
        self.now = 1000.0

    async def load(self) -> dict[str, Any]:
        self.visits += 1
        await asyncio.sleep(0)
        if not self.is_up:
            raise OSError("down")
        return {"keys": [key.jwk for key in self.keys]}

    def key_set(self) -> KeySet:
        return KeySet(self.load, clock=lambda: self.now)


async def test_known_keys_are_found_without_asking_again():
    server = Server(ONE)
    keys = server.key_set()
    assert (await keys.find("one")) is not None
    assert (await keys.find("one")) is not None
    assert server.visits == 1


async def test_known_keys_are_believed_for_five_minutes_without_a_look():
    server = Server(ONE)
    keys = server.key_set()
    await keys.find("one")
    for second in (11, 100, 299, 300):
        server.now = 1000.0 + second
        assert await keys.find("one") is not None
        await asyncio.sleep(0)
    assert server.visits == 1
    server.now = 1300.1
    assert await keys.find("one") is not None
    for _ in range(3):
        await asyncio.sleep(0)
    assert server.visits == 2
    server.now = 1600.1
    await keys.find("one")
    assert server.visits == 2, "five minutes from the last look"


async def test_many_callers_at_once_load_once():
    server = Server(ONE)
    keys = server.key_set()
    found = await asyncio.gather(*(keys.find("one") for _ in range(20)))
    assert all(found)
    assert server.visits == 1


async def test_unknown_key_ids_load_at_most_once_per_interval():
    server = Server(ONE)
    keys = server.key_set()
    for number in range(50):
        assert await keys.find(f"unknown-{number}") is None
    assert server.visits == 1
    server.now += 10
    assert await keys.find("unknown") is None
    assert server.visits == 2


async def test_a_new_key_is_found_after_rotation():
    server = Server(ONE)
    keys = server.key_set()
    await keys.find("one")
    server.keys = [ONE, TWO]
    server.now += 10
    assert await keys.find("two") is not None
    assert keys.version == 2


async def test_the_last_good_keys_are_kept_while_the_server_is_down():
    server = Server(ONE)
    keys = server.key_set()
    await keys.find("one")
    server.is_up = False
    server.now += 1000
    assert await keys.find("one") is not None
    await asyncio.sleep(0.01)
    assert await keys.find("one") is not None
    assert await keys.find("two") is None
    assert server.visits == 2


async def test_old_keys_are_reloaded_beside_the_traffic():
    server = Server(ONE)
    keys = server.key_set()
    await keys.find("one")
    server.keys = [TWO]
    server.now += 301
    assert await keys.find("one") is not None
    await asyncio.sleep(0.01)
    assert await keys.find("one") is None


async def test_a_set_that_never_loaded_says_so():
    server = Server(ONE)
    server.is_up = False
    with pytest.raises(Unavailable):
        await server.key_set().find("one")


async def test_a_set_that_never_loaded_is_tried_again_soon():
    server = Server(ONE)
    server.is_up = False
    keys = server.key_set()
    for _ in range(5):
        with pytest.raises(Unavailable):
            await keys.find("one")
    assert server.visits == 1
    server.is_up = True
    server.now += 1
    assert await keys.find("one") is not None


async def test_private_symmetric_encryption_and_broken_keys_are_ignored():
    elliptic = json.loads(ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key()))
    elliptic["kid"] = "elliptic"
    entries = [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "symmetric"},
        {**ONE.jwk, "kid": "private", "d": "AQAB"},
        {**ONE.jwk, "kid": "encryption", "use": "enc"},
        {"kty": "RSA", "kid": "broken", "n": "AQAB"},
        elliptic,
        {key: value for key, value in ONE.jwk.items() if key != "kid"},
        ONE.jwk,
    ]

    async def load() -> dict[str, Any]:
        return {"keys": entries}

    keys = KeySet(load)
    found = [
        name
        for name in ("symmetric", "private", "encryption", "broken", "elliptic", "one")
        if await keys.find(name)
    ]
    assert found == ["elliptic", "one"]


async def test_a_document_that_is_no_key_set_changes_nothing():
    answers: list[Any] = [{"keys": [ONE.jwk]}, {"keys": None}, ["keys"]]

    async def load() -> Any:
        return answers.pop(0)

    now = [0.0]
    keys = KeySet(load, clock=lambda: now[0])
    for _ in range(3):
        await keys.find("unknown")
        now[0] += 11
    assert answers == []
    assert await keys.find("one") is not None
    assert keys.version == 1


async def test_keys_come_from_a_file_that_is_read_again_when_it_is_due(tmp_path: Path):
    path, now = tmp_path / "jwks.json", [0.0]
    keys = KeySet(load_from_file(path), clock=lambda: now[0])
    with pytest.raises(Unavailable):  # there is no file yet
        await keys.find("one")
    path.write_bytes(b"{")
    now[0] += 1
    with pytest.raises(Unavailable):
        await keys.find("one")
    path.write_bytes(orjson.dumps({"keys": [ONE.jwk]}))
    now[0] += 1
    assert public_numbers(await keys.find("one")) == ONE.private.public_key().public_numbers()
    path.write_bytes(orjson.dumps({"keys": [TWO.jwk]}))
    assert await keys.find("two") is None
    now[0] += 10
    assert public_numbers(await keys.find("two")) == TWO.private.public_key().public_numbers()
    assert await keys.find("one") is None


def public_numbers(key: PyJWK | None) -> Any:
    assert key is not None
    return key.key.public_numbers()


@pytest.mark.parametrize(
    ("status", "headers", "body", "is_found"),
    [
        (200, {}, orjson.dumps({"keys": [ONE.jwk]}), True),
        (500, {}, orjson.dumps({"keys": [ONE.jwk]}), False),
        (302, {"location": "/moved.json"}, b"", False),
        (200, {}, b"<html>", False),
        (200, {}, orjson.dumps({"keys": [ONE.jwk], "padding": "x" * 300_000}), False),
    ],
    ids=["keys", "error", "redirect", "no JSON", "too large"],
)
async def test_keys_come_from_an_address(
    status: int, headers: dict[str, str], body: bytes, is_found: bool
):
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/moved.json":
            return httpx.Response(200, content=orjson.dumps({"keys": [ONE.jwk]}))
        return httpx.Response(status, headers=headers, content=body)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        keys = KeySet(load_from_url("https://issuer.example/jwks.json", client))
        if is_found:
            assert await keys.find("one") is not None
        else:
            with pytest.raises(Unavailable):
                await keys.find("one")


async def test_a_key_server_has_five_seconds_whatever_the_client_allows_others():
    allowed: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        allowed.append(request.extensions["timeout"])
        return httpx.Response(200, content=orjson.dumps({"keys": [ONE.jwk]}))

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), timeout=60) as client:
        await KeySet(load_from_url("https://issuer.example/jwks.json", client)).find("one")
    assert allowed == [dict.fromkeys(("connect", "read", "write", "pool"), 5.0)]
