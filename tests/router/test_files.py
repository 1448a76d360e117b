"""Files through the router: to a subgraph of this process and to one of another, and back."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from pydantic import SecretStr

from tests.router.rest.library import route
from tests.support import boxes
from tests.support.serving import served
from tests.support.uploads import MULTIPART, Part, multipart
from trellis.router.config import Auth, Config, Limits, RateLimits, SubgraphSource
from trellis.router.rest.profile import RequestInvalid
from trellis.router.rest.request_reader import RequestReader
from trellis.router.serving.application import build_app
from trellis.router.serving.subgraph_app import build_subgraph_app
from trellis.router.web.multipart import Multipart

UPLOAD_BYTES, BODY_BYTES = 1_000_000, 5_000
PUT = """
mutation Put(
  $file: Upload!
  $note: String @from(body: ["note", "about.note"])
  $place: PlaceInput
  $weight: Int @from(body: "about.weight")
)
@rest(method: POST, path: "/boxes", status: 201, accepts: [MULTIPART], location: "/boxes/{id}") {
  put(file: $file, note: $note, place: $place, weight: $weight) {
    id filename mediaType size sha256 note labels
  }
}
"""
PUT_ALL = """
mutation PutAll($files: [Upload!]!)
@rest(method: POST, path: "/all-boxes", accepts: [MULTIPART, JSON]) { putAll(files: $files) }
"""
GET = """
query GetBytes($id: ID!)
@rest(method: GET, path: "/boxes/{id}/bytes", answers: FILE) { box(id: $id) @unwrap { link } }
"""
DATA = bytes(range(256)) * 3_000
TEXT = b"gears and levers"


def settings(tmp_path: Path, source: SubgraphSource) -> Config:
    operations = tmp_path / "operations"
    for name, text in (("put", PUT), ("put_all", PUT_ALL), ("get", GET)):
        file = operations / "rest" / "tracker" / "boxes" / f"{name}.graphql"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return Config(
        subgraphs={"boxes": source},
        operations_dir=operations,
        schema_dir=tmp_path / "schema",
        data_dir=tmp_path,
        auth=Auth(service_secret=SecretStr("s" * 32)),
        limits=Limits(
            upload_bytes=UPLOAD_BYTES,
            body_bytes=BODY_BYTES,
            upload_files=3,
            parts=6,
            anonymous_uploads=True,
        ),
        rate_limit=RateLimits(enabled=False),
    )


@pytest.fixture(params=["in process", "over HTTP"])
async def client(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    boxes.kept.clear()
    config = settings(tmp_path, SubgraphSource(module="tests.support.boxes:subgraph"))
    async with AsyncExitStack() as stack:
        if request.param == "over HTTP":
            url = await stack.enter_async_context(served(build_subgraph_app(config, "boxes")))
            sdl = tmp_path / "boxes.graphql"
            sdl.write_text(boxes.subgraph.schema.as_str(), encoding="utf-8")
            remote = SubgraphSource(url=f"{url}/graphql", schema_file=sdl)
            config = settings(tmp_path, remote)
        url = await stack.enter_async_context(served(build_app(config), lifespan="on"))
        yield await stack.enter_async_context(httpx.AsyncClient(base_url=url, trust_env=False))


# For what the router refuses by itself: where the subgraph runs makes no difference.
without_subgraph = pytest.mark.parametrize("client", ["in process"], indirect=True)


async def put(client: httpx.AsyncClient, *parts: Part, path: str = "/boxes") -> httpx.Response:
    headers = {"content-type": MULTIPART}
    return await client.post(f"/tracker{path}", content=multipart(parts), headers=headers)


async def test_a_file_and_what_is_said_of_it_reach_the_subgraph(client: httpx.AsyncClient):
    answer = await put(
        client,
        Part("place", b'{"shelf": 3, "room_name": "attic"}', None, "application/json"),
        Part("file", DATA, "drawing ü.bin", "application/x-drawing"),
        Part("about", b'{"note": "old", "weight": 7}'),
    )

    assert answer.status_code == 201, answer.text
    assert answer.json()["data"] == {
        "id": "1",
        "filename": "drawing ü.bin",
        "media_type": "application/x-drawing",
        "size": len(DATA),
        "sha256": hashlib.sha256(DATA).hexdigest(),
        "note": "old",
        "labels": ["3", "attic", "7"],
    }
    assert answer.headers["location"] == "/tracker/boxes/1"
    assert boxes.kept["1"].data == DATA


async def test_of_several_names_the_first_counts(client: httpx.AsyncClient):
    file, about = Part("file", TEXT, "a"), Part("about", b'{"note": "second"}')

    answer = await put(client, file, about, Part("note", b"first"))

    assert answer.json()["data"]["note"] == "first"


async def test_json_may_come_as_browsers_send_it(client: httpx.AsyncClient):
    about = Part("about", b'{"note": "of a Blob"}', "blob", "application/json")

    answer = await put(client, about, Part("file", TEXT, "a"))

    assert answer.json()["data"]["note"] == "of a Blob"


async def test_several_files_under_one_name_are_a_list(client: httpx.AsyncClient):
    contents = [TEXT, DATA, b""]

    answer = await put(
        client, *(Part("files", data, f"{n}") for n, data in enumerate(contents)), path="/all-boxes"
    )

    assert answer.json()["data"] == [hashlib.sha256(data).hexdigest() for data in contents]


REFUSED: dict[str, tuple[list[Part], list[str]]] = {
    "no file": ([Part("note", b"x")], ["file"]),
    "a text in place of a file": ([Part("file", TEXT)], ["file"]),
    "two files in place of one": ([Part("file", TEXT, "a"), Part("file", TEXT, "b")], ["file"]),
    "a file in place of a text": (
        [Part("file", TEXT, "a"), Part("note", TEXT, "b", "text/plain")],
        ["note"],
    ),
    "no JSON": ([Part("file", TEXT, "a"), Part("about", b"{'note'")], ["about"]),
    "no object": ([Part("file", TEXT, "a"), Part("about", b"[]")], ["about"]),
    "deep JSON": ([Part("file", TEXT, "a"), Part("about", b"[" * 99 + b"]" * 99)], ["about"]),
    "another type": (
        [Part("file", TEXT, "a"), Part("about", b'{"weight": "x"}')],
        ["about.weight"],
    ),
    "an incomplete object": ([Part("file", TEXT, "a"), Part("place", b"{}")], ["place.shelf"]),
}


@without_subgraph
@pytest.mark.parametrize("case", REFUSED)
async def test_what_does_not_fit_is_named_as_the_client_names_it(
    client: httpx.AsyncClient, case: str
):
    parts, fields = REFUSED[case]

    answer = await put(client, *parts)

    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["error"]["details"]] == fields
    assert boxes.kept == {}


async def test_json_in_parts_has_the_limits_of_other_bodies(client: httpx.AsyncClient):
    """``limits.json_depth`` is 64 and ``limits.body_bytes`` 5,000 here."""
    file, deep = Part("file", TEXT, "a"), b'{"note": "x", "deep": ' + b"[" * 50 + b"]" * 50 + b"}"
    long = b'{"note": "' + b"x" * BODY_BYTES + b'"}'

    fits = await put(client, file, Part("about", deep))
    large = await put(client, file, Part("about", long, "blob", "application/json"))

    assert fits.json()["data"]["note"] == "x"
    assert large.status_code == 413
    assert "5000 bytes" in large.text


def test_what_has_several_names_is_missing_once():
    text = """mutation Remove($id: ID! @from(body: ["id", "about.id"]))
    @rest(method: POST, path: "/removed", accepts: [MULTIPART]) { removeBook(id: $id) }"""

    with pytest.raises(RequestInvalid) as refused:
        RequestReader(route(text)).read({}, b"", (), parts=Multipart())

    told = [(one.field, one.code) for one in refused.value.problems]
    assert told == [("id", "REQUIRED_FIELD_MISSING")]


async def test_a_reference_that_a_client_makes_up_is_no_file(client: httpx.AsyncClient):
    made = f"0.{hashlib.sha256(DATA).hexdigest()}.0000000000000000"

    answer = await client.post("/tracker/all-boxes", json={"files": [made]})

    assert answer.status_code == 422
    query = {"query": 'mutation { put(file: "0.0.0") { id } }'}
    told = (await client.post("/graphql", json=query)).json()
    assert told["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert boxes.kept == {}


TOO_LARGE = {
    "a file": [Part("file", bytes(UPLOAD_BYTES + 1), "a")],
    "files together": [Part("file", bytes(UPLOAD_BYTES // 2 + 1), "a") for _ in range(2)],
    "a text": [Part("file", TEXT, "a"), Part("note", bytes(BODY_BYTES + 1))],
    "files by number": [Part("file", TEXT, "a") for _ in range(4)],
    "parts by number": [Part("note", b"") for _ in range(7)],
}


@without_subgraph
@pytest.mark.parametrize("case", TOO_LARGE)
async def test_what_is_too_large_is_refused_before_anybody_gets_it(
    client: httpx.AsyncClient, case: str
):
    answer = await put(client, *TOO_LARGE[case])

    assert answer.status_code == 413
    assert boxes.kept == {}


BROKEN = {
    "no boundary": (b"x", "multipart/form-data"),
    "nothing": (b"", MULTIPART),
    "another boundary": (multipart([Part("file", TEXT, "a")]), "multipart/form-data; boundary=x"),
    "half a body": (multipart([Part("file", TEXT, "a")])[:-30], MULTIPART),
    "no name": (
        multipart([Part("file", TEXT, "a")]).replace(b' name="file";', b""),
        MULTIPART,
    ),
    "no UTF-8": (multipart([Part("file", TEXT, "a"), Part("note", b"\xff")]), MULTIPART),
    "a large header": (
        multipart([Part("file", TEXT, "a" * 9_000)]),
        MULTIPART,
    ),
}


@without_subgraph
@pytest.mark.parametrize("case", BROKEN)
async def test_what_is_no_multipart_body_is_malformed(client: httpx.AsyncClient, case: str):
    body, kind = BROKEN[case]

    answer = await client.post("/tracker/boxes", content=body, headers={"content-type": kind})

    assert answer.status_code == 400, answer.text
    assert boxes.kept == {}


async def test_other_bodies_and_compressed_ones_are_not_taken(client: httpx.AsyncClient):
    plain = await client.post("/tracker/boxes", json={"file": "x"})
    headers = {"content-type": MULTIPART, "content-encoding": "gzip"}
    packed = await client.post("/tracker/boxes", content=b"x", headers=headers)

    assert (plain.status_code, packed.status_code) == (415, 415)


# -- GraphQL -------------------------------------------------------------------------------------

OPERATION = {
    "query": "mutation($f: Upload!, $p: PlaceInput) "
    "{ put(file: $f, place: $p) { id sha256 labels } }",
    "variables": {"f": None, "p": {"shelf": 1}},
}
PREFLIGHT = {"x-trellis-preflight": "1"}


async def send(client: httpx.AsyncClient, *parts: Part, **headers: str) -> httpx.Response:
    given = {"content-type": MULTIPART, **PREFLIGHT, **headers}
    return await client.post("/graphql", content=multipart(parts), headers=given)


def operation(map: Any, **changed: Any) -> list[Part]:
    told = orjson.dumps({**OPERATION, **changed})
    return [Part("operations", told), Part("map", orjson.dumps(map))]


async def test_a_graphql_client_sends_files_by_its_specification(client: httpx.AsyncClient):
    answer = await send(client, *operation({"0": ["variables.f"]}), Part("0", DATA, "a", "x/y"))

    told = answer.json()["data"]["put"]
    assert told == {"id": "1", "sha256": hashlib.sha256(DATA).hexdigest(), "labels": ["1", ""]}


async def test_a_file_may_stand_in_a_list_and_at_two_places(client: httpx.AsyncClient):
    many = {
        "query": "mutation($f: [Upload!]!) { putAll(files: $f) }",
        "variables": {"f": [None, None, None]},
    }
    places = {"a": ["variables.f.0", "variables.f.2"], "b": ["variables.f.1"]}

    answer = await send(
        client, *operation(places, **many), Part("a", TEXT, "a"), Part("b", DATA, "b")
    )

    one, other = hashlib.sha256(TEXT).hexdigest(), hashlib.sha256(DATA).hexdigest()
    assert answer.json()["data"] == {"putAll": [one, other, one]}


FILE = Part("0", TEXT, "a")
MISFITS = {
    "no map": [Part("operations", orjson.dumps(OPERATION)), FILE],
    "no operations": [Part("map", b"{}"), FILE],
    "a batch": [Part("operations", b"[]"), Part("map", b"{}"), FILE],
    "a file that the map lacks": [*operation({}), FILE],
    "a file that is not sent": [*operation({"0": ["variables.f"], "1": []}), FILE],
    "no such place": [*operation({"0": ["variables.g"]}), FILE],
    "a place with a value": [*operation({"0": ["variables.p.shelf"]}), FILE],
    "outside of the variables": [*operation({"0": ["query"]}), FILE],
    "the variables themselves": [*operation({"0": ["variables"]}), FILE],
    "below a number": [*operation({"0": ["variables.p.shelf.x"]}), FILE],
    "behind a list": [
        *operation({"0": ["variables.f.-1"]}, variables={"f": [None]}),
        FILE,
    ],
    "no path": [*operation({"0": [7]}), FILE],
    "no list of paths": [*operation({"0": "variables.f"}), FILE],
}


@without_subgraph
@pytest.mark.parametrize("case", MISFITS)
async def test_parts_that_do_not_fit_together_are_malformed(client: httpx.AsyncClient, case: str):
    answer = await send(client, *MISFITS[case])

    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert boxes.kept == {}


async def test_files_of_strangers_are_not_read(tmp_path: Path):
    """By default; they would be on disk before anybody knows whether the caller may send them."""
    boxes.kept.clear()
    config = settings(tmp_path, SubgraphSource(module="tests.support.boxes:subgraph"))
    config = config.model_copy(update={"limits": Limits()})
    read: list[int] = []

    async def body() -> AsyncIterator[bytes]:
        for number, piece in enumerate((multipart(operation({"0": ["variables.f"]})), DATA)):
            read.append(number)
            yield piece

    transport = httpx.ASGITransport(app=build_app(config))
    async with httpx.AsyncClient(transport=transport, base_url="http://trellis.test") as web:
        headers = {"content-type": MULTIPART, **PREFLIGHT}
        answer = await web.post("/graphql", content=body(), headers=headers)

    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert (read, boxes.kept) == ([], {})


async def test_a_form_that_another_site_could_send_is_refused(client: httpx.AsyncClient):
    parts = multipart([*operation({"0": ["variables.f"]}), FILE])

    answer = await client.post("/graphql", content=parts, headers={"content-type": MULTIPART})

    assert answer.status_code == 403
    assert boxes.kept == {}


# -- and back ------------------------------------------------------------------------------------


def keep(data: bytes, filename: str = "a.txt", media_type: str = "text/plain") -> str:
    id = str(len(boxes.kept) + 1)
    boxes.kept[id] = boxes.Kept(filename, media_type, data)
    return id


PLACES = ("/tracker/boxes/{}/bytes", "/content/boxes/{}")


@pytest.mark.parametrize("place", PLACES)
async def test_bytes_come_unchanged_and_as_nothing_that_a_browser_runs(
    client: httpx.AsyncClient, place: str
):
    answer = await client.get(place.format(keep(DATA, 'größe "1".txt')))

    assert (answer.status_code, answer.content) == (200, DATA)
    wanted = {
        "content-type": "text/plain",
        "content-length": str(len(DATA)),
        "content-disposition": 'attachment; filename="gr__e _1_.txt"; '
        "filename*=UTF-8''gr%C3%B6%C3%9Fe%20%221%22.txt",
        "etag": '"tag-1"',
        "accept-ranges": "bytes",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "cache-control": "private, no-cache",
    }
    assert {name: answer.headers.get(name) for name in wanted} == wanted
    assert len(answer.headers.get_list("cache-control")) == 1


@pytest.mark.parametrize("place", PLACES)
async def test_a_part_of_the_bytes_can_be_asked_for(client: httpx.AsyncClient, place: str):
    url = place.format(keep(DATA))

    part = await client.get(url, headers={"range": "bytes=700-2899"})
    behind = await client.get(url, headers={"range": f"bytes={len(DATA)}-"})
    same = await client.get(url, headers={"if-none-match": '"tag-1"'})
    head = await client.head(url)

    assert (part.status_code, part.content) == (206, DATA[700:2900])
    assert part.headers["content-range"] == f"bytes 700-2899/{len(DATA)}"
    assert (behind.status_code, behind.headers["content-range"]) == (416, f"bytes */{len(DATA)}")
    assert (same.status_code, same.content) == (304, b"")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(DATA))


async def test_an_empty_file_is_answered_with_nothing(client: httpx.AsyncClient):
    answer = await client.get(f"/content/boxes/{keep(b'')}")

    assert (answer.status_code, answer.headers["content-length"]) == (200, "0")


NOWHERE = ["boxes/2", "boxes", "boxes/", "other/1", "boxes/1/2", "boxes/..%2f1", "boxes/%00", ""]


@pytest.mark.parametrize("place", NOWHERE)
async def test_a_link_to_nothing_is_not_found(client: httpx.AsyncClient, place: str):
    keep(TEXT)

    assert (await client.get(f"/content/{place}")).status_code == 404


async def test_what_is_not_there_fails_in_the_words_of_the_dialect(client: httpx.AsyncClient):
    answer = await client.get("/tracker/boxes/7/bytes")

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "RESOURCE_NOT_FOUND"
    posted = await client.post("/content/boxes/1")
    assert (posted.status_code, posted.headers["allow"]) == (405, "GET, HEAD")


async def test_a_client_that_takes_no_such_type_is_told_so(client: httpx.AsyncClient):
    url = f"/tracker/boxes/{keep(TEXT)}/bytes"

    assert (await client.get(url, headers={"accept": "image/png"})).status_code == 406
    assert (await client.get(url, headers={"accept": "text/*"})).status_code == 200
