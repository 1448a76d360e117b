"""Which dialect a request means, and what it gets when no route takes it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest

from tests.router.rest.library import BARE, SNAKE, Library, book, client, door
from trellis.router.config import Config, Rest, SubgraphSource
from trellis.router.rest.door import Selection
from trellis.router.rest.profile import Profile
from trellis.router.serving.application import build_app

ROOT = "http://trellis.test"
SHOP = {name: SubgraphSource(module=f"tests.support.shop:{name}") for name in ("catalog", "stock")}
UNION = Profile(
    name="union",
    prefix="",
    spell_member=str.upper,
    spell_enum=str.upper,
    success=lambda data, info: data,
    failure=lambda failed, info: {"union": failed.code},
    failures={"INTERNAL": (500, "OURS")},
)


def get(path: str, name: str = "GetBook") -> str:
    return f"query {name}($id: ID!) @rest(method: GET, path: {path!r}) {{ book(id: $id) {{ id }} }}"


def post(path: str) -> str:
    text = f"mutation Post($title: String!) @rest(method: POST, path: {path!r})"
    return text + " { addBook(input: { bookTitle: $title }) { book { id } } }"


def make(*texts: tuple[Profile, str], hosts: Mapping[str, str] | None = None) -> httpx.AsyncClient:
    library = Library({"book": book, "version": "1"})
    written = [(profile, text.replace("'", '"')) for profile, text in texts]
    default = Selection("snake", hosts or {})
    return client(door(library, *written, selection=default), ROOT)


def dialect(response: httpx.Response) -> str:
    body: Any = response.json()
    if "ID" in body:
        return "union"
    return "snake" if "data" in body else "bare"


BOTH = ((BARE, get("/api/books/{id}")), (SNAKE, get("/api/books/{id}")))


async def test_a_prefix_selects_its_dialect():
    web = make(*BOTH)
    assert dialect(await web.get("/snake/api/books/7")) == "snake"
    assert dialect(await web.get("/bare/api/books/7")) == "bare"


async def test_of_several_dialects_at_the_root_the_default_answers():
    assert dialect(await make(*BOTH).get("/api/books/7")) == "snake"


async def test_a_dialect_without_a_prefix_takes_precedence_over_the_default():
    web = make(*BOTH, (UNION, get("/api/books/{ID}").replace("$id: ID!", "$id: ID!")))
    assert dialect(await web.get("/api/books/7")) == "union"
    assert dialect(await web.get("/snake/api/books/7")) == "snake"


async def test_a_path_of_one_dialect_is_served_by_it_at_the_root():
    web = make((BARE, get("/api/only/{id}")), (SNAKE, get("/api/books/{id}")))
    assert dialect(await web.get("/api/only/7")) == "bare"


@pytest.mark.parametrize(
    ("hosts", "host", "expected"),
    [
        ({"bare.example": "bare"}, "bare.example", "bare"),
        ({"bare.example": "bare"}, "BARE.example:8080", "bare"),
        ({"bare.example:8080": "bare"}, "bare.example:8080", "bare"),
        ({":3001": "bare"}, "any.example:3001", "bare"),
        ({":3001": "bare"}, "any.example:3002", "snake"),
        ({"bare.example": "bare"}, "other.example", "snake"),
    ],
)
async def test_a_host_selects_its_dialect(hosts: dict[str, str], host: str, expected: str):
    web = make(*BOTH, hosts=hosts)
    assert dialect(await web.get("/api/books/7", headers={"host": host})) == expected


async def test_a_media_type_selects_its_dialect():
    web = make((UNION, get("/api/books/{ID}")), (SNAKE, get("/api/books/{id}")))
    headers = {"accept": "application/vnd.snake+json"}
    assert dialect(await web.get("/api/books/7", headers=headers)) == "snake"
    assert dialect(await web.get("/api/books/7")) == "union"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("APPLICATION/VND.SNAKE+JSON", "snake"),  # RFC 9110, section 8.3.1
        ("text/html;q=0.5, Application/Vnd.Snake+Json;q=0.2", "snake"),
        ("application/vnd.snake+json;q=0, application/json", "union"),
        ("application/vnd.snake+json2, application/json", "union"),
    ],
)
async def test_a_media_type_is_named_in_any_case_and_whole(accept: str, expected: str):
    web = make((UNION, get("/api/books/{ID}")), (SNAKE, get("/api/books/{id}")))
    assert dialect(await web.get("/api/books/7", headers={"accept": accept})) == expected


async def test_options_carries_the_headers_of_the_dialect():
    versioned = replace(SNAKE, headers=lambda info: ((b"api-version", info.request_id.encode()),))
    answer = await make((versioned, get("/api/books/{id}"))).options("/api/books/7")

    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    assert "api-version" in answer.headers


async def test_a_fixed_segment_goes_before_a_parameter_whatever_the_method():
    web = make(
        (SNAKE, get("/api/books/{id}")),
        (SNAKE, 'query Version @rest(method: GET, path: "/api/books/version") { version }'),
        (SNAKE, post("/api/books/new")),
    )
    response = await web.get("/api/books/new")
    assert (response.status_code, response.headers["allow"]) == (405, "OPTIONS, POST")
    assert (await web.get("/api/books/version")).json()["data"] == "1"
    assert (await web.get("/api/books/7")).status_code == 200


async def test_other_methods_are_405_in_the_words_of_the_dialect():
    web = make((SNAKE, get("/api/books/{id}")), (SNAKE, post("/api/books")))
    response = await web.put("/api/books/7")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert response.json()["error"] == "METHOD_NOT_ALLOWED"


async def test_options_tells_the_methods():
    response = await make((SNAKE, get("/api/books/{id}"))).options("/api/books/7")
    assert (response.status_code, response.headers["allow"]) == (204, "GET, HEAD, OPTIONS")


async def test_preflights_are_those_of_the_application():
    web = make((SNAKE, get("/api/books/{id}")))
    headers = {"origin": "https://evil.example", "access-control-request-method": "GET"}
    response = await web.options("/api/books/7", headers=headers)
    assert response.status_code == 400
    assert "access-control-allow-origin" not in response.headers


async def test_paths_below_a_prefix_are_not_passed_on():
    response = await make(*BOTH).get("/snake/nothing")
    assert (response.status_code, response.json()["error"]) == (404, "MISSING")
    assert response.headers["x-dialect"] == "snake"


async def test_requests_without_a_route_are_passed_on():
    response = await make(*BOTH).get("/nothing")
    assert response.status_code == 404
    assert response.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("path", "id"),
    [
        ("/api/books/a%2Fb", "a/b"),
        ("/api/books/a%20b", "a b"),
        ("/api/books/%C3%A9", "é"),
        ("/api/books/a+b", "a+b"),
    ],
)
async def test_segments_are_decoded_one_by_one(path: str, id: str):
    response = await make((SNAKE, get("/api/books/{id}"))).get(path)
    assert response.json()["data"] == {"id": id}


@pytest.mark.parametrize(
    "path", ["/api/books/", "/api/books", "/api/books/7/", "/api//books/7", "/api/books/%ff"]
)
async def test_paths_similar_to_a_route_are_404(path: str):
    assert (await make((SNAKE, get("/api/books/{id}"))).get(path)).status_code == 404


@pytest.mark.parametrize("mode", ["development", "production"])
@pytest.mark.parametrize(
    ("headers", "dialect"),
    [
        ({"host": "tasks.example"}, "todo"),
        ({"accept": "application/vnd.projectmanager.v1+json"}, "tracker"),
        ({"host": "learn.example", "accept": "application/json"}, "learn"),
    ],
)
async def test_nothing_at_a_path_is_told_in_the_words_of_the_host_or_the_version(
    tmp_path: Path, mode: Literal["development", "production"], headers: dict, dialect: str
):
    config = Config(
        mode=mode,
        subgraphs=SHOP,
        schema_dir=tmp_path,
        operations_dir=written_operations(tmp_path),
        rest=Rest(hosts={"tasks.example": "todo", "learn.example": "learn"}),
    )
    transport = httpx.ASGITransport(build_app(config))
    async with httpx.AsyncClient(transport=transport, base_url=ROOT, headers=headers) as web:
        unknown = await web.get("/api/v9/nothing")
        outside = await web.get("/nothing")
        wrong = await web.put("/api/things/1")
        page = await web.post("/health")
        health = await web.get("/health")

    members = {
        "todo": {"error"},
        "tracker": {"success", "error", "meta"},
        "learn": {"success", "error"},
    }
    refusals = (unknown, outside, wrong, page)
    assert [one.status_code for one in refusals] == [404, 404, 405, 405]
    assert [set(one.json()) for one in refusals] == [members[dialect]] * 4
    assert set(page.headers["allow"].split(", ")) == {"GET", "HEAD"}
    assert (health.status_code, health.json()) == (200, {"status": "ok"})


def written_operations(folder: Path) -> Path:
    """One route of each dialect."""
    for name in ("todo", "tracker", "learn"):
        area = folder / "rest" / name / "things"
        area.mkdir(parents=True)
        text = 'query Thing($sku: ID!) @rest(method: GET, path: "/api/things/{sku}")'
        (area / "get.graphql").write_text(text + " { product(sku: $sku) { title } }")
    return folder
