"""The AsyncAPI 3 document of the event socket, derived from the topics that it serves.

https://www.asyncapi.com/docs/reference/specification/v3.0.0

Operations are those of the server: it receives what clients send, and sends events. Schemas use
only keywords that JSON Schema draft 7 has, which is the dialect of AsyncAPI.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from trellis.router.rest.openapi.json_schema import JsonSchema
from trellis.router.rest.openapi.responses import data_schema
from trellis.router.rest.topic import TOPIC_PATH, Topic

Document = dict[str, Any]

ASYNCAPI = "3.0.0"
VERSION = "v1"
_ABOUT = """Topics are subscribed to by JSON messages over one WebSocket.

A client that subscribes to a topic again gets `subscribed` again, but no second stream.
After reconnecting, a client subscribes with the `cursor` of the last event as `after` and
gets the events in between, each once. `graphql-transport-ws` for GraphQL clients is at the
same path.

Close codes: 4400 for a message that is not described here, 1009 for one of more than 8,192
characters, 4403 when the token expires or rights end, 1013 for clients that do not read or
are rejected too often, 1011 for an internal error."""
_STATES = {
    "subscribed": "The subscription runs. What happens from now on is an event.",
    "unsubscribed": "The subscription has ended, as the client wished.",
    "completed": "The subscription has ended; no more events follow.",
}


def event_document(topics: Mapping[str, Topic], *, title: str = "Events") -> Document:
    """The document of all topics."""
    known = [topics[name] for name in sorted(topics)]
    messages = {**_client_messages(known), **_server_messages(known)}
    return {
        "asyncapi": ASYNCAPI,
        "info": {"title": title, "version": VERSION, "description": _ABOUT},
        "defaultContentType": "application/json",
        "servers": {
            "router": {
                "host": "{host}",
                "protocol": "wss",
                "variables": {"host": {"default": "localhost:4000"}},
                "security": [{"$ref": "#/components/securitySchemes/token"}],
            }
        },
        "channels": {
            "socket": {
                "address": TOPIC_PATH,
                "servers": [{"$ref": "#/servers/router"}],
                "messages": {
                    name: {"$ref": f"#/components/messages/{name}"} for name in sorted(messages)
                },
                "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
            }
        },
        "operations": _operations(known),
        "components": {
            "messages": messages,
            "schemas": {"error": _error_schema(known)},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operations(topics: Iterable[Topic]) -> dict[str, Any]:
    """What the server receives with what it replies, and for each topic what it sends."""
    operations = {
        "subscribe": _received("subscribe", "subscribed", "error"),
        "unsubscribe": _received("unsubscribe", "unsubscribed"),
        "ping": _received("ping", "pong"),
    }
    for topic in topics:
        operations[f"{topic.name}Events"] = {
            "action": "send",
            "channel": _CHANNEL,
            "summary": topic.route.summary or topic.name,
            "messages": [_message(_event_name(topic)), _message("error"), _message("completed")],
        }
    return operations


_CHANNEL = {"$ref": "#/channels/socket"}


def _received(name: str, *replies: str) -> dict[str, Any]:
    return {
        "action": "receive",
        "channel": _CHANNEL,
        "messages": [_message(name)],
        "reply": {"channel": _CHANNEL, "messages": [_message(reply) for reply in replies]},
    }


def _message(name: str) -> dict[str, str]:
    return {"$ref": f"#/channels/socket/messages/{name}"}


def _client_messages(topics: Iterable[Topic]) -> dict[str, Any]:
    known = list(topics)
    return {
        "subscribe": {
            "summary": "Begin a subscription, after the event with the cursor `after`.",
            "payload": {"oneOf": [_named("subscribe", topic, after=True) for topic in known]},
        },
        "unsubscribe": {
            "summary": "End a subscription.",
            "payload": {"oneOf": [_named("unsubscribe", topic) for topic in known]},
        },
        "ping": {
            "summary": "Checks that the connection is alive.",
            "payload": _closed({"type": _const("ping")}),
        },
    }


def _server_messages(topics: Iterable[Topic]) -> dict[str, Any]:
    known = list(topics)
    messages: dict[str, Any] = {
        name: {"summary": about, "payload": {"oneOf": [_named(name, topic) for topic in known]}}
        for name, about in _STATES.items()
    }
    messages["pong"] = {"summary": "Here.", "payload": _closed({"type": _const("pong")})}
    members = {
        "type": _const("error"),
        "topic": {"type": "string"},
        "id": {"type": "string"},
        "error": {"$ref": "#/components/schemas/error"},
        "final": {"type": "boolean", "description": "Whether the subscription has ended with it."},
    }
    messages["error"] = {
        "summary": "A subscription was rejected, has ended, or lost an event because of an error.",
        "payload": _closed(members, optional=("id",)),
    }
    for topic in known:
        members = _naming("event", topic)
        if topic.route.event_id is not None:
            members["cursor"] = {"type": "string", "description": "To resume after this event."}
        members["data"] = data_schema(topic.route) or {}
        messages[_event_name(topic)] = {
            "summary": topic.route.summary or topic.name,
            "payload": _closed(members, optional=("cursor",)),
        }
        if topic.route.description:
            messages[_event_name(topic)]["description"] = topic.route.description
    return messages


def _event_name(topic: Topic) -> str:
    return f"{topic.name}Event"


def _named(type: str, topic: Topic, *, after: bool = False) -> JsonSchema:
    """A message that names a subscription of the topic."""
    members = _naming(type, topic)
    if after and topic.is_resumable:
        members["after"] = {"type": "string", "description": "The cursor of the last event."}
    return _closed(members, optional=("after",))


def _naming(type: str, topic: Topic) -> dict[str, JsonSchema]:
    members: dict[str, JsonSchema] = {"type": _const(type), "topic": _const(topic.name)}
    if topic.id is not None:
        members["id"] = {"type": "string", "description": topic.id.name}
    return members


def _closed(members: Mapping[str, JsonSchema], *, optional: Iterable[str] = ()) -> JsonSchema:
    required = [name for name in members if name not in optional]
    return {
        "type": "object",
        "properties": dict(members),
        "required": required,
        "additionalProperties": False,
    }


def _const(value: str) -> JsonSchema:
    return {"type": "string", "const": value}


def _error_schema(topics: Iterable[Topic]) -> JsonSchema:
    """The error object of the dialect, where its documents have one."""
    for topic in topics:
        known = topic.route.profile.documentation.error
        if known is not None:
            return known["properties"].get("error", dict(known))
    code, message = {"type": "string"}, {"type": "string"}
    return {"type": "object", "properties": {"code": code, "message": message}}
