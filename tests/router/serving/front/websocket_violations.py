"""What a WebSocket must not be sent, as bytes, and the code that closes it. The list grows: whoever
finds one that is answered wrongly adds it.

RFC 6455 for frames, https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md for messages.
"""

import struct
import zlib
from dataclasses import dataclass

import orjson

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
_MASK = b"\x01\x02\x03\x04"


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    masked: bool = True,
    length: bytes | None = None,
) -> bytes:
    """A frame of a client; ``length`` replaces the encoded length, the byte of the mask's bit
    among it."""
    size = len(payload)
    if length is None:
        if size < 126:
            length = bytes([size])
        elif size < 65_536:
            length = b"\x7e" + struct.pack("!H", size)
        else:
            length = b"\x7f" + struct.pack("!Q", size)
    length = bytes([length[0] | 0x80 if masked else length[0]]) + length[1:]
    if masked:
        whole = _MASK * (size // 4 + 1)
        number = int.from_bytes(payload, "big") ^ int.from_bytes(whole[:size], "big")
        payload = _MASK + number.to_bytes(size, "big")
    return bytes([fin << 7 | rsv << 4 | opcode]) + length + payload


def text(message: object) -> bytes:
    return frame(TEXT, message if isinstance(message, bytes) else orjson.dumps(message))


def close(code: int, reason: bytes = b"") -> bytes:
    return frame(CLOSE, struct.pack("!H", code) + reason)


def deflated(payload: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-12)
    return (packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


INIT = text({"type": "connection_init"})


def subscribe(payload: object, id: object = "1") -> bytes:
    return text({"id": id, "type": "subscribe", "payload": payload})


SLOW = subscribe({"query": "{ slow }"})


@dataclass(frozen=True)
class Violation:
    """Bytes behind an accepted handshake, and the code of the close frame that answers them."""

    name: str
    data: bytes
    code: int
    deflate: bool = False


FRAMES = [
    Violation("a frame that is not masked", frame(TEXT, b"{}", masked=False), 1002),
    Violation("a ping that is not masked", frame(PING, masked=False), 1002),
    Violation("the first reserved bit", frame(TEXT, b"{}", rsv=4), 1002),
    Violation("the second reserved bit", frame(TEXT, b"{}", rsv=2), 1002),
    Violation("the third reserved bit", frame(TEXT, b"{}", rsv=1), 1002),
    *[
        Violation(f"the reserved opcode {code}", frame(code), 1002)
        for code in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)
    ],
    Violation("a ping in fragments", frame(PING, fin=False), 1002),
    Violation("a pong in fragments", frame(PONG, fin=False), 1002),
    Violation("a close in fragments", frame(CLOSE, fin=False), 1002),
    Violation("a ping of 126 bytes", frame(PING, b"a" * 126), 1002),
    Violation("a pong of 126 bytes", frame(PONG, b"a" * 126), 1002),
    Violation("a close of 126 bytes", frame(CLOSE, b"\x03\xe8" + b"a" * 124), 1002),
    Violation("a continuation of nothing", frame(CONT, b"{}"), 1002),
    Violation("a text within a text", frame(TEXT, b"{", fin=False) + text(b"}"), 1002),
    Violation("bytes within a text", frame(TEXT, b"{", fin=False) + frame(BINARY, b"}"), 1002),
    Violation("a close within a text", frame(TEXT, b"{", fin=False) + close(1000), 1002),
    Violation("a length above 63 bits", frame(TEXT, length=b"\x7f" + b"\xff" * 8), 1009),
    Violation("a frame of 2 MB", frame(TEXT, length=b"\x7f" + struct.pack("!Q", 2_000_000)), 1009),
    Violation(
        "a message of 2 MB",
        frame(TEXT, b"a" * 900_000, fin=False) + frame(CONT, b"a" * 900_000),
        1009,
    ),
    Violation(
        "a message in 1,200 fragments",
        frame(TEXT, fin=False) + frame(CONT, fin=False) * 1_200,
        1009,
    ),
    Violation(
        "a message in 1,200 bytes",
        frame(TEXT, b"{", fin=False) + frame(CONT, b" ", fin=False) * 1_200,
        1009,
    ),
    Violation("a close without a whole code", frame(CLOSE, b"\x03"), 1002),
    *[
        Violation(f"a close with the code {code}", close(code), 1002)
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535)
    ],
    Violation("a close whose reason is not utf-8", close(1000, b"\xff"), 1007),
    Violation("text that is not utf-8", text(b"\xff"), 1007),
    Violation("text that ends within a letter", text("é".encode()[:1]), 1007),
    Violation("a surrogate", text(b"\xed\xa0\x80"), 1007),
    Violation("an overlong slash", text(b"\xc0\xaf"), 1007),
    Violation(
        "text that is not utf-8 in fragments",
        frame(TEXT, b"\xc3", fin=False) + frame(CONT, b"{"),
        1007,
    ),
    Violation("text that is not utf-8 behind an init", INIT + text(b"\xff"), 1007),
    Violation("a request of http", b"GET / HTTP/1.1\r\nhost: t\r\n\r\n", 1002),
    Violation("what is not deflated", frame(TEXT, b"\xff" * 10, rsv=4), 1002, deflate=True),
    Violation("2 MB in 2 KB", frame(TEXT, deflated(b" " * 2_000_000), rsv=4), 1009, deflate=True),
    Violation("a deflated ping", frame(PING, b"a", rsv=4), 1002, deflate=True),
]

MESSAGES = [
    Violation("bytes", frame(BINARY, b"{}"), 4400),
    Violation("no bytes", frame(BINARY), 4400),
    Violation("no text", text(b""), 4400),
    Violation("no json", text(b"{"), 4400),
    Violation("two objects", text(b"{}{}"), 4400),
    Violation("a number", text(1), 4400),
    Violation("a list", text([{"type": "connection_init"}]), 4400),
    Violation("null", text(None), 4400),
    Violation("an infinite number", text(b'{"type": 1e999}'), 4400),
    Violation("not a number", text(b'{"type": NaN}'), 4400),
    Violation("a list of 100,000 lists", text(b"[" * 100_000), 4400),
    Violation("an object of 100 objects", text(b'{"a":' * 100 + b"1" + b"}" * 100), 4400),
    Violation("half a surrogate", text(b'{"type": "\\ud800"}'), 4400),
    Violation("a byte order mark", text(b'\xef\xbb\xbf{"type": "connection_init"}'), 4400),
    Violation("a null", text(b'{"type": "ping"}\0'), 4400),
    Violation("no type", text({}), 4400),
    Violation("a type that is a number", text({"type": 1}), 4400),
    Violation("a type that nobody knows", text({"type": "start"}), 4400),
    Violation("a type of the server", text({"type": "connection_ack"}), 4400),
    Violation("the old protocol", text({"type": "connection_terminate"}), 4400),
    Violation("an init with a list", text({"type": "connection_init", "payload": []}), 4400),
    Violation("a second init", INIT + INIT, 4429),
    Violation("a ping with a text", text({"type": "ping", "payload": "a"}), 4400),
    Violation("subscribing too early", SLOW, 4401),
    Violation("subscribing twice by one id", INIT + SLOW + SLOW, 4409),
    Violation("no id", INIT + text({"type": "subscribe", "payload": {"query": "{ hello }"}}), 4400),
    Violation("an empty id", INIT + subscribe({"query": "{ hello }"}, id=""), 4400),
    Violation("an id that is a number", INIT + subscribe({"query": "{ hello }"}, id=1), 4400),
    Violation("no payload", INIT + text({"id": "1", "type": "subscribe"}), 4400),
    Violation("a payload that is a text", INIT + subscribe("{ hello }"), 4400),
    Violation("no query", INIT + subscribe({}), 4400),
    Violation("a query that is a list", INIT + subscribe({"query": ["{ hello }"]}), 4400),
    Violation(
        "variables in a list", INIT + subscribe({"query": "{ hello }", "variables": []}), 4400
    ),
    Violation(
        "a name that is a number",
        INIT + subscribe({"query": "{ hello }", "operationName": 1}),
        4400,
    ),
    Violation("a complete without an id", INIT + text({"type": "complete"}), 4400),
]

VIOLATIONS = [*FRAMES, *MESSAGES]
