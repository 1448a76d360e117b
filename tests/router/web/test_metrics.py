"""Who may read ``/metrics``."""

import httpx
import pytest
from pydantic import SecretStr, ValidationError
from starlette.routing import Router

from tests.support.metrics import read_figures
from trellis.router.config import Config, Http, Metrics
from trellis.router.serving.wiring import nothing_here, operations_routes, wrap

TOKEN = "a-token-for-prometheus"
OUTSIDE, INSIDE = "203.0.113.9", "10.1.2.3"


def client_of(config: Config, address: str = OUTSIDE) -> httpx.AsyncClient:
    routes = Router(operations_routes([], config), default=nothing_here)
    transport = httpx.ASGITransport(app=wrap(routes, config), client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://trellis.test")


async def read(config: Config, address: str = OUTSIDE, **headers: str) -> httpx.Response:
    async with client_of(config, address) as client:
        return await client.get("/metrics", headers=headers)


def production(**settings: object) -> Config:
    return Config(
        mode="production",
        http=Http(trusted_proxies=("10.0.0.1",)),
        metrics=Metrics.model_validate(settings),
    )


async def test_everybody_reads_them_in_development():
    response = await read(Config())
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "http_requests_total" in response.text
    await read(Config())
    found = read_figures((await read(Config())).text)
    assert found.of("http_requests_total", door="operations", method="GET", status="200") >= 2


async def test_nobody_reads_them_in_production_unless_it_is_configured():
    for address in (OUTSIDE, INSIDE, "127.0.0.1", "::1"):
        refused = await read(production(), address)
        elsewhere = await client_of(production(), address).get("/nothing")
        assert refused.status_code == elsewhere.status_code == 404
        assert refused.json()["errors"][0]["extensions"] == {"code": "NOT_FOUND"}


@pytest.mark.parametrize(
    ("address", "forwarded", "status"),
    [
        (INSIDE, None, 200),
        (OUTSIDE, None, 404),
        # Behind a trusted proxy the client counts, and others cannot pass for one.
        ("10.0.0.1", OUTSIDE, 404),
        ("10.0.0.1", INSIDE, 200),
        (OUTSIDE, INSIDE, 404),
    ],
)
async def test_networks_may_read_them(address: str, forwarded: str | None, status: int):
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    response = await read(production(networks=["10.0.0.0/8"]), address, **headers)
    assert response.status_code == status


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        (f"Basic {TOKEN}", 404),
        (f"Bearer {TOKEN}x", 404),
        ("Bearer ", 404),
        ("Bearer \xe9", 404),
    ],
)
async def test_a_token_may_read_them(sent: str, status: int):
    config = production(token=TOKEN)
    async with client_of(config) as client:
        headers = [(b"authorization", sent.encode("latin-1"))]
        response = await client.get("/metrics", headers=headers)
    assert response.status_code == status


async def test_what_is_configured_holds_in_development_too():
    assert (await read(Config(metrics=Metrics(token=SecretStr(TOKEN))))).status_code == 404


def test_settings_that_cannot_protect_are_refused():
    with pytest.raises(ValidationError, match="16 characters"):
        Metrics(token=SecretStr("short"))
    with pytest.raises(ValidationError):
        Metrics(networks=("everywhere",))
