"""However many different operations clients think of, what is remembered of them is bounded."""

import gc
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.support.recording import RecordingTransport
from trellis.router import pipeline
from trellis.router.authorization.policies.outcome import NOTHING_DECIDED
from trellis.router.cache import Cache
from trellis.router.config import Cost
from trellis.router.executor.plans import weight_of_plan
from trellis.router.operation.limits import OperationLimits
from trellis.router.operation.parse import parse_document, weight_of_document
from trellis.router.operation.request import GraphQLRequest
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.request import RequestContext

SDL = (Path(__file__).parents[2] / "schema/supergraph.graphql").read_text()
ADA = Identity(
    id=UUID(int=1), username="ada", scopes=frozenset({"read:issues", "read:projects", "read:users"})
)
COUNT = 60


def document(number: int) -> str:
    return (
        f'{{ a{number}: project(id: "{number}") {{ name key lead {{ displayName }}'
        " members { role user { displayName } } issues(first: 3) { edges { node {"
        " key summary status assignee { displayName } } } } } }"
    )


def supergraph() -> Supergraph:
    transport = RecordingTransport({"data": {}})
    return Supergraph.load(
        SDL,
        transports=dict.fromkeys(("accounts", "projects", "issues"), transport),
        options=SupergraphOptions(cost=Cost()),
    )


async def ask(graph: Supergraph, text: str, identity: Identity = ADA) -> pipeline.Answer:
    transport: Any = graph.transports["issues"]
    transport.requests.clear()
    return await pipeline.answer(GraphQLRequest(text), RequestContext(identity), graph)


def bytes_of_each(make: Callable[[int], object]) -> float:
    """What one of ``COUNT`` results takes."""
    make(COUNT)  # whatever is made once
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    kept = [make(number) for number in range(COUNT)]
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(kept) == COUNT
    return (after - before) / COUNT


def test_weights_are_near_what_things_take() -> None:
    graph = supergraph()
    reader = graph.reader
    parsed = [reader.parse(document(number)) for number in range(COUNT + 1)]
    normal = [reader._normalizer.normalize(p.operation, p.fragments, {}) for p in parsed]
    allowed = [graph.enforcer.authorize(one, ADA, NOTHING_DECIDED) for one in normal]
    limits = OperationLimits()
    executable = graph.plans._make(allowed[0], frozenset())

    for weight, make in (
        (weight_of_document(document(0)), lambda n: parse_document(document(n), limits)),
        (
            normal[0].weight,
            lambda n: reader._normalizer.normalize(parsed[n].operation, parsed[n].fragments, {}),
        ),
        (weight_of_plan(executable), lambda n: graph.plans._make(allowed[n], frozenset())),
    ):
        assert 0.5 * weight < bytes_of_each(make) < 2 * weight


def caches_of(thing: object, seen: set[int]) -> list[Cache[Any, Any]]:
    """Every cache that a supergraph holds, wherever it is."""
    if id(thing) in seen or type(thing).__module__.split(".")[0] != "trellis":
        return []
    seen.add(id(thing))
    if isinstance(thing, Cache):
        return [thing]
    slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
    values = [getattr(thing, name, None) for name in slots]
    values += list(getattr(thing, "__dict__", {}).values())
    return [cache for value in values for cache in caches_of(value, seen)]


async def test_nothing_is_kept_beyond_its_bytes() -> None:
    graph = supergraph()
    caches = caches_of(graph, set())
    assert len(caches) > 10
    for cache in caches:
        cache.capacity //= 1_000

    for number in range(200):
        answer = await ask(graph, document(number), ADA if number % 2 else ANONYMOUS)
        assert answer.kind is not None or answer.errors

    used = [cache for cache in caches if len(cache)]
    assert len(used) > 5
    assert all(cache.weight <= cache.capacity for cache in caches)
    assert max(len(cache) for cache in caches) < 20
    # What was forgotten is made again.
    assert await ask(graph, document(0)) == await ask(graph, document(0))


def mixed(number: int) -> tuple[str, Identity]:
    """Distinct operations: every second one is refused, for what it asks for, for its depth, for
    its cost, or because nobody has signed in."""
    of = f'{{ a{number}: project(id: "{number}") {{ '
    match number % 8:
        case 1:
            return of + f"nothing{number} }} }}", ADA
        case 3:
            return of + "lead { managedProjects { " * 9 + "name" + " } }" * 9 + " } }", ADA
        case 5:
            issues = "issues(first: 100) { edges { node { "
            return of + issues + "project { " + issues + "key" + " } } }" * 2 + " } } }", ADA
        case 7:
            return of + "name } }", ANONYMOUS
        case 6:
            return document(number), ADA
        case _:
            return of + "name } }", ADA


REFUSALS = {
    1: "GRAPHQL_VALIDATION_FAILED",
    3: "MAX_DEPTH_LIMIT",
    5: "COST_LIMIT",
    7: "UNAUTHENTICATED",
}


async def ask_mixed(graph: Supergraph, numbers: range) -> None:
    for number in numbers:
        answer = await ask(graph, *mixed(number))
        refusal = REFUSALS.get(number % 8)
        assert answer.executed is (refusal is None)
        assert refusal is None or answer.errors[0]["extensions"]["code"] == refusal


async def test_once_its_caches_are_full_nothing_grows() -> None:
    """With caches of a three hundredth of their size, which a hundred of these operations fill."""
    graph = supergraph()
    caches = caches_of(graph, set())
    for cache in caches:
        cache.capacity //= 300
    await ask_mixed(graph, range(120))
    tracemalloc.start()
    await ask_mixed(graph, range(120, 200))
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    await ask_mixed(graph, range(200, 360))
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(cache.evictions for cache in caches) > 300
    assert after - before < 100_000  # each of the 160 asks for some 20 KB


@pytest.mark.long
@pytest.mark.timeout(7_200)
async def test_200_000_operations_take_no_more_than_20_000() -> None:
    def resident() -> float:
        lines = Path("/proc/self/status").read_text().splitlines()
        [kilobytes] = [line.split()[1] for line in lines if line.startswith("VmRSS")]
        return int(kilobytes) / 1_000

    graph = supergraph()
    start = resident()
    await ask_mixed(graph, range(20_000))
    full = resident()
    assert full - start < 300
    await ask_mixed(graph, range(20_000, 200_000))
    grown = resident() - full
    sys.stdout.write(f"\n{full:.0f} MB after 20,000, {grown:.0f} MB more after 200,000\n")
    assert grown < 20
