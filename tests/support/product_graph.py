"""The graph of the product and its REST routes as they are in the repository, loaded once."""

from functools import cache

from tests.support.shared import ROOT
from trellis.router.rest.load import load_routes
from trellis.router.rest.profiles import PROFILES
from trellis.router.rest.route import RestRoute
from trellis.router.supergraph import Supergraph


@cache
def product_sdl() -> str:
    return (ROOT / "schema" / "supergraph.graphql").read_text(encoding="utf-8")


@cache
def product_graph() -> Supergraph:
    """Without subgraphs behind it: for what is read off the schema."""
    return Supergraph.load(product_sdl())


@cache
def product_routes() -> tuple[RestRoute, ...]:
    """The stored operations of all dialects, as in development."""
    return tuple(load_routes(ROOT / "persisted_queries" / "rest", product_graph(), PROFILES))
