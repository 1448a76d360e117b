"""Requests that no client library would send are refused as the documents say."""

import json
import time
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import httpx
import pytest
from jsonschema import Draft202012Validator

from tests.conformance.rest.world import World
from tests.conformance.rest_openapi.callers import new_callers
from tests.conformance.rest_openapi.fuzzing import DOCUMENTS, MERGED, documents

pytestmark = pytest.mark.xdist_group("rest_openapi")

JSON = {"content-type": "application/json"}
BODIES: dict[str, tuple[dict[str, str], bytes]] = {
    "not UTF-8": (JSON, b'{"email": "\xff\xfe"}'),
    "deep": (JSON, b"[" * 20_000),
    "deep object": (JSON, b'{"a":' * 5_000 + b"1" + b"}" * 5_000),
    "half": (JSON, b'{"email":'),
    "not an object": (JSON, b"[1]"),
    "a word": (JSON, b"NaN"),
    "other type": ({"content-type": "text/plain"}, b"{}"),
    "other charset": ({"content-type": "application/json; charset=utf-16"}, "{}".encode("utf-16")),
    "no type": ({"content-type": ""}, b"{}"),
    "broken gzip": ({**JSON, "content-encoding": "gzip"}, b"\x1f\x8b\x00"),
    "other encoding": ({**JSON, "content-encoding": "br"}, b"{}"),
    "too large": (JSON, b'{"email": "' + b"x" * 2_100_000 + b'"}'),
}
VALUES: dict[str, str] = {
    "NUL": '"\\u0000"',
    "half a character": '"\\ud800"',
    "huge integer": "1" + "0" * 400,
    "huge number": "1e999",
    "list": "[[[]]]",
    "object": '{"": null}',
    "markup": '"<script>${7*7}{{7*7}}\'; DROP TABLE users;--"',
    "long": '"' + "😀" * 20_000 + '"',
}
SEGMENTS = ("%00", "%ff", "..%2f..%2fetc", "a" * 4000, "%F0%9F%98%80", "-1", "null", "{id}")
HEADERS: dict[str, list[tuple[str, str]]] = {
    "two tokens": [("authorization", "Bearer a"), ("authorization", "Bearer b")],
    "two kinds of proof": [("authorization", "Bearer a"), ("x-api-key", "b")],
    "no token": [("authorization", "Bearer")],
    "other scheme": [("authorization", "Basic YTpi")],
    "other media": [("accept", "text/html")],
    "no media": [("accept", "application/json;q=0")],
    "many tags": [("if-none-match", ", ".join(['W/"x"'] * 200))],
    "empty key": [("idempotency-key", "")],
    "long key": [("idempotency-key", "k" * 300)],
    "bytes": [("idempotency-key", "\x80\xff"), ("accept-language", "\xff")],
}


class Operation(NamedTuple):
    """An operation of a document, as it stands there."""

    document: dict[str, Any]
    path: str
    method: str
    written: dict[str, Any]


@cache
def read(name: str) -> dict[str, Any]:
    return json.loads((DOCUMENTS / f"{name}.json").read_text("utf-8"))


def operations(name: str) -> Iterator[Operation]:
    document = read(name)
    for path, item in document["paths"].items():
        for method, written in item.items():
            yield Operation(document, path, method.upper(), written)


def filled(path: str, segment: str = "7") -> str:
    return "/".join(segment if part.startswith("{") else part for part in path.split("/"))


def requests(operation: Operation) -> Iterator[tuple[str, dict[str, Any]]]:
    """(what it is, what is sent)."""
    url = filled(operation.path)
    for called, headers in HEADERS.items():
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
        yield called, {"url": url, "headers": raw}
    if "{" in operation.path:
        for segment in SEGMENTS:
            yield f"segment {segment[:9]}", {"url": filled(operation.path, segment)}
    names = [p["name"] for p in operation.written.get("parameters", ()) if p.get("in") == "query"]
    for query in ("%ff=%ff", "&&=&;", "&".join(f"{name}=1&{name}=2" for name in names)):
        yield f"query {query[:9]}", {"url": f"{url}?{query}"}
    for value in ("%00", "9" * 400, "%F0%9F%98%80", ""):
        query = "&".join(f"{name}={value}" for name in names)
        yield f"values {value[:9]}", {"url": f"{url}?{query}"}
    if "requestBody" in operation.written:
        for called, (headers, body) in BODIES.items():
            yield called, {"url": url, "headers": headers, "content": body}
        members = _members(operation)
        for called, value in VALUES.items():
            body = "{" + ", ".join(f'"{name}": {value}' for name in members) + "}"
            yield called, {"url": url, "headers": JSON, "content": body.encode()}


def _members(operation: Operation) -> list[str]:
    content = operation.written["requestBody"]["content"]
    schema = next(iter(content.values()))["schema"]
    return list(schema.get("properties", ())) or ["a"]


def wrong_about(operation: Operation, answer: httpx.Response) -> str | None:
    """What the document does not say about an answer; None when it says all of it."""
    responses = operation.written["responses"]
    written = responses.get(str(answer.status_code))
    if written is None:
        return f"{answer.status_code} is not documented: {answer.text[:200]}"
    if "$ref" in written:
        written = operation.document["components"]["responses"][written["$ref"].split("/")[-1]]
    missing = _missing_headers(operation, written, answer)
    if missing:
        return f"{answer.status_code} lacks {missing}"
    if "content" not in written:
        return None if not answer.content else "there is a body"
    media = answer.headers["content-type"].partition(";")[0]
    if media not in written["content"]:
        return f"{media} is not documented"
    reference = written["content"][media]["schema"]["$ref"]
    schema = {"$ref": reference, "components": operation.document["components"]}
    errors = [error.message for error in Draft202012Validator(schema).iter_errors(answer.json())]
    return "; ".join(errors) or None


def _missing_headers(operation: Operation, written: Any, answer: httpx.Response) -> list[str]:
    known = operation.document["components"]["headers"]
    return [
        name
        for name in written.get("headers", ())
        if known[name].get("required") and name not in answer.headers
    ]


@pytest.mark.parametrize("document", [name for name in documents() if name != MERGED])
def test_hostile_requests_are_answered_as_documented(world: World, document: str):
    callers = new_callers(world, "admin", 1)
    assert callers is not None
    token = world.log_in(callers.emails[0], callers.password)[0]
    wrong = []
    for operation in operations(document):
        for called, sent in requests(operation):
            signs_in = not called.startswith(("two", "no token", "other scheme"))
            auth = [(b"authorization", f"Bearer {token}".encode())] if signs_in else []
            headers = sent.get("headers", ())
            given = [*auth, *(headers.items() if isinstance(headers, dict) else headers)]
            url = f"/{document}{sent['url']}"
            body = sent.get("content")
            answer = world.client.request(operation.method, url, headers=given, content=body)
            if answer.status_code == 503:  # a busy machine; what a request does it does again
                time.sleep(1)
                answer = world.client.request(operation.method, url, headers=given, content=body)
            if problem := wrong_about(operation, answer):
                wrong.append(f"{operation.method} {operation.path}, {called}: {problem}")
            if answer.status_code >= 500:
                wrong.append(f"{operation.method} {operation.path}, {called}: {answer.text}")
            if answer.is_success and operation.method != "GET":  # it may have ended the session
                token = world.log_in(callers.emails[0], callers.password)[0]
    assert wrong == []
