"""Operations of a graph asked as REST routes: stored under a path, sent by plain HTTP."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.doors import authenticator
from tests.support.memory_answers import MemoryAnswers
from trellis.router.config import Config
from trellis.router.rest.access import access_to
from trellis.router.rest.door import RestDoor, Selection
from trellis.router.rest.endpoint import RestEndpoint
from trellis.router.rest.idempotency.once import Once
from trellis.router.rest.load import load_route
from trellis.router.rest.profile import Profile
from trellis.router.rest.profiles import PROFILES
from trellis.router.rest.route import RestRoute
from trellis.router.serving.live_graph import LiveGraph
from trellis.router.serving.wiring import nothing_here, wrap
from trellis.router.web.request_context import ContextMaker
from trellis.router.web.services import Services
from trellis.schema.identity import Identity

PATH = "/it"


@dataclass(frozen=True, slots=True)
class Route:
    """One stored operation, and a client of its dialect."""

    stored: RestRoute
    client: httpx.AsyncClient

    async def ask(self, caller: str | None = None) -> httpx.Response:
        headers = {"authorization": f"Bearer {caller}"} if caller else {}
        path = self.stored.profile.prefix + PATH
        return await self.client.request(self.stored.method, path, headers=headers)


@asynccontextmanager
async def stored(
    graph: LiveGraph, document: str, callers: Mapping[str, Identity], dialect: str = "plain"
) -> AsyncIterator[Route]:
    """Serves ``document``, which needs no variables, as the one route of a dialect."""
    profile: Profile = PROFILES[dialect]
    kind = "mutation" if document.startswith("mutation") else "query"
    body = document.removeprefix(kind).lstrip()
    variables, _, body = body.rpartition(") {") if body.startswith("(") else ("", "", body[1:])
    declared = f"{variables})" if variables else ""
    method = "POST" if kind == "mutation" else "GET"
    text = f'{kind} It{declared} @rest(method: {method}, path: "{PATH}") {{{body}'
    route = load_route(text, graph.supergraph, profile, area="things", file=Path("it.graphql"))
    once = Once(MemoryAnswers(), keep_seconds=60, request_seconds=5)
    services = Services(
        graph=graph, make_context=ContextMaker((), 30), authenticate=authenticator(callers)
    )
    endpoint = RestEndpoint(route, services, once, access_to(route, graph.supergraph))
    door = RestDoor([endpoint], [profile], Selection(profile.name, {}), services, nothing_here)
    transport = httpx.ASGITransport(app=wrap(door, Config()))
    async with httpx.AsyncClient(transport=transport, base_url="http://trellis.test") as client:
        yield Route(route, client)
