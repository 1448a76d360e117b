"""What clients see of the errors of subgraphs in other processes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from structlog.testing import capture_logs

from tests.support.recording import RecordingTransport
from tests.support.serving import served
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.config import Config, SubgraphSource
from trellis.router.serving.application import build_app
from trellis.router.transports.base import SubgraphRequest
from trellis.router.transports.masking import PRESENTABLE, MaskedTransport, mark_presentable
from trellis.schema.request import RequestContext

REQUEST = SubgraphRequest("a", "{ x }", context=RequestContext(request_id="req-7"))
SECRET = {
    "message": "could not connect to postgres://admin:swordfish@db.internal",
    "path": ["x", 0],
    "locations": [{"line": 1, "column": 3}],
    "extensions": {"code": "INTERNAL_SERVER_ERROR", "stacktrace": ["at db.js:7"], "sql": "select"},
}
MASKED = {"message": "The subgraph reported an error.", "path": ["x", 0]}


async def seen(*errors: Any, shown: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    inner = RecordingTransport({"data": {"x": None}, "errors": list(errors)})
    response = await MaskedTransport(inner, shown).send(REQUEST)
    assert response.data == {"x": None}
    assert response.body is None
    return response.errors


async def test_of_an_error_only_its_place_is_seen() -> None:
    assert await seen(SECRET) == [MASKED]
    assert await seen({"message": "no"}) == [{"message": "The subgraph reported an error."}]


@pytest.mark.parametrize("extensions", [None, "text", {"code": 5}, {"code": ["FORBIDDEN"]}])
async def test_an_error_in_another_form_is_masked_too(extensions: Any) -> None:
    assert await seen({**SECRET, "extensions": extensions}, shown=("FORBIDDEN",)) == [MASKED]


async def test_codes_that_the_configuration_names_are_seen_as_they_are() -> None:
    known = {"message": "Sold out.", "extensions": {"code": "SOLD_OUT", "left": 0}}

    assert await seen(known, SECRET, shown=("SOLD_OUT", "GONE")) == [known, MASKED]


async def test_what_a_subgraph_means_for_clients_is_seen_without_its_mark() -> None:
    [marked] = mark_presentable([{"message": "Sold out.", "extensions": {"code": "SOLD_OUT"}}])
    assert marked["extensions"] == {"code": "SOLD_OUT", PRESENTABLE: True}

    assert await seen(marked) == [{"message": "Sold out.", "extensions": {"code": "SOLD_OUT"}}]
    assert await seen({**SECRET, "extensions": {PRESENTABLE: "yes"}}) == [MASKED]


async def test_failures_of_the_way_keep_their_code_in_words_of_ours() -> None:
    failure = {"message": "db.internal is down", "extensions": {"code": "SUBGRAPH_UNAVAILABLE"}}

    assert await seen(failure) == [
        {
            "message": "The subgraph cannot be reached.",
            "extensions": {"code": "SUBGRAPH_UNAVAILABLE"},
        }
    ]


async def test_events_are_masked_like_answers() -> None:
    inner = RecordingTransport(events=({"data": {"x": 1}}, {"data": None, "errors": [SECRET]}))
    events = [event async for event in MaskedTransport(inner).subscribe(REQUEST)]

    assert [event.errors for event in events] == [[], [MASKED]]


async def test_what_was_masked_is_logged_with_the_request_id() -> None:
    with capture_logs() as logs:
        await seen({**SECRET, "message": "x" * 5_000})

    assert logs == [
        {
            "event": "subgraph_error_masked",
            "log_level": "warning",
            "subgraph": "a",
            "request_id": "req-7",
            "code": "INTERNAL_SERVER_ERROR",
            "path": ["x", 0],
            "message": "x" * 1_000,
        }
    ]


async def test_an_answer_without_errors_is_passed_on_untouched() -> None:
    inner = RecordingTransport({"data": {"x": 1}})
    assert (await MaskedTransport(inner).send(REQUEST)).data == {"x": 1}


# -- through the whole application -----------------------------------------------------------------

SDL = "type Query { x: [Int] y: Int }"
SUPERGRAPH = compose([Subgraph("a", "http://a.test", SDL)]).supergraph_sdl


async def _fail(request: Request) -> JSONResponse:
    return JSONResponse({"data": {"x": [None]}, "errors": [SECRET]})


@asynccontextmanager
async def router(tmp_path: Any, mode: Any, **source: Any) -> AsyncIterator[httpx.AsyncClient]:
    supergraph = tmp_path / "supergraph.graphql"
    supergraph.write_text(SUPERGRAPH)
    async with served(Starlette(routes=[Route("/graphql", _fail, methods=["POST"])])) as subgraph:
        config = Config(
            mode=mode,
            supergraph=supergraph,
            data_dir=tmp_path,
            operations_dir=tmp_path / "operations",
            subgraphs={"a": SubgraphSource(url=f"{subgraph}/graphql", **source)},
        )
        async with (
            served(build_app(config)) as url,
            httpx.AsyncClient(base_url=url) as client,
        ):
            yield client


@pytest.mark.parametrize(
    ("mode", "source", "is_seen"),
    [
        ("production", {}, False),
        ("production", {"error_codes": ("SOLD_OUT",)}, False),
        ("production", {"error_codes": ("INTERNAL_SERVER_ERROR",)}, True),
        ("production", {"errors": "shown"}, True),
        ("development", {}, True),
        ("development", {"errors": "masked"}, False),
    ],
)
async def test_exception_texts_of_a_subgraph_stay_inside_in_production(
    tmp_path: Any, mode: str, source: dict[str, Any], is_seen: bool
) -> None:
    async with router(tmp_path, mode, **source) as client:
        answer = await client.post("/graphql", json={"query": "{ x }"})

    [error] = answer.json()["errors"]
    assert error["path"] == ["x", 0]
    assert ("swordfish" in answer.text) is is_seen
    assert "db.js" not in answer.text
    if not is_seen:
        assert error == {
            "message": "The subgraph reported an error.",
            "path": ["x", 0],
            "extensions": {"code": "DOWNSTREAM_SERVICE_ERROR", "service": "a"},
        }
