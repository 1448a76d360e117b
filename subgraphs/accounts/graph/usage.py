"""What the caller has used of what the subscription allows."""

from datetime import UTC, datetime
from typing import Self

import strawberry
import strawberry.federation

from trellis.schema.directives import RateLimitStates
from trellis.schema.list_sizes import list_size
from trellis.schema.paging import DEFAULT_PAGE
from trellis.schema.rate_limit import RateLimitState
from trellis.schema.tiers import Tier
from trellis.subgraphs.accounts.graph.types import Ctx

_REQUESTS = frozenset({"requests", "read", "write", "delete"})
_LIMITS = list_size(DEFAULT_PAGE)


@strawberry.type(description="A limit of the caller and its usage.")
class UsageLimit:
    name: str
    limit: int
    window: int = strawberry.field(
        description="in seconds; the limit applies to every period of this length"
    )
    used: int
    remaining: int
    resets_at: datetime = strawberry.field(
        description="when the usage will be zero if nothing is added"
    )

    @classmethod
    def of(cls, state: RateLimitState) -> Self:
        return cls(
            name=state.name,
            limit=state.limit,
            window=state.window,
            used=state.limit - state.remaining,
            remaining=state.remaining,
            resets_at=datetime.fromtimestamp(state.reset_at, UTC),
        )


@strawberry.type(description="The limits of the caller, by tier and interface.")
class Usage:
    tier: Tier
    requests: list[UsageLimit] = strawberry.field(directives=[list_size(len(_REQUESTS))])
    executions: UsageLimit | None = strawberry.field(
        description="executions of code; null if unlimited"
    )
    uploads: UsageLimit | None = strawberry.field(description="uploaded files; null if unlimited")
    limits: list[UsageLimit] = strawberry.field(
        directives=[_LIMITS], description="all limits, also of single fields"
    )


@strawberry.type
class UsageQuery:
    @strawberry.federation.field(
        authenticated=True,
        directives=[RateLimitStates()],
        description="The caller's usage of each limit. Empty if there are no limits.",
    )
    def my_usage(self, info: Ctx) -> Usage | None:
        limits = [UsageLimit.of(state) for state in info.context.request.rate_limit]
        by_name = {limit.name: limit for limit in limits}
        return Usage(
            tier=Tier.of(info.context.caller.tier),
            requests=[limit for limit in limits if limit.name in _REQUESTS],
            executions=by_name.get("executions"),
            uploads=by_name.get("uploads"),
            limits=limits,
        )
