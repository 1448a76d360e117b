"""Whoever asks too often troubles no policy: limits are counted before policies are asked."""

from typing import Any

import pytest

from tests.support.office import ADA, AUDITOR, MEMBERS, POLICIES, composed_office, diary
from trellis.router.answer import Answer
from trellis.router.authorization.policies.registry import LocalPolicies
from trellis.router.config.rate_limits import RateLimitRule, RateLimits
from trellis.router.operation.request import ALL_KINDS, GraphQLRequest
from trellis.router.pipeline import answer, stream
from trellis.router.rate_limit.limiter import RateLimiting
from trellis.router.rate_limit.memory_store import MemoryStore
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.router.transports.local import LocalTransport
from trellis.schema.identity import Identity
from trellis.schema.request import RequestContext

SUPERGRAPH = composed_office()


class Office:
    """The guarded graph, three requests a minute."""

    def __init__(self, limit: int = 3, **options: Any) -> None:
        rule = RateLimitRule(name="all", limit=limit, window=60)
        profiles: dict[str, str] = dict.fromkeys(("graphql", "learn", "tracker"), "none")
        config = RateLimits(presets={"none": ()}, profiles=profiles, rules=(rule,))
        limiting = RateLimiting(config, MemoryStore(clock=lambda: 0))
        self.supergraph = Supergraph.load(
            SUPERGRAPH,
            transports={one.name: LocalTransport(one) for one in MEMBERS},
            policies=[LocalPolicies("office", POLICIES)],
            options=SupergraphOptions(rate_limiting=limiting, **options),
        )
        diary.clear()

    async def ask(self, query: str, who: Identity = ADA) -> Answer:
        return await answer(GraphQLRequest(query), _context(who), self.supergraph)

    async def events(self, query: str, who: Identity = ADA) -> list[Answer]:
        request = GraphQLRequest(query, kinds=ALL_KINDS)
        return [one async for one in stream(request, _context(who), self.supergraph)]

    async def spend(self, times: int) -> None:
        for _ in range(times):
            assert (await self.ask("{ billing }")).errors == ()
        diary.clear()


def _context(who: Identity) -> RequestContext:
    return RequestContext(who, client_address="192.0.2.1")


def left(result: Answer) -> int:
    return int(dict(result.headers)[b"x-ratelimit-remaining"])


def codes(result: Answer) -> list[str]:
    return [error["extensions"]["code"] for error in result.errors]


@pytest.mark.parametrize(
    "query",
    [
        "{ ledger }",
        "{ ledger books }",
        '{ report(id: "1") }',
        "{ projects { budget } }",
        'mutation { rename(id: "2") { id } }',
    ],
)
async def test_a_request_over_the_limit_asks_no_policy(query: str):
    office = Office()
    await office.spend(3)
    refused = await office.ask(query)
    assert (refused.status, codes(refused)) == (429, ["RATE_LIMITED"])
    assert (diary.policies, diary.resolved) == ([], [])


async def test_a_request_over_the_limit_that_would_be_refused_anyway_asks_no_policy():
    office = Office(reject=True)
    await office.spend(3)
    refused = await office.ask("{ ledger books }")
    assert (refused.status, diary.policies) == (429, [])


async def test_a_subscription_over_the_limit_asks_no_policy():
    office = Office()
    await office.spend(3)
    (refused,) = await office.events("subscription { changed { budget } }")
    assert (refused.status, diary.policies) == (429, [])


async def test_answers_and_refusals_count_once_whoever_refuses():
    office = Office(limit=10)
    assert left(await office.ask("{ ledger }", AUDITOR)) == 9
    assert left(await office.ask("{ ledger billing }", AUDITOR)) == 8
    by_policy = await office.ask('mutation { rename(id: "2") { id } }', AUDITOR)
    assert (by_policy.status, left(by_policy)) == (403, 7)
    strict = Office(limit=10, reject=True)
    by_scope = await strict.ask("{ books }", ADA)
    assert (by_scope.status, left(by_scope)) == (403, 9)
    by_both = await strict.ask("{ ledger books }", ADA)
    assert (by_both.status, left(by_both)) == (403, 8)
    assert [error["path"] for error in by_both.errors] == [["ledger"], ["books"]]
    by_object = await strict.ask("{ projects { budget } }", ADA)
    assert (by_object.status, left(by_object)) == (403, 7)


async def test_a_policy_that_denies_costs_no_more_than_one_that_holds():
    office = Office(limit=10)
    assert left(await office.ask("{ ledger billing }", ADA)) == 9
    assert left(await office.ask("{ ledger billing }", AUDITOR)) == 9  # who is counted apart
