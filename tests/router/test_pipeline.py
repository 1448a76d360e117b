"""The life of one operation: refused early, prepared once, answered in part or in full."""

from collections.abc import Mapping
from contextlib import aclosing
from typing import Any
from uuid import UUID

import pytest
from graphql import build_schema, get_introspection_query, graphql_sync

from tests.support.library import SUPERGRAPH, books, entities
from tests.support.recording import RecordingTransport
from trellis.router.answer import Answer
from trellis.router.operation.request import ALL_KINDS, QUERIES, GraphQLRequest
from trellis.router.pipeline import Prepared, Refused, answer, prepare, run, stream
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.request import RequestContext

ADA = Identity(id=UUID(int=1), username="ada")
SELLER = Identity(id=UUID(int=2), scopes=frozenset({"read:sales"}))


class Library:
    """A supergraph over two recording subgraphs."""

    def __init__(
        self,
        books_: RecordingTransport | None = None,
        readers: RecordingTransport | None = None,
        **options: Any,
    ) -> None:
        self.books = books_ or books({"id": "1", "title": "One"})
        self.readers = readers or entities(readers=[{"name": "Ada"}], sales=5)
        transports = {"books": self.books, "readers": self.readers}
        self.supergraph = Supergraph.load(
            SUPERGRAPH, transports=transports, options=SupergraphOptions(**options)
        )

    async def ask(self, document: str, identity: Identity = ANONYMOUS, **members: Any) -> Answer:
        request = GraphQLRequest(document, **members)
        return await answer(request, RequestContext(identity), self.supergraph)

    @property
    def calls(self) -> int:
        return len(self.books.requests) + len(self.readers.requests)


def codes(result: Answer) -> list[str]:
    return [error["extensions"]["code"] for error in result.errors]


async def test_an_operation_over_two_subgraphs_is_answered_in_query_order() -> None:
    library = Library()

    result = await library.ask("{ shelf: books { readers { name } title } }")

    assert result.to_dict() == {"data": {"shelf": [{"readers": [{"name": "Ada"}], "title": "One"}]}}
    assert list(result.data["shelf"][0]) == ["readers", "title"]  # type: ignore[index]
    assert library.calls == 2


async def test_typename_of_the_root_needs_no_subgraph() -> None:
    library = Library()

    assert (await library.ask("{ __typename }")).to_dict() == {"data": {"__typename": "Query"}}
    assert library.calls == 0


async def test_introspection_needs_no_subgraph_and_tells_only_the_api() -> None:
    library = Library()

    result = await library.ask(get_introspection_query())

    truth = graphql_sync(build_schema(library.supergraph.api_sdl), get_introspection_query())
    assert result.data == truth.data
    assert "cost" not in str(result.data)
    assert "SECRET" not in str(result.data)
    assert library.calls == 0


async def test_introspection_beside_data_keeps_the_order_of_the_query() -> None:
    library = Library()

    result = await library.ask('{ a: books { id } __type(name: "Book") { name } b: __typename }')

    assert result.data == {"a": [{"id": "1"}], "__type": {"name": "Book"}, "b": "Query"}
    assert list(result.data or {}) == ["a", "__type", "b"]


@pytest.mark.parametrize(
    ("document", "members", "code", "status"),
    [
        ("{ a", {}, "GRAPHQL_PARSE_FAILED", 400),
        ("{ nothing }", {}, "GRAPHQL_VALIDATION_FAILED", 400),
        ("{ books { cost } }", {}, "GRAPHQL_VALIDATION_FAILED", 400),
        ("query ($n: Int!) { books(first: $n) { id } }", {}, "BAD_USER_INPUT", 400),
        ("query A { __typename } query B { __typename }", {}, "OPERATION_RESOLUTION_FAILURE", 400),
        ("mutation { purge }", {"kinds": QUERIES}, "METHOD_NOT_ALLOWED", 405),
        ("subscription { added { id } }", {"kinds": ALL_KINDS}, "METHOD_NOT_ALLOWED", 405),
        ("mutation { purge }", {}, "UNAUTHENTICATED", 401),
        ("{ me { name } }", {}, "UNAUTHENTICATED", 401),
    ],
)
async def test_a_refused_operation_reaches_no_subgraph(
    document: str, members: Mapping[str, Any], code: str, status: int
) -> None:
    library = Library()

    result = await library.ask(document, **members)

    assert (codes(result), result.status, result.executed) == ([code], status, False)
    assert "data" not in result.to_dict()
    assert library.calls == 0


async def test_introspection_can_be_closed() -> None:
    result = await Library(introspection=False).ask("{ __schema { queryType { name } } }")

    assert set(codes(result)) == {"INTROSPECTION_DISABLED"}


async def test_a_denied_field_is_null_with_one_error_and_is_never_fetched() -> None:
    library = Library()
    document = "{ books { title sales } }"

    denied = await library.ask(document, ADA)
    calls_for_ada = library.calls
    allowed = await library.ask(document, SELLER)

    assert denied.data == {"books": [{"title": "One", "sales": None}]}
    assert [(e["path"], e["extensions"]["code"]) for e in denied.errors] == [
        (["books", "sales"], "UNAUTHORIZED_FIELD_OR_TYPE")
    ]
    assert calls_for_ada == 1
    assert allowed.to_dict() == {"data": {"books": [{"title": "One", "sales": 5}]}}


async def test_plans_are_not_shared_between_callers_with_different_rights() -> None:
    library = Library()
    document = "{ books { sales } }"

    answers = [await library.ask(document, who) for who in (SELLER, ADA, SELLER, ADA)]

    sales = [a.data["books"][0]["sales"] if a.data and a.data["books"] else None for a in answers]
    assert sales == [5, None, 5, None]


async def test_conditions_choose_their_own_plan() -> None:
    library = Library()
    document = "query ($on: Boolean!) { books { title readers @include(if: $on) { name } } }"

    off = await library.ask(document, variables={"on": False})
    calls_off = library.calls
    on = await library.ask(document, variables={"on": True})

    assert off.data == {"books": [{"title": "One"}]}
    assert calls_off == 1
    assert on.data == {"books": [{"title": "One", "readers": [{"name": "Ada"}]}]}


async def test_variables_reach_the_subgraph_with_defaults_filled_in() -> None:
    library = Library()
    document = "query ($n: Int = 7, $ids: [ID!]) { books(first: $n, ids: $ids) { title } }"

    await library.ask(document, variables={"ids": ["x"], "unused": 1})

    assert library.books.requests[0].variables == {"n": 7, "ids": ["x"]}


async def test_a_hidden_enum_value_is_null_and_an_unknown_one_an_error() -> None:
    genres = ("POEM", "SECRET", "UNKNOWN")
    library = Library(books(*({"id": genre, "genre": genre} for genre in genres)))

    result = await library.ask("{ books { genre } }")

    assert result.data == {"books": [{"genre": "POEM"}, {"genre": None}, {"genre": None}]}
    assert [(e["path"], e["extensions"]["code"]) for e in result.errors] == [
        (["books", 2, "genre"], "SUBGRAPH_INVALID_RESPONSE")
    ]


async def test_the_plan_is_shown_on_demand() -> None:
    library = Library()
    document = "{ books { title readers { name } } }"

    shown = await library.ask(document, wants_plan=True)
    hidden = await library.ask(document)

    assert "queryPlan" in shown.extensions
    assert hidden.extensions == {}
    assert shown.data == hidden.data


async def test_repeated_operations_are_prepared_once() -> None:
    library = Library()
    documents = library.supergraph.reader._documents
    plans = library.supergraph.plans.kept

    for _ in range(5):
        await library.ask("{ books { title readers { name } } }")

    assert (documents.misses, documents.hits) == (1, 4)
    assert (plans.misses, plans.hits) == (1, 4)


async def test_what_is_prepared_has_asked_no_subgraph_and_runs_when_it_is_told_to() -> None:
    library = Library()
    request = GraphQLRequest("{ books { title sales } }")

    prepared = await prepare(request, RequestContext(SELLER), library.supergraph)

    assert isinstance(prepared, Prepared)
    assert (prepared.kind, library.calls) == ("query", 0)
    assert prepared.case.identity == SELLER
    result = await run(prepared, library.supergraph)
    assert result.to_dict() == {"data": {"books": [{"title": "One", "sales": 5}]}}
    assert library.calls == 2


async def test_only_what_its_caller_may_not_have_is_refused_with_a_case_to_explain() -> None:
    library = Library(reject=True)

    async def refused(document: str) -> Refused:
        prepared = await prepare(GraphQLRequest(document), RequestContext(ADA), library.supergraph)
        assert isinstance(prepared, Refused)
        return prepared

    denied, invalid = await refused("{ books { sales } }"), await refused("{ nothing }")
    assert denied.case is not None
    assert (denied.case.identity, denied.case.operation.kind) == (ADA, "query")
    assert [one.place for one in library.supergraph.enforcer.explain(denied.case)] == ["Book.sales"]
    assert denied.answer().status == 403
    assert (invalid.case, invalid.answer().status) == (None, 400)
    assert library.calls == 0


async def test_a_subscription_streams_one_answer_per_event() -> None:
    source = RecordingTransport(
        events=tuple({"data": {"added": {"__typename": "Book", "id": i}}} for i in "12")
    )
    library = Library(source)
    request = GraphQLRequest("subscription { added { id sales } }", kinds=ALL_KINDS)

    events = stream(request, RequestContext(SELLER), library.supergraph)
    async with aclosing(events):
        answers = [event.to_dict() async for event in events]

    assert answers == [{"data": {"added": {"id": i, "sales": 5}}} for i in "12"]
    assert source.closed_streams == 1


async def test_a_refused_subscription_is_one_answer() -> None:
    library = Library()
    request = GraphQLRequest("subscription { nothing }", kinds=ALL_KINDS)

    answers = [a async for a in stream(request, RequestContext(), library.supergraph)]

    assert [codes(a) for a in answers] == [["GRAPHQL_VALIDATION_FAILED"]]
    assert library.calls == 0


async def test_a_query_over_a_streaming_door_gives_its_one_answer() -> None:
    library = Library()
    request = GraphQLRequest("{ books { id } }", kinds=ALL_KINDS)

    answers = [a.data async for a in stream(request, RequestContext(), library.supergraph)]

    assert answers == [{"books": [{"id": "1"}]}]
