"""The served page: types, compression, caching, content policy, and what it opens with."""

import gzip
import json
import os
import re
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.routing import Mount

from tests.support.npm_clients import install_packages
from tests.support.services import require_program
from trellis.router.errors import ConfigError
from trellis.router.web.graphiql import DemoAccount, ExplorerContent, GraphiQL, SignIn, load_content
from trellis.router.web.graphiql.content import StartingOperation
from trellis.router.web.graphiql.serve import CONTENT_SECURITY_POLICY, STATIC

SOURCE = STATIC.parent / "source"
LIMIT_OF_THE_BUILT_PAGE = 3_000_000
CONTENT = ExplorerContent(sign_in=SignIn("mutation { x }", demo=DemoAccount("ada@x.y", "secret")))


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=[Mount("/explorer", GraphiQL()), Mount("/", GraphiQL(CONTENT))])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://trellis") as client:
        yield client


def built(name: str) -> str:
    """The one built asset whose name, without its hash, is this."""
    stem, suffix = name.rsplit(".", 1)
    [found] = STATIC.glob(f"assets/{stem}-????????.{suffix}.gz")
    return f"assets/{found.name.removesuffix('.gz')}"


async def test_the_page_is_html_that_is_checked_for_news_each_time(client: httpx.AsyncClient):
    answer = await client.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert "<title>Trellis</title>" in answer.text


@pytest.mark.parametrize("mount", ["/", "/explorer/"])
async def test_the_page_and_its_assets_work_under_any_mount_path(
    client: httpx.AsyncClient, mount: str
):
    page = await client.get(mount)
    references = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(references) > 3
    for reference in references:
        assert reference.startswith("./assets/")
        assert (await client.get(mount + reference[2:])).status_code == 200


async def test_a_mount_path_without_its_slash_is_sent_to_the_one_with():
    transport = httpx.ASGITransport(GraphiQL(), root_path="/an explorer")
    async with httpx.AsyncClient(transport=transport, base_url="http://trellis") as client:
        answer = await client.get("/an explorer")
    assert (answer.status_code, answer.headers["location"]) == (307, "/an%20explorer/")


@pytest.mark.parametrize(
    ("asset", "media_type"),
    [
        ("trellis.svg", "image/svg+xml"),
        ("editor.css", "text/css; charset=utf-8"),
        ("json.worker.js", "text/javascript; charset=utf-8"),
        ("codicon.ttf", "font/ttf"),
        ("inter-latin-wght-normal.woff2", "font/woff2"),
    ],
)
async def test_a_hashed_asset_has_its_type_and_is_cached_for_good(
    client: httpx.AsyncClient, asset: str, media_type: str
):
    answer = await client.get("/" + built(asset))
    assert answer.headers["content-type"] == media_type
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("accepted", ["gzip", "br, gzip;q=0.5", "*", "GZIP;q=1.0", "*;q=0, gzip"])
async def test_a_client_that_takes_gzip_gets_the_file_as_it_lies_on_disk(
    client: httpx.AsyncClient, accepted: str
):
    name = built("trellis.svg")
    async with client.stream("GET", f"/{name}", headers={"accept-encoding": accepted}) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "accept-encoding"
    assert raw == (STATIC / f"{name}.gz").read_bytes()


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0", "gzip;q=0, *", "gzip;q=x"])
async def test_a_client_that_takes_no_gzip_gets_the_plain_file(
    client: httpx.AsyncClient, accepted: str
):
    name = built("trellis.svg")
    answer = await client.get(f"/{name}", headers={"accept-encoding": accepted})
    assert "content-encoding" not in answer.headers
    assert answer.content == gzip.decompress((STATIC / f"{name}.gz").read_bytes())


async def test_an_unchanged_page_is_not_sent_again(client: httpx.AsyncClient):
    etag = (await client.get("/")).headers["etag"]
    again = await client.get("/", headers={"if-none-match": f'"other", {etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert (await client.get("/", headers={"if-none-match": '"other"'})).status_code == 200


async def test_head_answers_like_get_without_the_body(client: httpx.AsyncClient):
    plain = {"accept-encoding": "identity"}
    full, head = await client.get("/", headers=plain), await client.head("/", headers=plain)
    assert head.content == b""
    assert head.headers == full.headers


async def test_only_get_and_head_are_allowed(client: httpx.AsyncClient):
    answer = await client.post("/", content=b"{}")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


async def test_a_websocket_is_closed_at_once():
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await GraphiQL()({"type": "websocket", "path": "/"}, None, send)  # pyright: ignore

    assert sent == [{"type": "websocket.close", "code": 1000, "reason": ""}]


@pytest.mark.parametrize(
    "path", ["/nothing", "/assets/", "/..%2fserve.py", "/%2e%2e/content.py", "/index.html.gz"]
)
async def test_nothing_outside_the_built_files_is_served(client: httpx.AsyncClient, path: str):
    assert (await client.get(path)).status_code == 404


async def test_the_content_policy_names_no_other_host_and_allows_no_inline_script(
    client: httpx.AsyncClient,
):
    policy = (await client.get("/")).headers["content-security-policy"]
    assert policy == CONTENT_SECURITY_POLICY
    rules = {name: rule for name, _, rule in (it.partition(" ") for it in policy.split("; "))}
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["connect-src"] == rules["worker-src"] == "'self'"
    assert not re.search(r"https?:|\*|unsafe-eval", policy)
    assert not re.search(r"<script(?![^>]*src=)", (await client.get("/")).text)


async def test_the_demo_account_reaches_the_page_only_where_it_is_wanted(client: httpx.AsyncClient):
    hidden = await client.get("/config.json")
    assert hidden.json() == {
        "endpoint": "graphql",
        "tabs": [],
        "signIn": {"document": "mutation { x }", "refresh": None, "demo": None},
    }
    shown = CONTENT.as_config("graphql", show_demo_account=True)
    assert shown["signIn"]["demo"] == {"email": "ada@x.y", "password": "secret"}


def test_the_demo_account_fills_the_variables_of_the_tab_that_signs_in():
    demo = DemoAccount("ada@x.y", "secret")
    tabs = (StartingOperation("mutation { x }", "{}"), StartingOperation("{ y }", '{"a": 1}'))
    content = ExplorerContent(tabs, SignIn("mutation { x }", demo=demo))

    def variables(*, show_demo_account: bool) -> dict[str, Any]:
        config = content.as_config("graphql", show_demo_account=show_demo_account)
        return {tab["query"]: json.loads(tab["variables"]) for tab in config["tabs"]}

    assert variables(show_demo_account=False) == {"mutation { x }": {}, "{ y }": {"a": 1}}
    assert variables(show_demo_account=True) == {
        "mutation { x }": {"email": "ada@x.y", "password": "secret"},
        "{ y }": {"a": 1},
    }


@pytest.mark.parametrize(("line", "refresh"), [("", None), ('refresh = "again"', "{ again }\n")])
def test_the_document_that_refreshes_is_read_where_one_is_named(
    tmp_path: Path, line: str, refresh: str | None
):
    write(tmp_path, in__graphql="{ in }", again__graphql="{ again }")
    write(tmp_path, explorer__toml=f'sign_in = "in"\n{line}\n')

    assert load_content(tmp_path).sign_in == SignIn("{ in }\n", refresh)


async def test_without_content_the_page_has_no_tabs_and_no_sign_in(client: httpx.AsyncClient):
    config = (await client.get("/explorer/config.json")).json()
    assert config == {"endpoint": "graphql", "tabs": [], "signIn": None}


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def test_tabs_are_the_named_documents_in_order_with_their_variables(tmp_path: Path):
    folder = write(
        tmp_path,
        explorer__toml='tabs = ["b", "a"]\nsign_in = "a"\n[demo]\nemail = "e"\npassword = "p"',
        a__graphql="query A { a }",
        b__graphql="query B { b }",
        b__json='{"x": 1}\n',
    )
    content = load_content(folder)
    assert [(tab.query, tab.variables) for tab in content.tabs] == [
        ("query B { b }\n", '{"x": 1}'),
        ("query A { a }\n", ""),
    ]
    with_demo = content.as_config("graphql", show_demo_account=True)
    assert with_demo["tabs"][1]["variables"] == '{\n  "email": "e",\n  "password": "p"\n}'


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ('tabs = ["missing"]', r"names 'missing', but .*missing\.graphql cannot be read"),
        ("colour = 1", "unknown key 'colour'; known are"),
        ("tabs = 1", "'tabs' must be a list of document names"),
        ("tabs = [", r"explorer\.toml: "),
        ('sign_in = "a"\n[demo]\nname = "x"', r"\[demo\] takes 'email' and 'password'"),
        ('tabs = ["bad"]', r"bad\.json: "),
    ],
)
def test_a_mistake_in_the_folder_is_named_with_its_file(
    tmp_path: Path, settings: str, message: str
):
    write(tmp_path, explorer__toml=settings, a__graphql="{ a }", bad__graphql="{ b }")
    write(tmp_path, bad__json="{")
    with pytest.raises(ConfigError, match=message):
        load_content(tmp_path)


def test_a_folder_without_settings_is_named():
    with pytest.raises(ConfigError, match=r"nowhere/explorer\.toml: "):
        load_content(Path("nowhere"))


def test_the_built_page_stays_small_and_brings_the_licences_of_its_parts():
    sizes = [path.stat().st_size for path in STATIC.rglob("*") if path.is_file()]
    assert sum(sizes) < LIMIT_OF_THE_BUILT_PAGE
    licences = gzip.decompress((STATIC / "licenses.txt.gz").read_bytes()).decode()
    for package in ("graphiql", "monaco-editor", "react", "graphql-ws"):
        assert f"\n== {package} " in licences


def packed_files(folder: Path) -> dict[str, bytes]:
    # The packed bytes depend on the zlib that Node was built with; what they hold does not.
    return {
        path.relative_to(folder).as_posix(): gzip.decompress(path.read_bytes())
        for path in folder.rglob("*.gz")
    }


def run_npm(npm: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [npm, *arguments],
        cwd=SOURCE,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture(scope="module")
def npm() -> str:
    """npm, with the page's packages installed."""
    install_packages(SOURCE)
    return require_program("npm")


def test_the_pages_own_tests_pass(npm: str):
    done = run_npm(npm, "test")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_committed_page_is_what_its_source_builds(npm: str, tmp_path: Path):
    target = tmp_path / "static"
    done = run_npm(npm, "run", "build", TRELLIS_GRAPHIQL_TARGET=str(target))
    assert done.returncode == 0, done.stdout + done.stderr
    rebuilt, committed = packed_files(target), packed_files(STATIC)
    assert sorted(rebuilt) == sorted(committed), "run `make graphiql` and commit the result"
    assert [name for name in rebuilt if rebuilt[name] != committed[name]] == []
