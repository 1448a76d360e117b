"""Operations are counted by the hash of their name; what clients invent cannot make many series."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest

from tests.support.metrics import figures_here
from trellis.router.errors import SubgraphTimeout
from trellis.router.operation.request import ALL_KINDS, GraphQLRequest
from trellis.router.serving.operation_meter import OperationMeter, hash_of_name
from trellis.router.serving.snapshot import CountedGraph
from trellis.router.supergraph import Supergraph
from trellis.router.transports.base import SubgraphRequest, SubgraphResponse
from trellis.router.transports.metered import MeteredTransport, count_retry
from trellis.router.web.request_record import RequestRecord, current_record
from trellis.schema.request import RequestContext

SDL = """
schema @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query
  subscription: Subscription }
directive @link(url: String!, for: link__Purpose) repeatable on SCHEMA
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!) repeatable on OBJECT
enum link__Purpose { EXECUTION }
enum join__Graph { A @join__graph(name: "a", url: "") }
type Query @join__type(graph: A) { number: Int }
type Subscription @join__type(graph: A) { ticks: Int }
"""


class Part:
    """Answers with a number, or with the failure that was set."""

    is_in_process = True
    failure: Exception | None = None
    errors: list[dict[str, Any]] = []  # noqa: RUF012

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        if self.failure is not None:
            raise self.failure
        return SubgraphResponse({"number": 7}, self.errors)

    async def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[SubgraphResponse, None]:
        for number in range(3):
            yield SubgraphResponse({"ticks": number})

    async def aclose(self) -> None:
        pass


PART = Part()


def graph_of(names: int = 200, subgraph: str = "a") -> CountedGraph:
    transports = {"a": MeteredTransport(PART, subgraph)}
    return CountedGraph(Supergraph.load(SDL, transports=transports), OperationMeter(names))


def operations(name: str, **labels: str) -> float:
    found = figures_here()
    return found.of("graphql_operations_total", operation=hash_of_name(name), **labels)


async def test_an_operation_is_counted_by_the_hash_of_its_name():
    graph = graph_of()
    for _ in range(3):
        await graph.answer(GraphQLRequest("query CountedHere { number }"), RequestContext())
    assert operations("CountedHere", kind="query", outcome="ok") == 3
    label = hash_of_name("CountedHere")
    found = figures_here()
    assert found.of("graphql_operation_duration_seconds_count", operation=label) == 3
    assert "CountedHere" not in found.labels_of("graphql_operations_total", "operation")


async def test_the_name_is_that_of_the_operation_that_is_chosen():
    document = "query First { number } query Second { number }"
    await graph_of().answer(GraphQLRequest(document, {}, "Second"), RequestContext())
    assert (operations("First"), operations("Second", outcome="ok")) == (0, 1)


@pytest.mark.parametrize(
    ("document", "label", "code"),
    [
        ("query Bad { nothing }", "invalid", "GRAPHQL_VALIDATION_FAILED"),
        ("{ number", "invalid", "GRAPHQL_PARSE_FAILED"),
    ],
)
async def test_what_is_refused_is_counted_by_its_code(document: str, label: str, code: str):
    def counted() -> tuple[float, float]:
        found = figures_here()
        refused = found.of("graphql_operations_total", operation=label, outcome="refused")
        return refused, found.of("graphql_errors_total", code=code)

    before = counted()
    await graph_of().answer(GraphQLRequest(document), RequestContext())
    assert counted() == (before[0] + 1, before[1] + 1)


async def test_clients_cannot_make_any_number_of_series():
    graph, meter = graph_of(names=3), "graphql_operations_total"
    known = figures_here().labels_of(meter, "operation")
    others = figures_here().of(meter, operation="other", outcome="ok")
    for number in range(20):
        document = f"query Invented{number} {{ number }}"
        await graph.answer(GraphQLRequest(document), RequestContext())
    found = figures_here()
    assert len(found.labels_of(meter, "operation") - known - {"other"}) == 3
    assert found.of(meter, operation="other", outcome="ok") == others + 17


async def test_subgraphs_cannot_make_any_number_of_codes(monkeypatch: pytest.MonkeyPatch):
    graph = graph_of()
    request = GraphQLRequest("{ number }")
    before = figures_here().labels_of("graphql_errors_total", "code")
    for number in range(150):
        error = {"message": "", "path": ["number"], "extensions": {"code": f"INVENTED_{number}"}}
        monkeypatch.setattr(PART, "errors", [error])
        await graph.answer(request, RequestContext())
    codes = figures_here().labels_of("graphql_errors_total", "code") - before
    assert len(codes - {"other"}) == 100


async def test_fetches_are_counted_by_subgraph_and_outcome(monkeypatch: pytest.MonkeyPatch):
    graph, request = graph_of(subgraph="test_part"), GraphQLRequest("{ number }")
    await graph.answer(request, RequestContext())
    monkeypatch.setattr(PART, "failure", SubgraphTimeout("a", "late"))
    await graph.answer(request, RequestContext())
    await graph.answer(request, RequestContext())
    count_retry("test_part")

    found = figures_here()
    outcomes = {
        outcome: found.of("subgraph_fetches_total", subgraph="test_part", outcome=outcome)
        for outcome in ("ok", "errors", "SUBGRAPH_TIMEOUT")
    }
    assert outcomes == {"ok": 1, "errors": 0, "SUBGRAPH_TIMEOUT": 2}
    assert found.of("subgraph_fetch_duration_seconds_count", subgraph="test_part") == 3
    assert found.of("subgraph_retries_total", subgraph="test_part") == 1


async def test_a_subscription_is_counted_while_it_runs():
    def figures() -> tuple[float, float]:
        found = figures_here()
        return found.of("subscriptions_active"), found.of("subscription_events_total")

    active, events = figures()
    begun = operations("Ticks", kind="subscription", outcome="begun")
    request = GraphQLRequest("subscription Ticks { ticks }", kinds=ALL_KINDS)
    async with aclosing(graph_of().stream(request, RequestContext())) as answers:
        async for answer in answers:
            assert answer.executed
            assert figures()[0] == active + 1
    assert figures() == (active, events + 3)
    assert operations("Ticks", kind="subscription", outcome="begun") == begun + 1


class BrokenMeter(OperationMeter):
    def series_of(self, request: GraphQLRequest, parse: Any) -> Any:
        raise RuntimeError("no series")


async def test_a_stream_that_cannot_be_counted_holds_its_graph_no_longer():
    graph = CountedGraph(Supergraph.load(SDL, transports={"a": PART}), BrokenMeter())
    with pytest.raises(RuntimeError, match="no series"):
        await anext(graph.stream(GraphQLRequest("{ number }"), RequestContext()))
    assert graph.running == 0


async def test_the_record_of_the_request_names_operation_and_caller():
    record = RequestRecord("graphql")
    token = current_record.set(record)
    await graph_of().answer(GraphQLRequest("query Recorded { number }"), RequestContext())
    current_record.reset(token)
    assert (record.operation, record.operation_hash) == ("Recorded", hash_of_name("Recorded"))
    assert record.caller is None
