"""Graphs whose root fields carry ``@rest``, their answers from a deterministic world, and the door
of the routes that are generated for them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.chance import Chance, pick
from tests.support.memory_answers import MemoryAnswers
from tests.support.random_graph import random_graph
from tests.support.universe import Universe
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.config import Config
from trellis.router.identity.credentials import Credentials
from trellis.router.rest.access import access_to
from trellis.router.rest.door import RestDoor, Selection
from trellis.router.rest.endpoint import RestEndpoint
from trellis.router.rest.generated.routes import Generated, generate
from trellis.router.rest.idempotency.once import Once
from trellis.router.rest.profiles.plain import PLAIN
from trellis.router.serving.live_graph import LiveGraph
from trellis.router.serving.wiring import nothing_here, wrap
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.router.transports.function import FunctionTransport
from trellis.router.web.request_context import ContextMaker
from trellis.router.web.services import Services
from trellis.schema.identity import ANONYMOUS, Identity

HEAD = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable",
    "@composeDirective", "@inaccessible", "@requiresScopes", "@tag"])
  @link(url: "https://specs.trellis.dev/rest/v0.1", import: ["@rest"])
  @composeDirective(name: "@rest")
"""
DEFINITION = """
directive @rest(path: String!, method: String, status: Int, root: String, location: String,
  tags: [String!]) on FIELD_DEFINITION
"""
_RANDOM_ROOT = re.compile(r"^  (q\d|both|media|rated): (.+)$", re.M)
_WAYS = (
    ("", ""),
    ("(id: ID!)", "/{id}"),
    ("(id: ID!, n: Int = 3)", "/of/{id}"),
    ("(colors: [String!], n: Int, b: Boolean = true)", ""),
)


@dataclass(frozen=True)
class RestGraph:
    """``client`` reaches the routes of ``generated`` only."""

    supergraph: Supergraph
    universe: Universe
    generated: list[Generated]
    client: httpx.AsyncClient

    def text(self, coordinate: str) -> str:
        """The operation of one field."""
        return next(g.text for g in self.generated if g.field.source.coordinate == coordinate)


def supergraph_of(*subgraphs: tuple[str, str], rejects: bool = False) -> Supergraph:
    """Composed, without a way to its subgraphs; SDL gets its links and ``@rest`` in front."""
    sdl = _compose([(name, with_head(sdl)) for name, sdl in subgraphs])
    return Supergraph.load(sdl, options=SupergraphOptions(reject=rejects))


def with_head(sdl: str) -> str:
    return HEAD + DEFINITION + sdl


def rest_graph(subgraphs: Sequence[tuple[str, str]], caller: Identity = ANONYMOUS) -> RestGraph:
    """A graph of subgraphs with complete SDL, whose routes ``caller`` calls."""
    sdl = _compose(subgraphs)
    universe = Universe(Supergraph.load(sdl).api_sdl, subgraphs)
    transports = {name: FunctionTransport(ask) for name, ask in universe.transports().items()}
    supergraph = Supergraph.load(sdl, transports=transports)
    generated = generate(supergraph, [], PLAIN)
    return RestGraph(supergraph, universe, generated, _client(supergraph, generated, caller))


def random_rest_graph(chance: Chance) -> list[tuple[str, str]] | None:
    """Random subgraphs whose root fields are routes with arguments; None when they do not
    compose."""
    subgraphs = []
    ways: dict[str, tuple[str, str]] = {}
    for name, sdl in random_graph(chance):

        def routed(match: re.Match[str]) -> str:
            field, output = match[1], match[2]
            arguments, path = ways.setdefault(field, pick(chance, _WAYS))
            return f'  {field}{arguments}: {output} @rest(path: "/{field}{path}")'

        routed_sdl = _RANDOM_ROOT.sub(routed, sdl).replace(
            '"@interfaceObject"])',
            '"@interfaceObject", "@composeDirective"])\n'
            '@link(url: "https://specs.trellis.dev/rest/v0.1", import: ["@rest"])\n'
            '@composeDirective(name: "@rest")',
        )
        subgraphs.append((name, routed_sdl + DEFINITION))
    found = compose([Subgraph(name, f"http://{name}.test", sdl) for name, sdl in subgraphs])
    return subgraphs if found.is_ok else None


def _compose(subgraphs: Sequence[tuple[str, str]]) -> str:
    composition = compose([Subgraph(name, f"http://{name}.test", sdl) for name, sdl in subgraphs])
    assert composition.is_ok, composition.errors
    return composition.supergraph_sdl


def _client(
    supergraph: Supergraph, generated: Sequence[Generated], caller: Identity
) -> httpx.AsyncClient:
    async def authenticate(_credentials: Credentials) -> Identity:
        return caller

    once = Once(MemoryAnswers(), keep_seconds=3600, request_seconds=5)
    services = Services(
        graph=LiveGraph.over(supergraph),
        make_context=ContextMaker((), 30),
        authenticate=authenticate,
    )
    endpoints = [
        RestEndpoint(g.route, services, once, access_to(g.route, supergraph)) for g in generated
    ]
    door = RestDoor(endpoints, [PLAIN], Selection("plain", {}), services, nothing_here)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=wrap(door, Config())), base_url="http://trellis.test"
    )


def value_at(data: Mapping[str, Any], keys: Sequence[str]) -> Any:
    value: Any = data
    for key in keys:
        value = value[key]
    return value
