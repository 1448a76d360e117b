"""A GraphQL federation router: knows GraphQL, HTTP and federation, no domain and no database.

    from trellis.router import Subgraph, Supergraph, compose

    composition = compose([Subgraph("shop", "http://shop/graphql", sdl), ...])
    supergraph = Supergraph.load(composition.supergraph_sdl)
    print(supergraph.plan("{ products { name } }").explain())
    answer = await supergraph.execute("{ products { name } }", transports={"shop": ...})

The names in ``__all__`` are the public API; everything else may change.
"""

if __name__ != "trellis.router":  # it would be a second copy of every module and class
    raise ImportError(f"{__name__} is imported as trellis.router")

from trellis.router.composition.compose import Composition, compose
from trellis.router.composition.report import CompositionError, CompositionHint
from trellis.router.composition.subgraph import Subgraph
from trellis.router.planner.query_plan import QueryPlan
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.router.transports.base import SubgraphRequest, SubgraphResponse, Transport

__all__ = [
    "Composition",
    "CompositionError",
    "CompositionHint",
    "QueryPlan",
    "Subgraph",
    "SubgraphRequest",
    "SubgraphResponse",
    "Supergraph",
    "SupergraphOptions",
    "Transport",
    "compose",
]
