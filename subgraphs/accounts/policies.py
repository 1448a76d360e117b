"""What the names in ``@policy`` mean that accounts answers for, wherever they stand."""

from collections.abc import Mapping

from trellis.schema.identity import Identity
from trellis.schema.policy import CallerPolicy, Policy
from trellis.subgraphs.accounts.models import Tier

_LOWEST_FIRST = tuple(Tier)


def tier_policies() -> Mapping[str, Policy]:
    """``tier:basic`` and so on: the caller has subscribed to this tier or a better one."""
    return {f"tier:{tier.value}": at_least(tier) for tier in _LOWEST_FIRST[1:]}


def at_least(tier: Tier) -> CallerPolicy:
    """Holds for callers of this tier and of those above it."""
    enough = {each.value for each in _LOWEST_FIRST[_LOWEST_FIRST.index(tier) :]}

    async def decide(caller: Identity) -> bool:
        return caller.is_authenticated and caller.tier in enough

    return CallerPolicy(decide)
