"""What a door works with: a new door is a class that takes one of these."""

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
    """The graph behind the door, who calls, the context of an operation, and limits: ``limits`` of
    a request, ``streams`` of a connection that stays open. ``count`` counts a refused request."""

    graph: Graph
    make_context: ContextMaker
    authenticate: Authenticate = authenticate_nobody
    limits: Limits = field(default_factory=Limits)
    streams: StreamLimits = field(default_factory=StreamLimits)
    count: Count = Unlimited().after_refusal

    async def charge_once(self, error: TrellisError, context: RequestContext) -> CountedRefusal:
        """Count a request that a door refuses, unless it has been counted as an operation. The
        error to answer with, which is another one where the caller has asked too often."""
        if context.charge is None:
            return await self.count(error, context)
        if context.charge.is_taken:
            return error, None
        context.charge.is_taken = True
        return await self.count(error, context)
