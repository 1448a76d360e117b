"""What an endpoint needs from the rest of the router."""

from dataclasses import dataclass, field

from trellis.router.config import Limits, StreamLimits
from trellis.router.rate_limit.limiter import Count, CountedRefusal, Unlimited
from trellis.router.web.graph import Graph
from trellis.router.web.identity import Authenticate, authenticate_nobody
from trellis.router.web.request_context import ContextMaker
from trellis.schema.errors import TrellisError
from trellis.schema.request import RequestContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The graph, the functions that authenticate callers and create contexts, and the limits of
    requests and of ``streams`` (long-lived connections). ``count`` counts a refused request.
    ``supports_dry_run``: all subgraphs support dry runs (``trellis.schema.subgraph``)."""

    graph: Graph
    make_context: ContextMaker
    authenticate: Authenticate = authenticate_nobody
    limits: Limits = field(default_factory=Limits)
    streams: StreamLimits = field(default_factory=StreamLimits)
    count: Count = Unlimited().after_refusal
    supports_dry_run: bool = False

    async def charge_once(self, error: TrellisError, context: RequestContext) -> CountedRefusal:
        """Count a refused request, unless it was counted as an operation. Returns the error to
        respond with, which is another one if a limit has been reached."""
        if context.charge is None:
            return await self.count(error, context)
        if context.charge.is_taken:
            return error, None
        context.charge.is_taken = True
        return await self.count(error, context)
