"""The messages of the event socket, as they are read and written.

Each names its subscription by ``topic`` and, where the topic has one, ``id``::

    client       subscribe (topic, id, after)   unsubscribe (topic, id)   ping
    server       subscribed (topic, id)         unsubscribed (topic, id)  pong
                 event (topic, id, cursor, data)
                 completed (topic, id)
                 error (topic, id, error, final)

``{"type": "subscribe", "topic": "channel", "id": "c1", "after": "1-7"}``
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from trellis.router.delivery.socket import refuse
from trellis.router.rest.answers import EventData
from trellis.router.rest.profile import Failure
from trellis.router.web.json_text import dump_json

_MEMBERS = {
    "subscribe": frozenset({"type", "topic", "id", "after"}),
    "unsubscribe": frozenset({"type", "topic", "id"}),
    "ping": frozenset({"type"}),
}


class Name(NamedTuple):
    """What a subscription is known by on its socket."""

    topic: str
    id: str | None = None

    def members(self) -> dict[str, str]:
        """As messages have it."""
        return {"topic": self.topic} if self.id is None else {"topic": self.topic, "id": self.id}


class ClientMessage(NamedTuple):
    """A message of a client. ``name`` is that of no subscription for a ping."""

    type: str
    name: Name = Name("")
    after: str | None = None


def read_message(message: Mapping[str, Any]) -> ClientMessage:
    """The message of a client. Raises Close for one that the protocol does not know: a misspelled
    ``after`` without effect would be a gap that nobody sees."""
    type = message.get("type")
    known = _MEMBERS.get(type) if isinstance(type, str) else None
    if known is None or not isinstance(type, str):
        refuse("unknown type")
    for member in message:
        if member not in known:
            refuse(f"'{type}' has no member '{member[:32]}'")
    if type == "ping":
        return ClientMessage(type)
    topic = _text(message, "topic")
    if topic is None:
        refuse("'topic' is missing")
    return ClientMessage(type, Name(topic, _text(message, "id")), _text(message, "after"))


def _text(message: Mapping[str, Any], member: str) -> str | None:
    value = message.get(member)
    if value is not None and (not isinstance(value, str) or not value):
        refuse(f"'{member}' must be a non-empty string")
    return value


def pong() -> bytes:
    return b'{"type":"pong"}'


def about(type: str, name: Name) -> bytes:
    """A message that says only what happened to a subscription."""
    return dump_json({"type": type, **name.members()})


def event(name: Name, found: EventData) -> bytes:
    """One event; ``cursor`` is what a client resumes after."""
    cursor = {} if found.id is None else {"cursor": str(found.id)}
    return dump_json({"type": "event", **name.members(), **cursor, "data": found.data})


def error(name: Name, failure: Failure, body: Any, *, is_final: bool) -> bytes:
    """An error in the words of a dialect, whose ``body`` may have it in an envelope; a ``final``
    one ends the subscription."""
    shown = body.get("error", body) if isinstance(body, dict) else None
    if not isinstance(shown, dict):
        shown = {"code": failure.code, "message": failure.message}
    return dump_json({"type": "error", **name.members(), "error": shown, "final": is_final})
