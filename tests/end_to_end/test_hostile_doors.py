"""The product as it is shipped gives every hostile request the answer of its list, at once, and is
the same afterwards: nobody waited for it, and its memory is what it was."""

import asyncio
import hashlib
import hmac
import sys
import time
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest

from tests.end_to_end.hostile import DOORS, Hostile
from tests.router.serving.front.innocent import InnocentProgram
from tests.support.trellis_server import TrellisServer

pytestmark = pytest.mark.xdist_group("hostile_doors")

SECRET = "whsec_of_tests"
SETTINGS = {
    "TRELLIS_BILLING_WEBHOOK_SECRET": SECRET,
    "TRELLIS_BILLING_PRICES": "price_pro=pro",
    "TRELLIS_SIGN_IN_PROVIDERS": "corp",
    "TRELLIS_SIGN_IN_CORP_ISSUER": "http://127.0.0.1:9",  # nobody gets as far as to it
    "TRELLIS_SIGN_IN_CORP_CLIENT_ID": "trellis",
    "TRELLIS_SIGN_IN_CORP_CLIENT_SECRET": "of-the-tests",
    "TRELLIS_SIGN_IN_RETURN_URLS": "https://app.example/signed-in",
}
EXECUTE = """mutation {
  executeCode(input: { language: JAVASCRIPT, code: "console.log(1)" }) { execution { id } } }"""
STATUS = """query ($id: ID!) { execution(id: $id) { status } }"""
SECONDS = 20  # until a request that is not answered is a failure, also of a busy machine


class Target(NamedTuple):
    """A running server, and what requests to it are filled with."""

    server: TrellisServer
    words: Mapping[bytes, bytes]

    def filled(self, data: bytes) -> bytes:
        body = data.partition(b"\r\n\r\n")[2]
        if b"{signature}" in data:
            data = data.replace(b"{signature}", signature(body))
        for word, value in self.words.items():
            data = data.replace(word, value)
        return data


def signature(body: bytes) -> bytes:
    """Stripe's, https://docs.stripe.com/webhooks#verify-manually."""
    now = b"%d" % time.time()
    digest = hmac.new(SECRET.encode(), now + b"." + body, hashlib.sha256).hexdigest()
    return b"t=%b,v1=%b" % (now, digest.encode())


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    server = TrellisServer(tmp_path_factory.mktemp("hostile"), SETTINGS)
    try:
        server.start()
        yield Target(server, words_of(server))
    finally:
        server.close()


def words_of(server: TrellisServer) -> dict[bytes, bytes]:
    token = server.log_in()
    headers = {"authorization": f"Bearer {token}"}
    sent = httpx.post(
        f"{server.url}/tracker/api/v1/files/upload",
        files={"file": ("a.txt", b"0123456789" * 10)},
        headers=headers,
        timeout=SECONDS,
    )
    run = server.query(EXECUTE, token=token)["data"]["executeCode"]["execution"]["id"]
    for _ in range(600):
        status = server.query(STATUS, {"id": run}, token)["data"]["execution"]["status"]
        if status not in ("QUEUED", "RUNNING"):
            break
        time.sleep(0.1)
    else:
        raise AssertionError("the run does not end")
    link = urlsplit(sent.json()["data"]["url"]).path
    return {b"{token}": token.encode(), b"{file}": link.encode(), b"{run}": run.encode()}


async def status_of(target: Target, hostile: Hostile) -> int:
    """The status of the answer; 0 without one, where the end of it does not come either."""
    reader, writer = await asyncio.open_connection("127.0.0.1", target.server.port)
    received = b""
    try:
        async with asyncio.timeout(SECONDS):
            writer.write(target.filled(hostile.data))
            while data := await reader.read(65_536):
                received += data
    except ConnectionError:
        pass  # what follows a refusal was not read
    except TimeoutError:
        return 0
    finally:
        writer.transport.abort()
    return int(received[9:12] or 0)


@pytest.mark.parametrize("door", DOORS)
async def test_every_request_has_its_answer_and_nobody_waits(target: Target, door: str):
    innocent = await asyncio.to_thread(InnocentProgram, target.server.port, target.server.pid)
    try:
        found = {one.name: await status_of(target, one) for one in DOORS[door]}
    finally:
        heard = await asyncio.to_thread(innocent.end)
    sys.stdout.write(f"\n{door}: {len(found)} requests; {heard}\n")
    assert found == {one.name: one.status for one in DOORS[door]}
    assert heard.failed == 0
    assert heard.worst_owed < 0.25
    assert "Traceback" not in target.server.log()


async def test_their_memory_returns(target: Target):
    everything = [one for door in DOORS.values() for one in door]
    await asyncio.gather(*(status_of(target, one) for one in everything[::7]))
    before = target.server.resident_megabytes()
    for start in range(0, len(everything), 50):
        batch = everything[start : start + 50]
        assert 0 not in await asyncio.gather(*(status_of(target, one) for one in batch))
    for _ in range(40):
        if target.server.resident_megabytes() - before < 50:
            return
        await asyncio.sleep(0.25)  # freed memory goes back once a second
    raise AssertionError(f"{target.server.resident_megabytes() - before:.0f} MB more")


def test_no_two_requests_have_one_name():
    everything = [one for door in DOORS.values() for one in door]
    assert len({one.name for one in everything}) == len(everything) >= 300
    assert len({one.data for one in everything}) == len(everything)
