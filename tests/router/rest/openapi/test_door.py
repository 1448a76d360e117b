"""Where the documents and their page are, who reads what of them."""

import json
import re
from collections.abc import Mapping
from uuid import UUID

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.support.rest_routes import route, small_supergraph
from trellis.router.identity.credentials import Credentials
from trellis.router.rest.openapi.door import PAGE, document_doors, page_doors
from trellis.router.rest.openapi.served import OpenApiDocuments
from trellis.router.web.errors import Errors
from trellis.router.web.graphiql import DemoAccount, SignIn
from trellis.schema.identity import ANONYMOUS, Identity

MOTTO = 'query Motto @rest(method: GET, path: "/api/v1/motto") { motto }'
THINGS = """
query Things($first: Int, $skip: Int) @rest(method: GET, path: "/api/v1/things") {
  things(first: $first, skip: $skip) @page { totalCount edges { node { id } } }
}
"""
SIGN_IN = SignIn("mutation { x }", demo=DemoAccount("ada@example.com", "secret"))

GRAPH = small_supergraph()
ROUTES = [route(GRAPH, profile, text) for profile in ("pm", "tracker") for text in (MOTTO, THINGS)]
DOCUMENTS = OpenApiDocuments.of(GRAPH, ROUTES, default_profile="tracker")


async def authenticate(credentials: Credentials) -> Identity:
    if credentials.authorization is None:
        return ANONYMOUS
    scopes = frozenset(credentials.authorization.removeprefix("Bearer ").split("+"))
    return Identity(UUID(int=1), scopes=scopes)


class Exact:
    """Doors by path, as the application has them."""

    def __init__(self, doors: Mapping[str, ASGIApp]) -> None:
        self.doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.doors[scope["path"]](scope, receive, send)


def client(*, is_permitted_view: bool = False, demo: bool = True) -> httpx.AsyncClient:
    doors = document_doors(DOCUMENTS, authenticate, is_permitted_view=is_permitted_view)
    doors |= page_doors(DOCUMENTS, SIGN_IN, show_demo_account=demo)
    transport = httpx.ASGITransport(Errors(Exact(doors)))
    return httpx.AsyncClient(transport=transport, base_url="http://trellis")


@pytest.mark.parametrize(
    ("path", "servers", "paths"),
    [
        ("/openapi.json", "/", ["/api/v1/motto", "/api/v1/things"]),
        ("/pm/openapi.json", "/pm", ["/api/v1/motto", "/api/v1/things"]),
        ("/tracker/openapi.json", "/tracker", ["/api/v1/motto", "/api/v1/things"]),
    ],
)
async def test_each_dialect_has_its_document_at_its_prefix(
    path: str, servers: str, paths: list[str]
):
    async with client() as http:
        answer = await http.get(path)
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.json()["servers"] == [{"url": servers}]
    assert list(answer.json()["paths"]) == paths


async def test_the_document_of_the_root_prefers_the_default_dialect():
    async with client() as http:
        paths = (await http.get("/openapi.json")).json()["paths"]
    assert paths["/api/v1/motto"]["get"]["operationId"] == "trackerMotto"


async def test_an_unchanged_document_is_304():
    async with client() as http:
        first = await http.get("/openapi.json")
        again = await http.get("/openapi.json", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_in_the_permitted_view_only_permitted_routes_are_documented():
    async with client(is_permitted_view=True) as http:
        for token, paths in [
            (None, ["/api/v1/motto"]),
            ("read:other", ["/api/v1/motto"]),
            ("read:things", ["/api/v1/motto", "/api/v1/things"]),
        ]:
            headers = {"authorization": f"Bearer {token}"} if token else {}
            answer = await http.get("/pm/openapi.json", headers=headers)
            assert list(answer.json()["paths"]) == paths
            assert answer.headers["cache-control"] == "private, no-cache"
            assert "authorization" in answer.headers["vary"]


@pytest.mark.parametrize("place", ["/docs/", "/pm/docs/"])
async def test_the_page_only_refers_to_local_files(place: str):
    async with client() as http:
        page = await http.get(place)
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        names = set(re.findall(r'(?:src|href)="\./([^"]+)"', page.text))
        for script in PAGE.glob("*.js"):
            names |= set(re.findall(r"from '\./([^']+)'", script.read_text("utf-8")))
        assert names >= {"docs.css", "docs.js", "dom.js", "schema.js", "session.js", "try.js"}
        for name in sorted(names):
            assert (await http.get(place + name)).status_code == 200, name


async def test_the_path_without_a_slash_redirects_to_the_page():
    async with client() as http:
        answer = await http.get("/pm/docs")
    assert (answer.status_code, answer.headers["location"]) == (307, "/pm/docs/")


async def test_the_page_knows_the_other_dialects_and_the_demo_account_only_when_it_may():
    async with client() as http:
        config = (await http.get("/pm/docs/config.json")).json()
    assert config["endpoint"] == "../../graphql"
    assert config["documents"] == [
        {"name": "all", "href": "../../docs/", "current": False},
        {"name": "pm", "href": "../../pm/docs/", "current": True},
        {"name": "tracker", "href": "../../tracker/docs/", "current": False},
    ]
    assert config["signIn"]["demo"] == {"email": "ada@example.com", "password": "secret"}
    async with client(demo=False) as http:
        assert "secret" not in json.dumps((await http.get("/docs/config.json")).json())


async def test_methods_other_than_get_and_head_are_refused():
    async with client() as http:
        for path in ("/openapi.json", "/docs/docs.js"):
            answer = await http.post(path)
            assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_the_page_writes_no_text_of_a_document_as_html():
    scripts = sorted(PAGE.glob("*.js"))
    assert [script.name for script in scripts] == [
        "docs.js",
        "dom.js",
        "schema.js",
        "session.js",
        "try.js",
    ]
    for script in scripts:
        text = script.read_text("utf-8")
        assert "innerHTML" not in text and "insertAdjacentHTML" not in text, script.name
