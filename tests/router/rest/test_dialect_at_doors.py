"""What a dialect asks of doors: headers of its own, a request id, how much a body may have."""

from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from pydantic import ValidationError

from trellis.router.config import Config, Limits, Migration, RateLimits, Rest, SubgraphSource
from trellis.router.errors import ConfigError
from trellis.router.serving.application import build_app

SHOP = {name: SubgraphSource(module=f"tests.support.shop:{name}") for name in ("catalog", "stock")}
FIND = """query Find($sku: ID!) @rest(method: POST, path: "/api/found") {
  product(sku: $sku) { title } }"""
GET = """query Thing($sku: ID!) @rest(method: GET, path: "/api/things/{sku}") {
  product(sku: $sku) { title } }"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dialects")
    for name in ("pm", "tracker", "union", "learn"):
        area = folder / "operations" / "rest" / name / "things"
        area.mkdir(parents=True)
        (area / "get.graphql").write_text(GET, encoding="utf-8")
        (area / "find.graphql").write_text(FIND, encoding="utf-8")
        if name in ("tracker", "union"):
            project = GET.replace("/api/things", "/api/v1/projects").replace("Thing", "Project")
            (area / "project.graphql").write_text(project, encoding="utf-8")
    return folder


def web(folder: Path, **settings: Any) -> httpx.AsyncClient:
    config = Config(
        subgraphs=SHOP,
        schema_dir=folder / "schema",
        operations_dir=folder / "operations",
        **settings,
    )
    transport = httpx.ASGITransport(build_app(config))
    return httpx.AsyncClient(transport=transport, base_url="http://trellis.test")


POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: https://cdn.fislearn.com; "
    "connect-src 'self' https://api.fislearn.com wss://ws.fislearn.com; "
    "font-src 'self' https://fonts.gstatic.com; frame-src 'none'; object-src 'none'"
)


@pytest.mark.parametrize("mode", ["development", "production"])
@pytest.mark.parametrize("path", ["/learn/api/things/1", "/learn/nothing", "/learn/openapi.json"])
async def test_the_learning_platform_has_the_security_headers_of_its_document(
    folder: Path, mode: Literal["development", "production"], path: str
):
    async with web(folder, mode=mode) as http:
        headers = (await http.get(path)).headers
        other = (await http.get("/tracker/api/things/1")).headers

    assert headers.get_list("content-security-policy") == [POLICY]
    assert headers.get_list("referrer-policy") == ["strict-origin-when-cross-origin"]
    assert headers["x-dns-prefetch-control"] == "off"
    assert headers["x-xss-protection"] == "0"
    assert (headers["x-frame-options"], headers["x-content-type-options"]) == ("DENY", "nosniff")
    assert "x-powered-by" not in headers
    told = headers.get("strict-transport-security")
    wanted = "max-age=31536000; includeSubDomains; preload" if mode == "production" else None
    assert told == wanted
    assert other["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize("path", ["/pm/openapi.json", "/pm/docs/", "/pm/docs/docs.js"])
async def test_pages_below_a_prefix_refuse_in_the_words_of_the_dialect(folder: Path, path: str):
    async with web(folder) as http:
        answer = await http.post(path)

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert set(answer.json()) == {"success", "error", "timestamp", "request_id"}


async def test_the_pages_of_learn_have_its_security_headers(folder: Path):
    async with web(folder) as http:
        page = await http.get("/learn/docs/")
        other = await http.get("/pm/docs/")

    assert page.headers.get_list("content-security-policy") == [POLICY]
    assert "unsafe" not in other.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/pm/api/things/1", "/pm/nothing", "/api/things/1"])
@pytest.mark.parametrize("given", [{}, {"x-request-id": "mine"}, {"x-request-id": "req_7"}])
async def test_the_suite_has_one_request_id_in_header_and_body(
    folder: Path, path: str, given: dict[str, str]
):
    async with web(folder) as http:
        answer = await http.get(path, headers=given)

    body = answer.json()
    assert answer.headers.get_list("x-request-id") == [body["request_id"]]
    assert body["request_id"].startswith("req_")
    assert given.get("x-request-id", "") in body["request_id"]
    if "meta" in body:
        assert body["meta"]["request_id"] == body["request_id"]


async def test_a_dialect_may_have_another_limit_for_bodies(folder: Path):
    small, large = Limits(body_bytes=1_000), {"sku": "1", "note": "x" * 2_000}
    async with web(folder, limits=small, rest=Rest(body_bytes={"learn": 3_000})) as http:
        taken = await http.post("/learn/api/found", json=large)
        refused = await http.post("/tracker/api/found", json=large)
        more = await http.post("/learn/api/found", json=large | {"more": "x" * 1_000})

    assert taken.status_code in (200, 404)
    assert (refused.status_code, more.status_code) == (413, 413)


def test_the_learning_platform_takes_ten_megabytes():
    assert Rest().body_bytes == {"learn": 10 * 1024 * 1024}


def test_a_limit_for_an_unknown_dialect_is_a_configuration_error(folder: Path):
    with pytest.raises(ConfigError, match="unknown dialect lern"):
        web(folder, rest=Rest(body_bytes={"lern": 1}))


@pytest.mark.parametrize("place", ["/tracker/api/v2/projects/1", "/api/v2/projects/1"])
async def test_the_second_version_of_the_tracker_answers_as_the_first(folder: Path, place: str):
    async with web(folder) as http:
        answers = [await http.get(path) for path in (place, place.replace("v2", "v1"))]
        by_media = await http.get(
            "/api/v1/projects/1", headers={"accept": "application/vnd.projectmanager.v2+json"}
        )

    told = [(one.status_code, one.json()["data"]) for one in answers]
    assert told[0] == told[1] == (200, {"title": "Product 1"})
    assert set(by_media.json()) == {"success", "data", "meta"}
    versions = [one.headers["api-supported-versions"] for one in (*answers, by_media)]
    assert versions == ["v1, v2"] * 3


async def test_an_installation_may_say_other_versions(folder: Path):
    own = {"tracker": {"API-Supported-Versions": "v1", "X-More": "yes"}}
    async with web(folder, rest=Rest(headers=own)) as http:
        headers = (await http.get("/tracker/api/things/1")).headers

    assert headers.get_list("api-supported-versions") == ["v1"]
    assert (headers["x-more"], headers["api-version"]) == ("yes", "v1")


async def test_an_installation_may_tell_of_a_newer_version(folder: Path):
    """S1-ENV-04: section 13.3 of the document, with the dates in headers besides."""
    guide = "https://docs.example.com/api/v2/migration"
    newer = Migration.model_validate(
        {
            "latest_version": "v2",
            "guide": guide,
            "deprecation": "2026-12-31",
            "sunset": "2027-12-31",
        }
    )
    async with web(folder, rest=Rest(migrations={"tracker": newer})) as http:
        answers = [await http.get(path) for path in ("/tracker/api/things/1", "/api/things/1")]
        refusal, other = await http.get("/tracker/api/none"), await http.get("/pm/api/things/1")

    for answer in answers:
        assert answer.json()["migration"] == {
            "current_version": "v1",
            "latest_version": "v2",
            "migration_guide": guide,
            "deprecation_date": "2026-12-31T00:00:00Z",
        }
        assert answer.headers["deprecation"] == "@1798675200"
        assert answer.headers["sunset"] == "Fri, 31 Dec 2027 00:00:00 GMT"
    assert "deprecation" in refusal.headers
    assert "migration" not in refusal.json() | other.json()
    assert "deprecation" not in other.headers


def test_a_version_ends_twelve_months_after_it_is_deprecated():
    """S1-VER-03"""
    given = {"latest_version": "v2", "guide": "https://x.example", "deprecation": "2024-02-29"}
    Migration.model_validate(given | {"sunset": "2025-03-01"})
    with pytest.raises(ValidationError, match="`sunset` may be 2025-03-01 at the earliest"):
        Migration.model_validate(given | {"sunset": "2025-02-28"})


def test_only_answers_that_tell_a_version_tell_of_another(folder: Path):
    newer = Migration.model_validate(
        {"latest_version": "v2", "guide": "https://x.example", "deprecation": "2026-12-31"}
    )
    with pytest.raises(ConfigError, match="answers of pm tell no version"):
        web(folder, rest=Rest(migrations={"pm": newer}))


@pytest.mark.parametrize("path", ["/tracker/api/things/1", "/api/things/1"])
async def test_the_root_tells_the_window_of_its_limit_as_the_tracker_does(folder: Path, path: str):
    limits = RateLimits(enabled=True)
    async with web(folder, mode="production", rate_limit=limits) as http:
        headers = (await http.get(path)).headers

    assert (headers["x-ratelimit-limit"], headers["x-ratelimit-window"]) == ("100", "3600")


LIMITS = {"tracker": "100", "pm": "1000", "learn": "30"}


@pytest.mark.parametrize("dialect", LIMITS)
async def test_every_answer_of_a_dialect_tells_the_same_limit(folder: Path, dialect: str):
    limits = RateLimits(enabled=True)
    async with web(folder, mode="production", rate_limit=limits) as http:
        answers = [
            await http.get(f"/{dialect}/api/things/1"),
            await http.get(f"/{dialect}/nothing"),
            await http.put(f"/{dialect}/api/things/1"),
            await http.get(f"/{dialect}/api/things/1?q={'x' * 9_000}"),
            await http.get(f"/{dialect}/%ff"),
        ]

    assert [answer.status_code for answer in answers] == [200, 404, 405, 414, 404]
    assert {answer.headers["x-ratelimit-limit"] for answer in answers} == {LIMITS[dialect]}
    left = [int(answer.headers["x-ratelimit-remaining"]) for answer in answers]
    assert left == [int(LIMITS[dialect]) - n for n in range(1, 6)]
