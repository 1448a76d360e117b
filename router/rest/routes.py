"""The REST routes that a folder of stored operations describes."""

from collections.abc import Iterator
from pathlib import Path

import structlog
from graphql import GraphQLSchema
from starlette.routing import BaseRoute, Route

from router.config import Limits
from router.errors import ConfigError
from router.rest.envelope import PROFILES
from router.rest.handler import RestEndpoint
from router.rest.projection import FieldMissing
from router.rest.stored_operations import load_operations
from router.web.graph import Graph
from router.web.identity import Authenticate
from router.web.request_context import ContextMaker

log = structlog.get_logger(__name__)


def rest_routes(
    folder: Path,
    graph: Graph,
    schema: GraphQLSchema,
    make_context: ContextMaker,
    authenticate: Authenticate,
    limits: Limits,
) -> Iterator[BaseRoute]:
    """A route per stored operation below ``folder``; a folder's name is its profile's.

    A document that asks for what the graph does not have is left out with a warning: its subgraph
    may not be part of this installation. Raises ConfigError when a document is no route or
    belongs to no profile.
    """
    for stored in load_operations(folder):
        profile = PROFILES.get(stored.profile)
        if profile is None:
            raise ConfigError(f"{folder / stored.profile}: there is no profile of this name.")
        try:
            endpoint = RestEndpoint(
                stored, profile, graph, schema, make_context, authenticate, limits
            )
        except FieldMissing as missing:
            log.warning("rest_route_left_out", path=stored.path, missing=str(missing))
            continue
        yield Route(profile.prefix + stored.path, endpoint, methods=[stored.method])
