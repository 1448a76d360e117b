"""The AsyncAPI document: valid by the rules of AsyncAPI 3, and true of every message."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft7Validator

from tests.support.rooms import receive, send, serving_rooms, subscribe
from tests.support.shared import ROOT
from trellis.router.topics.asyncapi import event_document

STORED = orjson.loads((ROOT / "schema" / "asyncapi" / "asyncapi.json").read_bytes())

_REF = {
    "type": "object",
    "required": ["$ref"],
    "properties": {"$ref": {"type": "string", "pattern": "^#/"}},
    "additionalProperties": False,
}
_REFS = {"type": "array", "items": _REF}
RULES: dict[str, Any] = {
    # The objects of the specification that we write, with their required fields and no others.
    "type": "object",
    "required": ["asyncapi", "info"],
    "additionalProperties": False,
    "properties": {
        "asyncapi": {"const": "3.0.0"},
        "info": {
            "type": "object",
            "required": ["title", "version"],
            "additionalProperties": False,
            "properties": {
                name: {"type": "string"} for name in ("title", "version", "description")
            },
        },
        "defaultContentType": {"type": "string"},
        "servers": {
            "type": "object",
            "propertyNames": {"pattern": r"^[A-Za-z0-9_\-]+$"},
            "additionalProperties": {
                "type": "object",
                "required": ["host", "protocol"],
                "additionalProperties": False,
                "properties": {
                    "host": {"type": "string"},
                    "protocol": {"enum": ["ws", "wss"]},
                    "variables": {"type": "object"},
                    "security": {"type": "array", "items": _REF},
                },
            },
        },
        "channels": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "address": {"type": "string", "pattern": "^/"},
                    "messages": {"type": "object", "additionalProperties": _REF},
                    "servers": _REFS,
                    "bindings": {
                        "type": "object",
                        "required": ["ws"],
                        "properties": {
                            "ws": {
                                "properties": {
                                    "method": {"enum": ["GET", "POST"]},
                                    "bindingVersion": {"const": "0.1.0"},
                                }
                            }
                        },
                    },
                },
            },
        },
        "operations": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["action", "channel"],
                "additionalProperties": False,
                "properties": {
                    "action": {"enum": ["send", "receive"]},
                    "channel": _REF,
                    "summary": {"type": "string"},
                    "messages": _REFS,
                    "reply": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {"channel": _REF, "messages": _REFS},
                    },
                },
            },
        },
        "components": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "schemas": {
                    "type": "object",
                    "additionalProperties": {"$ref": "http://json-schema.org/draft-07/schema#"},
                },
                "messages": {
                    "type": "object",
                    "additionalProperties": {
                        "type": "object",
                        "required": ["payload"],
                        "additionalProperties": False,
                        "properties": {
                            "summary": {"type": "string"},
                            "description": {"type": "string"},
                            "payload": {"$ref": "http://json-schema.org/draft-07/schema#"},
                        },
                    },
                },
                "securitySchemes": {
                    "type": "object",
                    "additionalProperties": {
                        "properties": {"type": {"const": "http"}, "scheme": {"const": "bearer"}}
                    },
                },
            },
        },
    },
}


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(reference := value.get("$ref"), str):
            yield reference
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def at(document: Any, reference: str) -> Any:
    for name in reference.removeprefix("#/").split("/"):
        document = document[name]
    return document


@pytest.mark.parametrize("document", [STORED], ids=["the stored document"])
def test_the_document_is_valid(document: dict[str, Any]):
    assert [error.message for error in Draft7Validator(RULES).iter_errors(document)] == []
    for reference in references(document):
        at(document, reference)
    for message in document["components"]["messages"].values():
        Draft7Validator.check_schema(message["payload"])


def test_operations_have_messages_of_their_channel_only():
    messages = STORED["channels"]["socket"]["messages"]
    named = {
        reference["$ref"].rpartition("/")[2]
        for operation in STORED["operations"].values()
        for reference in [*operation["messages"], *operation.get("reply", {}).get("messages", ())]
    }
    assert named == set(messages) == set(STORED["components"]["messages"])


async def test_every_message_is_as_described(tmp_path: Path):
    async with serving_rooms(tmp_path) as door:
        document = event_document(door.topics)
        async with door.connect() as socket:
            received = [await _reply_to(socket, type="ping")]
            received.append(await _reply_to(socket, type="subscribe", topic="room"))
            received.append(await _reply_to(socket, type="subscribe", topic="cellar"))
            await subscribe(socket, topic="room", id="a")
            await door.rooms.post("a", "hello", "broken")
            received += [await receive(socket), await receive(socket)]
            received.append(await _reply_to(socket, type="unsubscribe", topic="room", id="a"))
            await subscribe(socket, topic="countdown", id="1")
            received += [await receive(socket), await receive(socket)]
    kinds = [message["type"] for message in received]
    assert kinds == [
        *("pong", "error", "error", "event", "error", "unsubscribed", "event", "completed")
    ]
    for message in received:
        name = message["type"]
        name = f"{message['topic']}Event" if name == "event" else name
        validator = _validator(document, name)
        assert [error.message for error in validator.iter_errors(message)] == []
        assert not validator.is_valid({**message, "more": 1})


async def _reply_to(socket: Any, **message: Any) -> Any:
    await send(socket, **message)
    return await receive(socket)


def _validator(document: dict[str, Any], name: str) -> Draft7Validator:
    schema = {**document["components"]["messages"][name]["payload"]}
    schema["components"] = document["components"]  # what references in it lead to
    return Draft7Validator(schema)
