"""Who answers a web route: a subgraph of this process, or one of another by HTTP."""

from collections.abc import Sequence
from typing import Protocol

from trellis.router.config import Config
from trellis.router.errors import SubgraphInvalidResponse
from trellis.router.loading.internal import sources_of
from trellis.router.loading.members import Member
from trellis.router.transports.internal import InternalClient
from trellis.router.web_routes.wire import request_to_json, response_from_json
from trellis.schema.errors import NotFound
from trellis.schema.subgraph import Subgraph
from trellis.schema.web_routes import WEB_PATH, WebRequest, WebResponse

INTERNAL_WEB = f"/internal{WEB_PATH}"
NO_ROUTE = "There is no such route."
# It may have to wait for a service of others.
_SECONDS = 15.0


class WebSource(Protocol):
    """The web routes of one subgraph."""

    async def answer(self, request: WebRequest) -> WebResponse:
        """Raises NotFound, other errors of the subgraph, and SubgraphError where it is away."""
        ...

    async def aclose(self) -> None: ...


class LocalRoutes:
    """Of a subgraph in this process."""

    def __init__(self, subgraph: Subgraph) -> None:
        assert subgraph.answer_web is not None
        self._answer = subgraph.answer_web

    async def answer(self, request: WebRequest) -> WebResponse:
        return await self._answer(request)

    async def aclose(self) -> None:
        return None


class RemoteRoutes:
    """Of a subgraph in another process; see ``router/web_routes/door.py``."""

    def __init__(self, name: str, client: InternalClient) -> None:
        self._name = name
        self._client = client

    async def answer(self, request: WebRequest) -> WebResponse:
        response = await self._client.post(INTERNAL_WEB, request_to_json(request))
        if response.status != 200:
            raise NotFound(NO_ROUTE)
        try:
            return response_from_json(response.value)
        except ValueError:
            message = "The subgraph sent no response of a web route."
            raise SubgraphInvalidResponse(self._name, message) from None

    async def aclose(self) -> None:
        await self._client.aclose()


def web_sources(members: Sequence[Member], config: Config) -> dict[str, WebSource]:
    """The sources by the names of their subgraphs; see ``sources_of``."""

    def local(subgraph: Subgraph) -> WebSource | None:
        return None if subgraph.answer_web is None else LocalRoutes(subgraph)

    return sources_of(members, config, local=local, remote=RemoteRoutes, timeout=_SECONDS)
