"""A subgraph in another process that fails, seen by clients: what they are told, when they may
return, and what stands in meanwhile."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import build_schema

from tests.support.fault_server import Exchange, FaultServer, busy, closed, running
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.config import Config, HeaderPropagation, SubgraphSource, Traffic
from trellis.router.serving.application import build_app

USERS = """
type Query { user: User users: [User!] }
type Mutation { rename: User }
type User { name: String! }
"""
NEWS = "type Query { motto: String! }"
GET_USER = 'query GetUser @rest(method: GET, path: "/api/v1/person") { user { name } }'
LIST_USERS = 'query ListUsers @rest(method: GET, path: "/api/v1/persons") { users { name } }'
ADA: dict[str, Any] = {"__typename": "User", "name": "Ada"}


def resolve(source: Any, info: Any, **_: Any) -> Any:
    if source is None:
        return {"users": [ADA], "motto": "Onwards"}.get(info.field_name, ADA)
    return source[info.field_name]


class World:
    """A router over two subgraphs, of which ``users`` can fail."""

    def __init__(self, users: FaultServer, web: httpx.AsyncClient) -> None:
        self.users = users
        self.web = web

    async def ask(self, query: str, **headers: str) -> httpx.Response:
        return await self.web.post("/graphql", json={"query": query}, headers=headers)

    async def retries(self) -> float:
        """The metric, which counts those of all tests of this process."""
        text = (await self.web.get("/metrics")).text
        found = re.search(r'^subgraph_retries_total\{.*"users".*\} (.*)$', text, re.M)
        return float(found[1]) if found else 0.0


@asynccontextmanager
async def world(folder: Path, *, traffic: Any = None, **source: Any) -> AsyncIterator[World]:
    sdls = {"users": USERS, "news": NEWS}
    supergraph = folder / "supergraph.graphql"
    supergraph.write_text(
        compose(
            [Subgraph(name, f"http://{name}", sdl) for name, sdl in sdls.items()]
        ).supergraph_sdl
    )
    for name, text in {"person": GET_USER, "persons": LIST_USERS}.items():
        for dialect in ("learn", "tracker", "commerce"):
            file = folder / "operations" / "rest" / dialect / "users" / f"{name}.graphql"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    async with (
        running(FaultServer(build_schema(USERS), resolve)) as users,
        running(FaultServer(build_schema(NEWS), resolve)) as news,
    ):
        config = Config(
            supergraph=supergraph,
            data_dir=folder,
            operations_dir=folder / "operations",
            traffic=traffic or Traffic(),
            headers=HeaderPropagation(allow=("idempotency-key",)),
            subgraphs={
                "users": SubgraphSource(url=users.url, service_token=False, **source),
                "news": SubgraphSource(url=news.url, service_token=False),
            },
        )
        transport = httpx.ASGITransport(app=build_app(config))
        async with httpx.AsyncClient(transport=transport, base_url="http://trellis.test") as web:
            yield World(users, web)


async def test_a_client_learns_when_to_return(tmp_path: Path):
    async with world(tmp_path) as here:
        here.users.fault = busy
        answer = await here.ask("{ user { name } motto }")

    assert answer.json() == {
        "data": {"user": None, "motto": "Onwards"},
        "errors": [
            {
                "message": "The subgraph returned HTTP 503.",
                "path": ["user"],
                "extensions": {
                    "code": "SUBGRAPH_UNAVAILABLE",
                    "service": "users",
                    "retry_after": 7,
                },
            }
        ],
    }
    assert answer.headers["retry-after"] == "7"
    assert here.users.requests == 1  # seven seconds are more than there are


async def test_a_read_that_fails_once_is_answered(tmp_path: Path):
    async with world(tmp_path) as here:

        async def once(exchange: Exchange) -> None:
            here.users.fault = None
            await closed(exchange)

        before = await here.retries()
        here.users.fault = once
        answer = await here.ask("{ user { name } }")
        assert answer.json() == {"data": {"user": {"name": "Ada"}}}
        assert here.users.requests == 2
        assert await here.retries() == before + 1

        here.users.fault = once
        answer = await here.ask("mutation { rename { name } }")
        assert answer.json()["errors"][0]["extensions"]["code"] == "SUBGRAPH_UNAVAILABLE"
        assert here.users.requests == 3


@pytest.mark.parametrize(
    ("writes", "headers", "requests"),
    [
        ("plain", {"idempotency-key": "k"}, 1),
        ("idempotent", {}, 1),
        ("idempotent", {"idempotency-key": "k"}, 2),
        ("critical", {}, 2),
    ],
)
async def test_a_mutation_is_repeated_if_its_subgraph_permits_it(
    tmp_path: Path, writes: str, headers: dict[str, str], requests: int
):
    async with world(tmp_path, writes=writes) as here:

        async def once(exchange: Exchange) -> None:
            here.users.fault = None
            await exchange.respond(b"", "503 Service Unavailable")

        here.users.fault = once
        answer = await here.ask("mutation { rename { name } }", **headers)

    name = {"name": "Ada"} if requests == 2 else None
    assert answer.json()["data"] == {"rename": name}
    assert here.users.requests == requests


async def test_an_open_circuit_is_an_error_of_its_own(tmp_path: Path):
    async with world(tmp_path, traffic=Traffic(retry_percent=0)) as here:
        here.users.fault = busy
        for _ in range(5):
            await here.ask("{ user { name } }")
        began = time.perf_counter()
        answer = await here.ask("{ user { name } motto }")
        seconds = time.perf_counter() - began
        rest = [await here.web.get(f"{prefix}/api/v1/person") for prefix in ("/learn", "/tracker")]

    [error] = answer.json()["errors"]
    assert answer.json()["data"] == {"user": None, "motto": "Onwards"}
    assert error["extensions"] == {
        "code": "SUBGRAPH_UNAVAILABLE",
        "service": "users",
        "reason": "CIRCUIT_OPEN",
        "retry_after": 30,
    }
    assert answer.headers["retry-after"] == "30"
    assert [response.status_code for response in rest] == [503, 503]
    assert [response.headers["retry-after"] for response in rest] == ["30", "30"]
    assert here.users.requests == 5
    assert seconds < 0.1  # the promise is 10 ms; ``test_resilient`` has it without HTTP around it


async def test_the_state_of_each_breaker_can_be_read_in_both_forms(tmp_path: Path):
    traffic = Traffic(retry_percent=0, breaker_seconds=2, names={"users": "user_service"})
    path = "/api/circuit-breaker/status"
    async with world(tmp_path, traffic=traffic) as here:

        async def states() -> set[str]:
            found = [await here.web.get(f"{prefix}{path}") for prefix in ("", "/commerce")]
            assert found[0].json() == found[1].json()
            learn = (await here.web.get(f"/learn{path}")).json()["data"]
            return {found[0].json()["user_service"]["state"], learn["userService"]["state"]}

        assert await states() == {"closed"}
        here.users.fault = busy
        before = datetime.now(UTC).replace(microsecond=0)
        for _ in range(5):
            await here.ask("{ user { name } }")
        snake = await here.web.get(path)
        camel = await here.web.get(f"/learn{path}")
        metrics = (await here.web.get("/metrics")).text
        assert await states() == {"open"}
        await asyncio.sleep(2)
        assert await states() == {"half-open"}
        here.users.fault = None
        for _ in range(3):
            await here.ask("{ user { name } }")
        assert await states() == {"closed"}

    never = {"state": "closed", "failure_count": 0, "last_failure": None}
    users = snake.json()["user_service"]
    assert snake.json() == {"user_service": users, "news": never}
    assert users | {"last_failure": None} == {**never, "state": "open", "failure_count": 5}
    last = datetime.fromisoformat(users["last_failure"])
    assert before <= last <= datetime.now(UTC)
    milliseconds = camel.json()["data"]["userService"]["lastFailure"]
    assert datetime.fromtimestamp(milliseconds / 1000, UTC).replace(microsecond=0) == last
    assert camel.json() == {
        "success": True,
        "data": {
            "userService": {"state": "open", "failures": 5, "lastFailure": milliseconds},
            "news": {"state": "closed", "failures": 0, "lastFailure": 0},
        },
    }
    assert snake.headers["cache-control"] == "no-store"
    assert 'circuit_breaker_state{service="router",target="users"} 2.0' in metrics


@pytest.mark.parametrize("masked", [False, True])
async def test_earlier_data_stand_in_and_are_marked(tmp_path: Path, masked: bool):
    errors = "masked" if masked else "shown"
    traffic = Traffic(retry_percent=0)
    async with world(tmp_path, traffic=traffic, stale_seconds=60, errors=errors) as here:
        both = "{ user { name } motto }"
        paths = ("/learn/api/v1/person", "/learn/api/v1/persons", "/tracker/api/v1/person")
        fresh = [
            await here.ask(both),
            await here.ask("{ user { name } }"),
            *[await here.web.get(path) for path in paths],
        ]
        here.users.fault = closed
        for _ in range(5):
            failed = await here.ask(both)
            assert failed.json()["data"] == {"user": None, "motto": "Onwards"}
        graph, one, many, tracker = [
            await here.ask(both),
            *[await here.web.get(path) for path in paths],
        ]
        alone = await here.ask("{ user { name } }")
        other = await here.ask("mutation { rename { name } }")

    [stale] = graph.json()["extensions"]["stale"]
    assert graph.json()["data"] == {"user": {"name": "Ada"}, "motto": "Onwards"}
    assert stale["service"] == "users"
    assert 1 <= stale["seconds"] <= 10
    assert alone.json()["data"] == {"user": {"name": "Ada"}}
    assert len(alone.json()["extensions"]["stale"]) == 1
    assert one.json()["data"] == {"name": "Ada", "_stale": True}
    assert many.json()["data"] == [{"name": "Ada"}]
    assert tracker.json()["data"] == {"name": "Ada"}
    for response in (one, many, tracker):
        assert re.fullmatch(r"trellis; hit; ttl=-[1-9]", response.headers["cache-status"])
    for response in fresh:
        assert "cache-status" not in response.headers
        assert "stale" not in response.text
    assert other.json()["errors"][0]["extensions"]["reason"] == "CIRCUIT_OPEN"
