"""Files in the three documents that have them, each with an upload of its own shape."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx
import orjson

from tests.conformance.rest.asking import RATE_LIMITS, Ask, Asking, Case, by, changed
from tests.conformance.rest.world import World
from tests.support.uploads import MULTIPART, Part, multipart
from trellis.db.seed.world import demo_id

TEXT = b"What the mill needs.\n"
PM_INVALID, PM_FORBIDDEN = (400, "VALIDATION_ERROR"), (403, "AUTHORIZATION_FAILED")
PM_ABSENT = (404, "RESOURCE_NOT_FOUND")
TRACKER_INVALID, TRACKER_FORBIDDEN = (422, "VALIDATION_ERROR"), (403, "INSUFFICIENT_PERMISSIONS")
LEARN_INVALID, LEARN_FORBIDDEN = (422, "VALIDATION_ERROR"), (403, "FORBIDDEN")
_UPLOAD = """mutation($file: Upload!, $details: FileDetailsInput) {
  uploadFile(file: $file, details: $details) { file { id } } }"""


def sent(token: str, *parts: Part) -> Ask:
    return Ask(token=token, content=multipart(parts), headers={"content-type": MULTIPART})


def of_nobody(ask: Asking) -> Asking:
    """By somebody without any scopes."""
    return by(ask, lambda world: world.nobody())


def picture() -> bytes:
    """A picture of one pixel."""
    return bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
        "0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
    )


def new_file(world: World, owner: str = "alan", data: bytes = TEXT, **details: Any) -> str:
    """A file of somebody of the demo world, of ENG unless ``details`` say otherwise."""
    given = {"projectId": world.project, "description": "Design mockup", **details}
    variables = {"file": None, "details": given}
    parts = [
        Part("operations", orjson.dumps({"query": _UPLOAD, "variables": variables})),
        Part("map", b'{"0": ["variables.file"]}'),
        Part("0", data, "mill.txt", "text/plain"),
    ]
    headers = {
        "content-type": MULTIPART,
        "authorization": f"Bearer {world.token(owner)}",
        "x-trellis-preflight": "1",
    }
    answer = world.client.post("/graphql", content=multipart(parts), headers=headers).json()
    return answer["data"]["uploadFile"]["file"]["id"]


# -- the suite -----------------------------------------------------------------------------------


def pm_upload(world: World) -> Ask:
    return sent(
        world.token("alan"),
        Part("file", picture(), "mockup_v1.png", "image/png"),
        Part("project_id", world.project.encode()),
        Part("task_id", world.task.encode()),
        Part("description", b"Design mockup"),
    )


def pm_upload_without_a_file(world: World) -> Ask:
    return sent(world.token("alan"), Part("project_id", world.project.encode()))


def pm_upload_elsewhere(world: World) -> Ask:
    hop = str(demo_id("project", "HOP")).encode()
    return sent(world.token("alan"), Part("file", TEXT, "a.txt"), Part("project_id", hop))


def is_kept(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    told = {
        "original_filename": "mockup_v1.png",
        "file_size": len(picture()),
        "mime_type": "image/png",
        "uploaded_by": world.person_id("alan"),
        "project_id": world.project,
        "task_id": world.task,
    }
    wrong = [name for name, value in told.items() if data[name] != value]
    path = {"file_id": data["id"]}
    bytes_ = Ask(token=ask.token, path=path).send(
        world, "GET", "/pm/api/v1/files/{file_id}/download"
    )
    wrong += [] if bytes_.content == picture() else ["other bytes come back"]
    wrong += [] if _linked(world, data["url"]).content == picture() else ["the link leads nowhere"]
    at_task = Ask(token=ask.token, path={"task_id": world.task}).send(
        world, "GET", "/pm/api/v1/tasks/{task_id}"
    )
    attached = {one["id"] for one in at_task.json()["data"]["attachments"]}
    return wrong if data["id"] in attached else [*wrong, "the task does not have it"]


def _linked(world: World, url: str) -> httpx.Response:
    """What a link leads to, for nobody in particular; this server is at another port."""
    return world.client.get(httpx.URL(url).raw_path.decode())


def pm_file(world: World) -> Ask:
    return Ask(token=world.token("grace"), path={"file_id": new_file(world)})


def pm_download(world: World) -> Ask:
    return pm_file(world)


def is_the_file(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    headers = response.headers
    told = {
        "content-type": "text/plain",
        "content-disposition": 'attachment; filename="mill.txt"',
        "x-content-type-options": "nosniff",
        "etag": f'"{hashlib.sha256(TEXT).hexdigest()}"',
    }
    wrong = [f"{name}: {headers.get(name)}" for name, one in told.items() if headers[name] != one]
    part = replace(ask, headers={"range": "bytes=5-"}).send(
        world, "GET", "/pm/api/v1/files/{file_id}/download"
    )
    if (part.status_code, part.content) != (206, TEXT[5:]):
        wrong.append(f"a part: {part.status_code} {part.content!r}")
    return wrong if response.content == TEXT else [*wrong, "other bytes"]


def pm_share(world: World) -> Ask:
    return Ask(
        token=world.token("alan"),
        path={"file_id": new_file(world, projectId=None)},
        body={
            "shared_with": [world.person_id("grace"), world.person_id("katherine")],
            "permission": "read",
            "expires_at": "2099-02-16T00:00:00Z",
        },
    )


def pm_share_of_another(world: World) -> Ask:
    """Katherine sees the file, but it is not hers."""
    ask = pm_share(world)
    path = {"file_id": new_file(world)}
    return replace(ask, token=world.token("katherine"), path=path)


def is_shared(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    shares = response.json()["data"]["shares"]
    people = [(one["user_id"], one["permission"]) for one in shares]
    wrong = [] if people == [(id, "read") for id in ask.body["shared_with"]] else [str(shares)]
    for name, status in (("katherine", 200), ("barbara", 404)):
        asked = Ask(token=world.token(name), path=ask.path)
        found = asked.send(world, "GET", "/pm/api/v1/files/{file_id}").status_code
        wrong += [] if found == status else [f"{name}: {found}"]
    return wrong


PM_FILES: Mapping[str, Case] = {
    "S0-files-upload": Case(
        pm_upload,
        {PM_INVALID: pm_upload_without_a_file, PM_ABSENT: pm_upload_elsewhere},
        is_kept,
    ),
    "S0-files-get": Case(pm_file, {PM_FORBIDDEN: of_nobody(pm_file)}),
    "S0-files-download": Case(
        pm_download, {PM_FORBIDDEN: of_nobody(pm_download)}, is_the_file, is_file=True
    ),
    "S0-files-share": Case(
        pm_share,
        {
            PM_INVALID: changed(pm_share, permission="own"),
            PM_FORBIDDEN: pm_share_of_another,
        },
        is_shared,
    ),
}


# -- the tracker ---------------------------------------------------------------------------------


def tracker_upload(world: World) -> Ask:
    about = b'{"issue_id": "%s", "description": "Screenshot of the bug"}' % world.issue.encode()
    return sent(
        world.token("alan"),
        Part("file", picture(), "screenshot.png", "image/png"),
        Part("metadata", about, None, "application/json"),
    )


def tracker_upload_that_lies(world: World) -> Ask:
    return sent(world.token("alan"), Part("file", TEXT, "screenshot.png", "image/png"))


def has_a_thumbnail(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    small = _linked(world, data["thumbnail_url"])
    wrong = [] if small.headers["content-type"] == "image/webp" else ["no thumbnail"]
    issue = Ask(token=ask.token, path={"id": world.issue}).send(
        world, "GET", "/tracker/api/v1/issues/{id}"
    )
    attached = {(one["filename"], one["size"]) for one in issue.json()["data"]["attachments"]}
    known = ("screenshot.png", len(picture())) in attached
    return wrong if known else [*wrong, f"attachments of the issue: {attached}"]


def tracker_file(world: World) -> Ask:
    id = new_file(world, projectId=None, issueId=world.issue)
    return Ask(token=world.token("grace"), path={"id": id})


def says_what_it_is_about(world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    about = {"issue_id": world.issue, "description": "Design mockup"}
    wrong = [] if data["metadata"] == about else [f"metadata: {data['metadata']}"]
    who = data["uploaded_by"]
    is_known = who == {"id": world.person_id("alan"), "username": "alan"}
    return wrong if is_known else [*wrong, f"uploaded_by: {who}"]


def tracker_delete(world: World) -> Ask:
    return Ask(token=world.token("alan"), path={"id": new_file(world)})


def is_gone(world: World, ask: Ask, _response: httpx.Response) -> list[str]:
    found = ask.send(world, "GET", "/tracker/api/v1/files/{id}").status_code
    return [] if found == 404 else [f"it is still there: {found}"]


TRACKER_FILES: Mapping[str, Case] = {
    "S1-files-upload": Case(
        tracker_upload,
        {
            TRACKER_INVALID: tracker_upload_that_lies,
            TRACKER_FORBIDDEN: of_nobody(tracker_upload),
        },
        has_a_thumbnail,
    ),
    "S1-files-get": Case(
        tracker_file, {TRACKER_FORBIDDEN: of_nobody(tracker_file)}, says_what_it_is_about
    ),
    "S1-files-delete": Case(
        tracker_delete, {TRACKER_FORBIDDEN: of_nobody(tracker_delete)}, is_gone
    ),
}


# -- the learning platform -----------------------------------------------------------------------


def learn_upload(world: World) -> Ask:
    return sent(world.token("alan"), Part("file", TEXT, "notes.txt", "text/plain"))


def learn_upload_that_lies(world: World) -> Ask:
    return sent(world.token("alan"), Part("file", TEXT, "notes.pdf", "application/pdf"))


def learn_upload_too_large(world: World) -> Ask:
    return sent(world.token("alan"), Part("file", bytes(10 * 1024 * 1024 + 1), "large.bin"))


def learn_upload_malformed(world: World) -> Ask:
    return replace(learn_upload(world), content=b"no part")


def learn_file(world: World) -> Ask:
    return Ask(token=world.token("alan"), path={"id": new_file(world, projectId=None)})


def learn_file_of_another(world: World) -> Ask:
    return Ask(token=world.token("katherine"), path={"id": new_file(world)})


def learn_delete(world: World) -> Ask:
    return learn_file(world)


LEARN_FILES: Mapping[str, Case] = {
    "S4-files-upload": Case(
        learn_upload,
        {
            (400, None): learn_upload_malformed,
            LEARN_INVALID: learn_upload_that_lies,
            (413, None): learn_upload_too_large,
        },
        unprovoked={(403, "SUBSCRIPTION_REQUIRED"): RATE_LIMITS},
    ),
    "S4-files-get": Case(learn_file, {LEARN_FORBIDDEN: of_nobody(learn_file)}),
    "S4-files-delete": Case(learn_delete, {LEARN_FORBIDDEN: learn_file_of_another}, is_gone),
}
