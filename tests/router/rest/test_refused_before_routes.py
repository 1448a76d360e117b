"""What is refused before any route is asked is told in the words of the dialect all the same."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from trellis.router.config import Config, RateLimitRule, RateLimits, SubgraphSource
from trellis.router.serving.application import build_app

SHOP = {name: SubgraphSource(module=f"tests.support.shop:{name}") for name in ("catalog", "stock")}
ROUTE = """query Product($sku: ID!) @rest(method: GET, path: "/api/{area}/{{sku}}") {{
  product(sku: $sku) {{ title }}
}}"""

MEMBERS = {
    "/pm/api/shared/a": {"success", "error", "timestamp", "request_id"},
    "/tracker/api/shared/a": {"success", "error", "meta"},
    "/learn/api/shared/a": {"success", "error"},
    "/commerce/api/shared/a": {"error"},
    "/api/shared/a": {"success", "error", "meta", "timestamp", "request_id"},
    "/api/pm/a": {"success", "error", "timestamp", "request_id"},
    "/api/plain/a": {"title", "status", "detail", "code", "requestId"},
}
"""Members of an error's body by path: prefixes, the union of two dialects, a dialect's own path."""

CLOSED = ("/pm/api/shared/a", "/tracker/api/shared/a", "/api/shared/a", "/api/pm/a")
"""Paths of dialects that know no codes beside those of their documents."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("refusals")
    areas = {"pm": ("shared", "pm"), "tracker": ("shared",), "learn": ("shared",)}
    areas |= {"commerce": ("shared",), "union": ("shared",), "plain": ("plain",)}
    for dialect, names in areas.items():
        for name in names:
            place = folder / "operations" / "rest" / dialect / name
            place.mkdir(parents=True)
            text = ROUTE.format(area=name).replace("Product(", f"Product{name.capitalize()}(")
            (place / "get.graphql").write_text(text, encoding="utf-8")
    return folder


def client(folder: Path, *, limit: int = 1000) -> httpx.AsyncClient:
    """The whole application; nothing here comes as far as its subgraphs."""
    rule = RateLimitRule(name="requests", limit=limit, window=3600)
    dialects = ("graphql", "pm", "tracker", "learn", "commerce", "union", "plain")
    limits = RateLimits(
        presets={"mine": (rule,)},
        profiles=dict.fromkeys(dialects, "mine"),
        development_factor=1,
    )
    config = Config(
        subgraphs=SHOP,
        schema_dir=folder / "schema",
        operations_dir=folder / "operations",
        rate_limit=limits,
    )
    transport = httpx.ASGITransport(build_app(config), client=("192.0.2.1", 1))
    return httpx.AsyncClient(transport=transport, base_url="http://trellis.test")


def told(answer: httpx.Response) -> tuple[int, set[str], str]:
    """Status, members, and the code wherever the dialect has it."""
    body: dict[str, Any] = answer.json()
    error = body["error"] if isinstance(body.get("error"), dict) else body
    return answer.status_code, set(body), error["code"]


@pytest.mark.parametrize("path", MEMBERS)
async def test_too_much_of_anything_is_refused_in_the_words_of_the_dialect(folder: Path, path: str):
    async with client(folder) as http:
        long = await http.get(path + "?q=" + "x" * 9000)
        many = await http.get(path, headers=[(f"x-{n}", "1") for n in range(120)])
        large = await http.get(path, headers={"x-large": "x" * 70_000})

    is_closed = path in CLOSED
    too_many = "VALIDATION_ERROR" if is_closed else "REQUEST_HEADERS_TOO_LARGE"
    assert told(long) == (
        414,
        MEMBERS[path],
        "VALIDATION_ERROR" if is_closed else "URL_TOO_LONG",
    )
    assert told(many) == told(large) == (431, MEMBERS[path], too_many)
    assert long.headers["x-request-id"]


@pytest.mark.parametrize("path", MEMBERS)
async def test_an_address_that_has_used_up_its_limit_is_told_so_in_the_words_of_the_dialect(
    folder: Path, path: str
):
    async with client(folder, limit=2) as http:
        answers = [await http.put(path) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [405, 405, 429]
    status, members, code = told(answers[2])
    more = {"details"} if "/plain/" in path else set()
    assert (status, members) == (429, MEMBERS[path] | more)
    assert code in ("RATE_LIMITED", "RATE_LIMIT_EXCEEDED")
    assert int(answers[2].headers["retry-after"]) > 0
    assert answers[2].headers["x-ratelimit-remaining"] == "0"


@pytest.mark.parametrize(
    ("path", "members"),
    [
        ("/tracker/api/%ff/a", {"success", "error", "meta"}),
        ("/tracker/nothing", {"success", "error", "meta"}),
        ("/api/shared/%ff", MEMBERS["/api/shared/a"]),
        ("/api/%ff/%ff", MEMBERS["/api/shared/a"]),
        ("/api/nothing", MEMBERS["/api/shared/a"]),
        ("/nothing/%ff", {"errors"}),
    ],
)
async def test_an_unknown_path_is_an_error_in_the_form_of_its_dialect(
    folder: Path, path: str, members: set[str]
):
    async with client(folder) as http:
        answer = await http.get(path)

    assert (answer.status_code, set(answer.json())) == (404, members)


async def test_graphql_is_answered_as_graphql(folder: Path):
    async with client(folder, limit=1) as http:
        answers = [await http.get("/graphql?query=" + "x" * length) for length in (9000, 9000)]

    codes = [answer.json()["errors"][0]["extensions"]["code"] for answer in answers]
    assert codes == ["URL_TOO_LONG", "RATE_LIMITED"]
