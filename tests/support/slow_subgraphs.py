"""Answers through a router of which one subgraph is slower than all the others."""

import asyncio
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from tests.support.planning import LINK
from tests.support.universe import MockTransport, Universe
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.operation.limits import GENEROUS
from trellis.router.supergraph import Supergraph, SupergraphOptions

TURNS = 50  # of the event loop: more than all the others together need


async def answer_and_truth(parts: Mapping[str, str], text: str, last: str = "") -> tuple[str, str]:
    """The router's answer and the right one as JSON, which shows the order of members, when the
    subgraph ``last`` answers after all that do not wait for it. ``parts`` are SDLs without their
    ``@link``."""
    pairs = tuple((name, LINK + sdl) for name, sdl in parts.items())
    supergraph, api_sdl = _loaded(pairs)
    universe = Universe(api_sdl, pairs)
    routes = {
        name: _late(send) if name == last else send for name, send in universe.transports().items()
    }
    answer = await supergraph.execute(text, transports=routes)
    return json.dumps(answer), json.dumps({"data": universe.monolith(text)})


@lru_cache
def _loaded(pairs: tuple[tuple[str, str], ...]) -> tuple[Supergraph, str]:
    composition = compose([Subgraph(name, f"http://{name}", sdl) for name, sdl in pairs])
    assert composition.is_ok, [str(error) for error in composition.errors]
    options = SupergraphOptions(limits=GENEROUS)
    return Supergraph.load(composition.supergraph_sdl, options=options), composition.api_sdl


def _late(send: MockTransport) -> MockTransport:
    async def wait(query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        for _ in range(TURNS):
            await asyncio.sleep(0)
        return await send(query, variables)

    return wait
