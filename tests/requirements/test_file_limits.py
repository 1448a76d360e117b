"""How often files may be uploaded, by document: a real server that counts."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.trellis_server import TrellisServer
from tests.support.uploads import MULTIPART, Part, multipart

BODY = multipart([Part("file", b"Words.", "a.txt", "text/plain")])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrellisServer]:
    folder: Path = tmp_path_factory.mktemp("server")
    server = TrellisServer(folder, {"TRELLIS_RATE_LIMIT__ENABLED": "true"})
    try:
        server.start()
        yield server
    finally:
        server.close()


def upload(server: TrellisServer, path: str, token: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}", "content-type": MULTIPART}
    return httpx.post(f"{server.url}{path}", content=BODY, headers=headers, trust_env=False)


def count_of(server: TrellisServer, token: str) -> int:
    """How many files of their own somebody has."""
    query = "{ files(filters: { personal: true }) { totalCount } }"
    return server.query(query, token=token)["data"]["files"]["totalCount"]


def test_five_uploads_at_once_are_taken_and_no_sixth(server: TrellisServer):
    token = server.log_in("alan@example.com")

    answers = [upload(server, "/tracker/api/v1/files/upload", token) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [201] * 5 + [429]
    refused = answers[-1]
    assert refused.json()["error"]["code"] == "RATE_LIMIT_EXCEEDED"
    assert refused.json()["error"]["details"]["limit"] == 5
    assert int(refused.headers["retry-after"]) <= 10
    assert count_of(server, token) == 5


def test_on_the_learning_platform_uploads_are_no_part_of_the_free_tier(server: TrellisServer):
    given = {
        "email": "fay@example.com",
        "username": "fay",
        "password": "a-long-password-1",
        "firstName": "Fay",
        "lastName": "Free",
        "profile": "LEARN",
        "acceptedTerms": True,
    }
    query = "mutation($i: RegisterInput!) { register(input: $i) { accessToken } }"
    token = server.query(query, {"i": given})["data"]["register"]["accessToken"]

    refused = upload(server, "/learn/api/v1/files", token)

    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "SUBSCRIPTION_REQUIRED"
    assert count_of(server, token) == 0
