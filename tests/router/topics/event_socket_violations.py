"""What the event socket must not be sent, and how it answers. The list grows: whoever finds a
message that is answered wrongly adds it."""

from typing import NamedTuple

from tests.router.serving.front.websocket_violations import (
    BINARY,
    CONT,
    PING,
    TEXT,
    close,
    frame,
    text,
)

ROOM = {"type": "subscribe", "topic": "room", "id": "a"}


class Closed(NamedTuple):
    """Bytes behind an accepted handshake, and the code of the close frame that answers them."""

    name: str
    data: bytes
    code: int = 4400


class Refused(NamedTuple):
    """A message that is answered with a final error of this code; the socket goes on."""

    name: str
    data: bytes
    code: str


def subscribe(**members: object) -> bytes:
    return text({**ROOM, **members})


def unsubscribe(**members: object) -> bytes:
    return text({"type": "unsubscribe", "topic": "room", "id": "a", **members})


CLOSED = [
    # No message at all.
    Closed("bytes", frame(BINARY, b'{"type":"ping"}')),
    Closed("no bytes", frame(BINARY)),
    Closed("no text", text(b"")),
    Closed("blanks", text(b"   ")),
    Closed("half a message", text(b'{"type":"ping"')),
    Closed("two messages in one", text(b'{"type":"ping"}{"type":"ping"}')),
    Closed("a message and a null", text(b'{"type":"ping"}\0')),
    Closed("a byte order mark", text(b'\xef\xbb\xbf{"type":"ping"}')),
    Closed("a comment", text(b'{"type":"ping"}//')),
    Closed("single quotes", text(b"{'type':'ping'}")),
    Closed("a trailing comma", text(b'{"type":"ping",}')),
    Closed("null", text(None)),
    Closed("a number", text(7)),
    Closed("a truth value", text(True)),
    Closed("a word", text("ping")),
    Closed("a list", text([{"type": "ping"}])),
    Closed("lists within lists", text(b"[" * 8_000)),
    Closed("objects within objects", text(b'{"a":' * 1_000 + b"1" + b"}" * 1_000)),
    Closed("half a surrogate", text(b'{"type":"\\ud800"}')),
    Closed("a number without end", text(b'{"type":1e999}')),
    Closed("not a number", text(b'{"type":NaN}')),
    Closed("a number of 4,000 digits", text(b'{"type":' + b"9" * 4_000 + b"}")),
    # Types.
    Closed("no type", text({})),
    Closed("an empty type", text({"type": ""})),
    Closed("a type that is null", text({"type": None})),
    Closed("a type that is a number", text({"type": 1})),
    Closed("a type that is a list", text({"type": ["ping"]})),
    Closed("a type that is an object", text({"type": {"type": "ping"}})),
    Closed("a type in capitals", text({"type": "PING"})),
    Closed("a type with a blank", text({"type": "ping "})),
    Closed("a type that nobody knows", text({"type": "publish", "topic": "room"})),
    Closed("an event of a client", text({"type": "event", "topic": "room", "id": "a", "data": 1})),
    Closed("an acknowledgement of a client", text({"type": "subscribed", "topic": "room"})),
    Closed("an error of a client", text({"type": "error", "topic": "room", "final": True})),
    Closed("an init of graphql", text({"type": "connection_init"})),
    Closed(
        "a subscription of graphql",
        text({"id": "1", "type": "subscribe", "payload": {"query": "{ hello }"}}),
    ),
    # Members.
    Closed("a ping with a payload", text({"type": "ping", "payload": {}})),
    Closed("a ping with a topic", text({"type": "ping", "topic": "room"})),
    Closed("no topic", text({"type": "subscribe"})),
    Closed("a topic that is null", subscribe(topic=None)),
    Closed("an empty topic", subscribe(topic="")),
    Closed("a topic that is a list", subscribe(topic=["room"])),
    Closed("a topic that is an object", subscribe(topic={"$ne": None})),
    Closed("an id that is a number", subscribe(id=1)),
    Closed("an empty id", subscribe(id="")),
    Closed("an id that is a list", subscribe(id=["a"])),
    Closed("a cursor that is a number", subscribe(after=1)),
    Closed("an empty cursor", subscribe(after="")),
    Closed("a misspelled cursor", subscribe(afer="1")),
    Closed("a query among the members", subscribe(query="{ hello }")),
    Closed("a token among the members", subscribe(authorization="Bearer ada")),
    Closed("a member without a name", subscribe(**{"": 1})),
    Closed("a member of Python", subscribe(__class__="x")),
    Closed("a member with a long name", subscribe(**{"a" * 5_000: 1})),
    Closed("ending with a cursor", unsubscribe(after="1")),
    Closed("ending nothing", text({"type": "unsubscribe"})),
    Closed("ending a list", unsubscribe(topic=["room"])),
    # Sizes.
    Closed("a message of 9,000 characters", subscribe(id="a" * 9_000), 1009),
    Closed("a message of 9,000 blanks", text(b'{"type":"ping"' + b" " * 9_000 + b"}"), 1009),
    Closed("a message of a megabyte", subscribe(id="a" * 900_000), 1009),
    Closed(
        "a message of 2 MB",
        frame(TEXT, b" " * 900_000, fin=False) + frame(CONT, b" " * 900_000),
        1009,
    ),
    Closed(
        "a message in 1,200 fragments",
        frame(TEXT, b"{", fin=False) + frame(CONT, b" ", fin=False) * 1_200,
        1009,
    ),
    # Behind what is right.
    Closed("nonsense behind a subscription", subscribe() + text(b"x")),
    Closed("nonsense behind a hundred pings", text({"type": "ping"}) * 100 + text(b"x")),
    Closed("text that is not utf-8 behind a subscription", subscribe() + text(b"\xff"), 1007),
    Closed("a frame that is not masked", subscribe() + frame(TEXT, b"{}", masked=False), 1002),
    Closed("a ping in fragments", subscribe() + frame(PING, fin=False), 1002),
    Closed("a close without a code", subscribe() + close(1005), 1002),
]

REFUSED = [
    Refused("a topic that is not there", subscribe(topic="nothing"), "NOT_FOUND"),
    Refused("a topic of another case", subscribe(topic="Room"), "NOT_FOUND"),
    Refused("a topic that is a path", subscribe(topic="../room"), "NOT_FOUND"),
    Refused("a topic that is a pattern", subscribe(topic="*"), "NOT_FOUND"),
    Refused("a topic with a null", subscribe(topic="room\0"), "NOT_FOUND"),
    Refused("a topic of 8,000 letters", subscribe(topic="a" * 8_000), "NOT_FOUND"),
    Refused("an attribute of Python", subscribe(topic="__class__"), "NOT_FOUND"),
    Refused("a room that is not there", subscribe(id="nowhere"), "NOT_FOUND"),
    Refused("no id where there is one", subscribe(id=None), "BAD_REQUEST"),
    Refused("an id where there is none", subscribe(topic="blocks"), "BAD_REQUEST"),
    Refused(
        "a cursor where none is taken",
        subscribe(topic="countdown", id="2", after="1"),
        "BAD_REQUEST",
    ),
    Refused("a cursor of another alphabet", subscribe(after="ж"), "BAD_REQUEST"),
]
