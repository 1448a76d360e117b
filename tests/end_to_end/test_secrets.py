"""A server that logs all it can and is asked through its real door: no secret is in its log or its
files, and no header of a request gets into a link that is mailed."""

import asyncio
import email
import email.policy
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import websockets

from tests.conformance.rest.receiver import Receiver, receiving
from tests.support.secret_walk import live
from tests.support.trellis_server import TrellisServer

PUBLIC = "https://trellis.example/app"
EVIL = "evil.example"
CARD = "4242424242424242"
REGISTER = "mutation($i: RegisterInput!) { register(input: $i) { accessToken } }"
RESET = "mutation($e: String!) { requestPasswordReset(email: $e) { message } }"


class Street:
    """The door of a server in another process."""

    def __init__(self, folder: Path, collector: Receiver) -> None:
        self._mail = folder / "mail"
        self._collector = collector
        settings = {
            "TRELLIS_LOG_LEVEL": "debug",
            "TRELLIS_MAIL_URL": f"file://{self._mail}",
            "TRELLIS_PUBLIC_URL": PUBLIC,
            "TRELLIS_LOGS__REQUESTS": "true",
            "TRELLIS_LOGS__SINK_URL": collector.url,
        }
        self.server = TrellisServer(folder, settings)

    async def ask(self, query: str, token: str | None = None, **variables: Any) -> Any:
        answer = await asyncio.to_thread(self.server.query, query, variables, token)
        return None if "errors" in answer else answer["data"]

    async def mailed(self, to: str, subject: str) -> str:
        return (await self.letter(to, subject)).partition("#token=")[2].split()[0]

    @property
    def collected(self) -> list[dict[str, Any]]:
        """The lines that the HTTP sink has got."""
        bodies = [request.body for request in self._collector.requests]
        return [line for body in bodies for line in json.loads(body)]

    async def letter(self, to: str, subject: str) -> str:
        for _ in range(500):
            for path in self._mail.glob("*.eml"):
                message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                if (message["To"], message["Subject"]) == (to, subject):
                    return message.get_content()
            await asyncio.sleep(0.02)
        raise AssertionError(f"no letter to {to} about {subject}")


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    with receiving() as collector:
        street = Street(tmp_path_factory.mktemp("street"), collector)
        try:
            street.server.start()
            yield street
        finally:
            street.server.close()


@pytest.mark.parametrize(
    "headers",
    [
        {"host": EVIL},
        {"x-forwarded-host": EVIL},
        {"x-forwarded-host": EVIL, "x-forwarded-proto": "http", "x-forwarded-port": "666"},
        {"forwarded": f"host={EVIL};proto=http"},
        {"x-original-host": EVIL, "x-host": EVIL, "x-forwarded-server": EVIL},
        {"origin": f"http://{EVIL}", "referer": f"http://{EVIL}/"},
        {"host": f"trellis.example@{EVIL}:80"},
    ],
    ids=lambda headers: " ".join(headers)[:40],
)
async def test_links_lead_to_the_configured_address_whatever_a_request_says(
    street: Street, headers: dict[str, str]
):
    person = f"{uuid4().hex}@example.com"
    async with httpx.AsyncClient(trust_env=False) as client:
        for query, variables in (
            (REGISTER, {"i": {"email": person, "password": "correct horse battery"}}),
            (RESET, {"e": person}),
        ):
            body = {"query": query, "variables": variables}
            answer = await client.post(street.server.graphql_url, json=body, headers=headers)
            assert "errors" not in answer.json(), answer.text
            assert EVIL not in answer.text
    for subject, path in (
        ("Confirm your e-mail address", "verify-email"),
        ("Choose a new password", "reset-password"),
    ):
        letter = await street.letter(person, subject)
        assert f"Open {PUBLIC}/{path}#token=" in letter
        assert EVIL not in letter


async def test_neither_log_nor_files_have_a_secret(street: Street):
    secrets = {**await live(street), "card": CARD}
    ids = await show_everywhere(street, secrets)
    folder = street.server.data_dir
    running = contents(folder)
    assert "accounts.sqlite3-wal" in running
    assert street.server.stop() == 0
    for files in (running, contents(folder)):
        assert b"mary@example.com" in b"".join(files.values())
        sent = json.dumps(street.collected)
        for content in (*files.values(), street.server.log().encode(), sent.encode()):
            assert [name for name, secret in secrets.items() if secret.encode() in content] == []

    # Requirement S4-LOG-01: each request is in the sink, once, with the id that its client got.
    lines = [line["request_id"] for line in street.collected if line["event"] == "request"]
    assert {id: lines.count(id) for id in ids} == dict.fromkeys(ids, 1)
    assert all(line["caller"] for line in street.collected if line.get("operation") == "Mine")


async def show_everywhere(street: Street, secrets: dict[str, str]) -> list[str]:
    """Each secret in each place that takes one, and in some that take none; the ids of requests."""
    ids: list[str] = []

    async def note_id(response: httpx.Response) -> None:
        ids.append(response.headers["x-request-id"].removeprefix("req_"))  # a dialect's

    hooks = {"response": [note_id]}
    server, token = street.server, secrets["at last accessToken"]
    bodies = {"query": "{ me { username } }"}
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, event_hooks=hooks) as client:
        with_key = {"x-api-key": secrets["API key"]}
        answer = await client.post("/graphql", json=bodies, headers=with_key)
        assert answer.status_code == 200, answer.text
        for headers in (
            {"authorization": f"Bearer {token}"},
            {"authorization": f"Bearer {token}x"},
            {"authorization": f"Basic {token}"},
            {"x-api-key": f"{secrets['API key']}x"},
            {"x-api-key": secrets["last"]},
            {"x-request-id": secrets["last"]},
            {"cookie": f"session={token}"},
        ):
            await client.post("/graphql", json=bodies, headers=headers)
            await client.get("/api/v1/users/me", headers=headers)
        signing_in = {"email": "mary@example.com", "password": secrets["last"]}
        await client.post("/api/v1/auth/login", json=signing_in)
        await client.post("/graphql", content=f'{{"query": "{secrets["last"]}')
        mine = {"query": "query Mine { me { username } }"}
        assert (await client.post("/graphql", json=mine, headers=with_key)).status_code == 200
        for secret in (secrets["last"], secrets["API key"], token, CARD):
            for path in ("/api/users/x", "/nowhere", "/learn/api/v1/nowhere", "/content/files"):
                await client.get(f"{path}/{secret}", params={"token": secret})
                await client.put(f"{path}/{secret}", json={"cardNumber": secret, "cvv": secret})
            document = f'{{ user(id: "{secret}") {{ id }} }}'
            await client.get("/graphql", params={"query": document})
            await client.post("/graphql", json={"query": document.replace("user", "nobody")})
            await client.post("/graphql", json={"query": RESET, "variables": {"e": [secret]}})
            await client.post("/commerce/api/users", json={"email": secret, "password": secret})
    protocol = websockets.Subprotocol("graphql-transport-ws")
    for proof in (token, f"{token}x"):
        async with websockets.connect(server.ws_url, subprotocols=[protocol]) as socket:
            payload = {"authorization": f"Bearer {proof}"}
            await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
            async with asyncio.timeout(10):
                with suppress(websockets.ConnectionClosed):
                    await socket.recv()
    return ids


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but the two that hold the keys to the rest, for their owner only."""
    own = {"secret_key", "service_secret"}
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in own]
    for name in own:
        if (folder / name).exists():
            assert (folder / name).stat().st_mode & 0o077 == 0
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
