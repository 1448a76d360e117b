"""A card number or a security code is nowhere but at the provider: not in a file of the server, its
log, an answer, an event, or a traceback."""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from tests.subgraphs.payments.asking import PAY, events, method, order, pay, rows, work
from tests.support.subgraphs import Running
from tests.support.trellis_server import TrellisServer
from trellis.db.seed.world import demo_id
from trellis.subgraphs.payments.cards import check_card
from trellis.subgraphs.payments.models import Charge, Payment, SimulatedCharge

# Known as nothing else: no time, id or amount has them between other characters than letters,
# digits, dots and hyphens.
CODE = "9173"
GOOD, BAD, FUNDLESS, LATE = (
    "4242424242424242",
    "4242424242424241",
    "4000000000009995",
    "4000000000000341",
)
NUMBERS = (GOOD, BAD, FUNDLESS, LATE)
_SECRET = re.compile(
    rb"%s|(?<![\w.-])%s(?![\w-])" % ("|".join(NUMBERS).encode(), CODE.encode()),
)
_MUG = str(demo_id("product", "mug"))
_PAY = "mutation($i: ProcessPaymentInput!) { processPayment(input: $i) { payment { id status } } }"
_ORDER = """mutation($i: CreateOrderInput!) { createOrder(input: $i) { order { id } } }"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrellisServer]:
    server = TrellisServer(tmp_path_factory.mktemp("cards"))
    server.start()
    yield server
    server.close()


class Shop:
    """What one buyer sends, and every answer to it."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.answers: list[str] = []
        query = "mutation($i: LoginInput!) { login(input: $i) { accessToken } }"
        given = {"email": "alan@example.com", "password": "trellis-demo"}
        told = self.client.post("/graphql", json={"query": query, "variables": {"i": given}}).json()
        self.client.headers["authorization"] = f"Bearer {told['data']['login']['accessToken']}"

    def order(self) -> str:
        items = [{"productId": _MUG, "quantity": 1}]
        return self.graph(_ORDER, {"i": {"items": items}})["data"]["createOrder"]["order"]["id"]

    def graph(self, query: str, variables: dict[str, Any] | None = None) -> Any:
        response = self.client.post("/graphql", json={"query": query, "variables": variables})
        self.answers.append(response.text + str(response.headers))
        return response.json()

    def rest(self, body: Any, key: str | None = None) -> httpx.Response:
        headers = {"idempotency-key": key} if key else {}
        response = self.client.post("/commerce/api/payments", json=body, headers=headers)
        self.answers.append(response.text + str(response.headers))
        return response

    def pay_by_graphql(self) -> None:
        """In variables and in the document, in the right and in wrong places and types."""
        for number in NUMBERS:
            self.graph(_PAY, {"i": {"orderId": self.order(), "paymentMethod": card(number)}})
        for wrong in (
            {"paymentMethod": card(GOOD)},
            {"orderId": 7.5, "paymentMethod": card(GOOD)},
            {"orderId": self.order(), "paymentMethod": card(GOOD) | {"number": GOOD}},
            {"orderId": self.order(), "paymentMethod": card(GOOD) | {"type": GOOD}},
            {"orderId": self.order(), "paymentMethod": card(GOOD) | {"expiryYear": int(GOOD)}},
            {"orderId": self.order(), "paymentMethod": card(int(GOOD)) | {"cvv": [CODE]}},
            {"orderId": self.order(), "paymentMethod": [GOOD, CODE]},
            {"orderId": self.order(), "paymentMethod": card(GOOD) | {"token": f"tok_{GOOD}"}},
        ):
            assert self.graph(_PAY, {"i": wrong})["errors"]
        literal = re.sub(r'"(\w+)":', r"\1:", json.dumps(card(GOOD))).replace('"CREDIT', "CREDIT")
        literal = literal.replace('CARD"', "CARD")
        written = 'mutation { processPayment(input: {orderId: "%s", paymentMethod: %s}) { %s } }'
        assert self.graph(written % (self.order(), literal, "payment { id }"))["data"]
        assert self.graph(written % (self.order(), literal, "payment { none }"))["errors"]

    def pay_by_rest(self) -> None:
        """With keys, by which the router keeps answers, and a fingerprint of what was sent."""
        for number in NUMBERS:
            body = {"orderId": self.order(), "paymentMethod": card(number, "credit_card")}
            first, again = (
                self.rest(body, f"key-{number[-3:]}"),
                self.rest(body, f"key-{number[-3:]}"),
            )
            assert first.status_code == again.status_code
        for wrong in (
            {"paymentMethod": card(GOOD, "credit_card")},
            {
                "orderId": self.order(),
                "paymentMethod": card(int(GOOD), "credit_card") | {"cvv": 9173},
            },
            {"orderId": self.order(), "paymentMethod": GOOD},
            {"orderId": self.order(), "paymentMethod": card(GOOD, "credit_card"), "number": GOOD},
        ):
            assert self.rest(wrong).status_code in (201, 400, 422)

    def wait_until_charged(self) -> None:
        """Until no payment waits for the provider any more."""
        mine = "{ orders(first: 50) { edges { node { payment { status } } } } }"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            found = [one["node"]["payment"] for one in self.graph(mine)["data"]["orders"]["edges"]]
            statuses = {payment["status"] for payment in found if payment}
            if statuses and "PROCESSING" not in statuses:
                return
            time.sleep(0.1)
        raise AssertionError("the payments were not charged")


def card(number: str | int, type: str = "CREDIT_CARD") -> dict[str, Any]:
    return method(cardNumber=number, cvv=CODE, type=type)


def found_in(folder: Path) -> list[str]:
    """Files that have a secret in them, with it."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            secrets = {match[0] for match in _SECRET.finditer(path.read_bytes())}
            found += [f"{path.name}: {secret!r}" for secret in secrets]
    return found


def test_a_card_number_is_nowhere_but_at_the_provider(server: TrellisServer):
    with httpx.Client(base_url=server.url, timeout=30) as client:
        shop = Shop(client)
        shop.pay_by_graphql()
        shop.pay_by_rest()
        shop.wait_until_charged()
    folder = server.log_path.parent
    files = {path.name for path in folder.rglob("*")}
    assert {"payments.sqlite3", "payments.sqlite3-wal", "server.log"} <= files
    assert found_in(folder) == []
    assert [answer for answer in shop.answers if _SECRET.search(answer.encode())] == []
    # What was searched is there: last digits, tokens, keys.
    database = b"".join(p.read_bytes() for p in folder.rglob("payments.sqlite3*"))
    assert b"4242" in database and b"sim_nofundslater" in database


async def test_rows_and_events_have_the_last_digits_at_most(payments: Running):
    await pay(payments, await order(payments), paymentMethod=card(GOOD))
    [charge] = await rows(payments, Charge)
    assert charge.card_token.startswith("sim_visa_")
    await work(payments)
    assert await rows(payments, Charge) == []  # the token goes, too
    kept = [*await rows(payments, Payment), *await rows(payments, SimulatedCharge)]
    told = str([row.model_dump() for row in kept]) + str(await events(payments))
    assert "4242" in told and not _SECRET.search(told.encode())


async def test_neither_tracebacks_nor_logs_show_a_card(
    payments: Running, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(1)
    placed = await order(payments)
    given = {"orderId": placed, "paymentMethod": card(BAD)}
    answer = await payments.answer(PAY, i=given)
    assert answer.errors
    details = check_card(SecretStr(GOOD), SecretStr(CODE), "12", "2030")
    assert GOOD not in repr(details) and CODE not in repr(details)
    await asyncio.sleep(0)
    assert not _SECRET.search(caplog.text.encode())
    assert not _SECRET.search(str(answer.errors).encode())
