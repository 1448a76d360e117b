"""What those who run the platform ask, which is the same at the root and below every prefix."""

import httpx

from tests.conformance.rest.asking import Ask, Case
from tests.conformance.rest.world import World
from tests.support.metrics import read_figures
from tests.support.product import SUBGRAPHS
from trellis.schema.metrics import CONTENT_TYPE

NAMES_OF_COMMERCE = {
    "http_requests_total",
    "http_request_duration_seconds_count",
    "events_published_total",
    "database_connections_active",
    "user_registrations_total",
    "user_verifications_total",
    "database_queries_duration_seconds_count",
    "orders_created_total",
    "order_value_histogram_count",
    "mongo_operations_duration_seconds_count",
    "payments_processed_total",
    "payment_success_rate",
}
SERVICE_NAMES = {
    "accounts": "user_service",
    "orders": "order_service",
    "payments": "payment_service",
}
NAMES_OF_LEARN = {
    "http_requests_total",  # by status
    "http_request_duration_seconds_count",
    "http_request_bytes_total",
    "http_response_bytes_total",
}


def anybody(_world: World) -> Ask:
    return Ask()


def is_healthy(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    return [] if response.json() == {"status": "ok"} else [response.text]


def all_are_ready(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    body = response.json()
    is_right = body["status"] == "ok" and set(body["subgraphs"].values()) == {"ok"}
    return [] if is_right else [response.text]


def has_metrics_of(names: set[str]) -> Case:
    def check(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
        missing = sorted(names - read_figures(response.text).names)
        wrong = [f"no {name}" for name in missing]
        media_type = response.headers["content-type"]
        return wrong if media_type == CONTENT_TYPE else [*wrong, f"content type {media_type}"]

    return Case(anybody, check=check, is_file=True)


def has_each_service(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    """Under the name of the document where it has one, else under that of the subgraph."""
    names = {SERVICE_NAMES.get(subgraph, subgraph) for subgraph in SUBGRAPHS}
    closed = {"state": "closed", "failure_count": 0, "last_failure": None}
    expected = dict.fromkeys(names, closed)
    return [] if response.json() == expected else [response.text]


OPS = {
    "S2-circuit-breaker-status": Case(anybody, check=has_each_service, keyed=("",)),
    "S2-health": Case(anybody, check=is_healthy),
    "S2-ready": Case(
        anybody,
        check=all_are_ready,
        unprovoked={(503, None): "a subgraph has to be away; see test_refusals.py"},
    ),
    "S2-metrics": has_metrics_of(NAMES_OF_COMMERCE),
    "S4-metrics": has_metrics_of(NAMES_OF_LEARN),
}
