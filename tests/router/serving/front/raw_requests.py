"""Requests as bytes, mis-framed, forged or unusual, and what answers them. The list grows: whoever
finds one that is answered wrongly adds it.

``status`` is that of the first answer. Unless it is ``kept``, the connection ends behind it.
"""

from dataclasses import dataclass

BODY = b'{"query": "{ hello }"}'
HEAD = b"POST /graphql HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\n"
KEY = b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
UPGRADE = b"connection: Upgrade\r\nupgrade: websocket\r\n"
VERSION = b"sec-websocket-version: 13\r\n"
SUBPROTOCOL = b"sec-websocket-protocol: graphql-transport-ws\r\n"
QUERY = b"/graphql?query=%7Bhello%7D"
PREFLIGHT = b"apollo-require-preflight: 1\r\n"


@dataclass(frozen=True)
class Raw:
    """One request; ``answers`` is the number of answers where it holds several requests."""

    name: str
    data: bytes
    status: int
    kept: bool = False
    answers: int = 1


def get(headers: bytes = b"", path: bytes = QUERY, version: bytes = b"HTTP/1.1") -> bytes:
    """A GET that is answered with 200 if ``headers`` take nothing away."""
    return b"GET %b %b\r\nhost: t\r\n%b%b\r\n" % (path, version, PREFLIGHT, headers)


def post(headers: bytes = b"", body: bytes = BODY) -> bytes:
    """A POST whose length is told by ``headers``, or rightly if they are empty."""
    return HEAD + (headers or b"content-length: %d\r\n" % len(body)) + b"\r\n" + body


def chunked(*chunks: bytes) -> bytes:
    return post(b"transfer-encoding: chunked\r\n", b"".join(chunks))


def upgrade(
    line: bytes = b"GET /graphql HTTP/1.1", headers: bytes = UPGRADE + KEY + VERSION + SUBPROTOCOL
) -> bytes:
    return line + b"\r\nhost: t\r\n" + headers + b"\r\n"


def many(count: int, size: int = 1) -> bytes:
    return b"".join(b"x-%d: %b\r\n" % (number, b"a" * size) for number in range(count))


ORDINARY = [
    Raw("get", get(), 200, kept=True),
    Raw("get, last", get(b"connection: close\r\n"), 200),
    Raw("get by http/1.0", get(version=b"HTTP/1.0"), 200),
    Raw("get by http/1.0 without a host", b"GET /health HTTP/1.0\r\n\r\n", 200),
    Raw("get in absolute form", get(path=b"http://t" + QUERY), 200, kept=True),
    Raw("empty lines before the request", b"\r\n\r\n" + get(), 200, kept=True),
    Raw("a header without a value", get(b"x-empty:\r\n"), 200, kept=True),
    Raw("a header in latin-1", get(b"x-name: caf\xe9\r\n"), 200, kept=True),
    Raw("100 headers", get(many(98)), 200, kept=True),
    Raw("post", post(), 200, kept=True),
    Raw("post in chunks", chunked(b"16\r\n", BODY, b"\r\n0\r\n\r\n"), 200, kept=True),
    Raw("chunks with an extension", chunked(b"16;a=b\r\n", BODY, b"\r\n0\r\n\r\n"), 200, kept=True),
    Raw(
        "chunks with a trailer", chunked(b"16\r\n", BODY, b"\r\n0\r\nx: y\r\n\r\n"), 200, kept=True
    ),
    Raw(
        "expects a 100",
        post(b"content-length: 22\r\nexpect: 100-continue\r\n", b""),
        100,
        kept=True,
    ),
    Raw("two requests in one segment", post() + post(), 200, kept=True, answers=2),
    Raw("twenty requests in one segment", get() * 20, 200, kept=True, answers=20),
    Raw("a body on a get", get(b"content-length: 2\r\n") + b"{}", 200, kept=True),
    Raw(
        "an upgrade to h2c, ignored",
        get(b"connection: upgrade\r\nupgrade: h2c\r\n"),
        200,
        kept=True,
    ),
    Raw("an upgrade without a name", get(b"connection: upgrade\r\n"), 200, kept=True),
    Raw("a name without an upgrade", get(b"upgrade: websocket\r\n"), 200, kept=True),
    Raw(
        "a post that would rather have h2c",
        post(b"content-length: 22\r\nconnection: upgrade\r\nupgrade: h2c\r\n") + get(),
        200,
        kept=True,
        answers=2,
    ),
    Raw("head of a path", b"HEAD /health HTTP/1.1\r\nhost: t\r\n\r\n", 200, kept=True),
    Raw("a path that is nowhere", get(path=b"/nowhere"), 404, kept=True),
    Raw("an encoded path", get(path=b"/%67raphql?query=%7Bhello%7D"), 200, kept=True),
    Raw("a path with a broken escape", get(path=b"/%zz"), 404, kept=True),
    Raw("a path with a null", get(path=b"/%00"), 404, kept=True),
    Raw("a path of dots", get(path=b"/../../etc/passwd"), 404, kept=True),
    Raw("a path with an escape that is no utf-8", get(path=b"/%ff"), 404, kept=True),
    Raw("a query that is no utf-8", get(path=b"/graphql?query=%ff"), 400, kept=True),
    Raw("delete", b"DELETE /graphql HTTP/1.1\r\nhost: t\r\n\r\n", 405, kept=True),
    Raw("trace", b"TRACE /graphql HTTP/1.1\r\nhost: t\r\n\r\n", 405, kept=True),
    Raw("propfind", b"PROPFIND /graphql HTTP/1.1\r\nhost: t\r\n\r\n", 405, kept=True),
    Raw(
        "options without an origin", b"OPTIONS /graphql HTTP/1.1\r\nhost: t\r\n\r\n", 405, kept=True
    ),
    Raw("a harmless id", get(b"x-request-id: abc-1\r\n"), 200, kept=True),
    Raw("an id that is none", get(b"x-request-id: <script>\r\n"), 200, kept=True),
]

MIS_FRAMED = [
    Raw("nonsense", b"nonsense\r\n\r\n", 400),
    Raw("a blank before the method", b" GET / HTTP/1.1\r\nhost: t\r\n\r\n", 400),
    Raw("a method in lower case", b"get / HTTP/1.1\r\nhost: t\r\n\r\n", 400),
    Raw("a method that nobody knows", b"BREW / HTTP/1.1\r\nhost: t\r\n\r\n", 400),
    Raw("a method without end", b"A" * 5000, 400),
    Raw("no version", b"GET /\r\nhost: t\r\n\r\n", 400),
    Raw("version 9.9", b"GET / HTTP/9.9\r\nhost: t\r\n\r\n", 400),
    Raw("version 2", b"GET / HTTP/2\r\nhost: t\r\n\r\n", 400),
    Raw("the preface of http/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    Raw(
        "a client hello of tls", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 500, 400
    ),
    Raw("a handshake of ssh", b"SSH-2.0-OpenSSH_9.9\r\n", 400),
    Raw("a request to redis", b"*1\r\n$4\r\nPING\r\n", 400),
    Raw("nulls", b"\0" * 100, 400),
    Raw("bytes above 127", b"\xff" * 100, 400),
    Raw("no path", b"GET  HTTP/1.1\r\nhost: t\r\n\r\n", 400),
    Raw("two blanks in the first line", b"GET  / HTTP/1.1\r\nhost: t\r\n\r\n", 404, kept=True),
    Raw("a blank in the path", b"GET /a b HTTP/1.1\r\nhost: t\r\n\r\n", 400),
    Raw("a null in the path", b"GET /a\0b HTTP/1.1\r\nhost: t\r\n\r\n", 400),
    Raw(
        "a letter of another alphabet in the path",
        "GET /é HTTP/1.1\r\nhost: t\r\n\r\n".encode(),
        400,
    ),
    Raw("a tunnel", b"CONNECT t:443 HTTP/1.1\r\nhost: t\r\n\r\n", 400),
    Raw("a tunnel to a path", b"CONNECT / HTTP/1.1\r\nhost: t\r\n\r\n", 400),
    Raw("options of the server", b"OPTIONS * HTTP/1.1\r\nhost: t\r\n\r\n", 404, kept=True),
    Raw("no host", b"GET / HTTP/1.1\r\n\r\n", 400),
    Raw("two hosts", b"GET / HTTP/1.1\r\nhost: t\r\nhost: u\r\n\r\n", 400),
    Raw("two hosts by http/1.0", b"GET / HTTP/1.0\r\nhost: t\r\nhost: u\r\n\r\n", 400),
    Raw("a header without a colon", get(b"bad header\r\n"), 400),
    Raw("a header without a name", get(b": x\r\n"), 400),
    Raw("a blank in a header's name", get(b"x y: z\r\n"), 400),
    Raw("a blank behind a header's name", get(b"x-y : z\r\n"), 400),
    Raw("a folded header", get(b"x-y: a\r\n b\r\n"), 400),
    Raw("a null in a header", get(b"x-y: a\0b\r\n"), 400),
    Raw("a bare carriage return in a header", get(b"x-y: a\rb\r\n"), 400),
    Raw("a header's name with a bracket", get(b"x[y]: z\r\n"), 400),
    Raw("a header's name above 127", get(b"\xe9: z\r\n"), 400),
    Raw("lines that end with a line feed", b"GET / HTTP/1.1\nhost: t\n\n", 400),
    Raw("two lengths", post(b"content-length: 22\r\ncontent-length: 23\r\n"), 400),
    Raw("the same length twice", post(b"content-length: 22\r\ncontent-length: 22\r\n"), 400),
    Raw("lengths in a list", post(b"content-length: 22, 22\r\n"), 400),
    Raw("a negative length", post(b"content-length: -1\r\n"), 400),
    Raw("a length with a plus", post(b"content-length: +22\r\n"), 400),
    Raw("a length with an exponent", post(b"content-length: 1e3\r\n"), 400),
    Raw("a length in hex", post(b"content-length: 0x16\r\n"), 400),
    Raw("an empty length", post(b"content-length:\r\n"), 400),
    Raw("a length above 64 bits", post(b"content-length: 99999999999999999999\r\n"), 400),
    Raw("a length and chunks", post(b"content-length: 22\r\ntransfer-encoding: chunked\r\n"), 400),
    Raw("chunks and a length", post(b"transfer-encoding: chunked\r\ncontent-length: 22\r\n"), 400),
    Raw("chunked twice", post(b"transfer-encoding: chunked, chunked\r\n", b"0\r\n\r\n"), 400),
    Raw("chunked, then gzip", post(b"transfer-encoding: chunked, gzip\r\n", b"0\r\n\r\n"), 400),
    Raw("another transfer encoding", post(b"transfer-encoding: gzip\r\n", b""), 400),
    Raw("a size that is no number", chunked(b"zz\r\n"), 400),
    Raw("a negative size", chunked(b"-1\r\n"), 400),
    Raw("a size above 64 bits", chunked(b"1" + b"0" * 17 + b"\r\n"), 400),
    Raw("a size with a blank", chunked(b"1 6\r\n", BODY, b"\r\n0\r\n\r\n"), 400),
    Raw("a chunk longer than its size", chunked(b"2\r\n", BODY, b"\r\n0\r\n\r\n"), 400),
    Raw("chunks ended by line feeds", chunked(b"16\n", BODY, b"\n0\n\n"), 400),
    Raw("a bad size behind a good chunk", chunked(b"16\r\n", BODY, b"\r\nzz\r\n"), 400),
    Raw("a bad trailer", chunked(b"16\r\n", BODY, b"\r\n0\r\nbad trailer\r\n\r\n"), 400),
    Raw(
        "a request hidden behind a get",
        get(b"content-length: 5\r\n\r\nGET / HTTP/1.1\r\n"),
        200,
        answers=2,
    ),
    Raw("nonsense behind a request", post() + b"nonsense\r\n\r\n", 200, answers=2),
    Raw("a thousand requests in one segment", get() * 1000, 200, answers=66),
]

TOO_LARGE = [
    Raw("101 headers", get(many(101)), 431, kept=True),
    Raw("a thousand headers", get(many(1000)), 431, kept=True),
    Raw("a header of 70 KB", get(b"x: " + b"a" * 70_000 + b"\r\n"), 431, kept=True),
    Raw("a header's name of 70 KB", get(b"a" * 70_000 + b": x\r\n"), 431, kept=True),
    Raw("headers of 200 KB", get(many(90, 3500)), 431),
    Raw("a header that does not end", b"GET / HTTP/1.1\r\nhost: t\r\nx: " + b"a" * 300_000, 431),
    Raw("headers that do not end", b"GET / HTTP/1.1\r\n" + many(40_000), 431),
    Raw("a path of 9 KB", get(path=b"/" + b"a" * 9_000), 414, kept=True),
    Raw("a query of 9 KB", get(path=b"/graphql?query=" + b"a" * 9_000), 414, kept=True),
    Raw("a path that does not end", b"GET /" + b"a" * 300_000, 431),
    Raw("a length of 3 MB", post(b"content-length: 3000000\r\n"), 413, kept=True),
    Raw("a length of 2 GB", post(b"content-length: 2147483648\r\n"), 413, kept=True),
    Raw(
        "a chunk of 3 MB",
        chunked(b"2dc6c0\r\n", b" " * 3_000_000, b"\r\n0\r\n\r\n"),
        413,
        kept=True,
    ),
]

UPGRADES = [
    Raw("a handshake", upgrade(), 101, kept=True),
    Raw(
        "a handshake with a length of 0",
        upgrade()[:-2] + b"content-length: 0\r\n\r\n",
        101,
        kept=True,
    ),
    Raw(
        "a handshake with a cookie of 20 KB",
        upgrade()[:-2] + b"cookie: " + b"a" * 20_000 + b"\r\n\r\n",
        101,
        kept=True,
    ),
    Raw("a handshake with 90 headers", upgrade()[:-2] + many(90) + b"\r\n", 101, kept=True),
    Raw("a handshake by post", upgrade(b"POST /graphql HTTP/1.1"), 400),
    Raw(
        "a handshake by put with a body",
        upgrade(b"PUT /graphql HTTP/1.1")[:-2] + b"content-length: 22\r\n\r\n" + BODY,
        400,
    ),
    Raw("a handshake by http/1.0", upgrade(b"GET /graphql HTTP/1.0"), 400),
    Raw("a handshake with a body", upgrade()[:-2] + b"content-length: 22\r\n\r\n" + BODY, 400),
    Raw(
        "a handshake whose body does not come", upgrade()[:-2] + b"content-length: 22\r\n\r\n", 400
    ),
    Raw(
        "a handshake in chunks",
        upgrade()[:-2] + b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    Raw("a handshake with 150 headers", upgrade()[:-2] + many(150) + b"\r\n", 431),
    Raw("a handshake with 70 KB of headers", upgrade()[:-2] + many(70, 1000) + b"\r\n", 431),
    Raw("a handshake at a path of 9 KB", upgrade(b"GET /" + b"a" * 9_000 + b" HTTP/1.1"), 414),
    Raw("a handshake without a key", upgrade(headers=UPGRADE + VERSION + SUBPROTOCOL), 400),
    Raw(
        "a handshake with a short key",
        upgrade(headers=UPGRADE + VERSION + b"sec-websocket-key: YQ==\r\n"),
        400,
    ),
    Raw(
        "a handshake with a key that is no base64",
        upgrade(headers=UPGRADE + VERSION + b"sec-websocket-key: ???\r\n"),
        400,
    ),
    Raw("a handshake with two keys", upgrade(headers=UPGRADE + VERSION + KEY + KEY), 400),
    Raw("a handshake without a version", upgrade(headers=UPGRADE + KEY), 400),
    Raw(
        "a handshake of version 8",
        upgrade(headers=UPGRADE + KEY + b"sec-websocket-version: 8\r\n"),
        426,
    ),
    Raw(
        "a handshake with a bad extension",
        upgrade()[:-2] + b"sec-websocket-extensions: ,;=\r\n\r\n",
        400,
    ),
    Raw(
        "a handshake with a bad subprotocol",
        upgrade()[:-2] + b"sec-websocket-protocol: a b c\r\n\r\n",
        400,
    ),
    Raw("a handshake without a host", upgrade().replace(b"host: t\r\n", b""), 400),
    Raw("a handshake at a path that is nowhere", upgrade(b"GET /nowhere HTTP/1.1"), 403),
    Raw(
        "a handshake of another origin",
        upgrade()[:-2] + b"origin: https://evil.example\r\n\r\n",
        403,
    ),
    Raw("a handshake behind a request that runs", post() + upgrade(), 200, answers=2),
    Raw(
        "upgrades to two protocols",
        get(b"connection: upgrade\r\nupgrade: websocket, h2c\r\n"),
        200,
        kept=True,
    ),
]

RAW_REQUESTS = [*ORDINARY, *MIS_FRAMED, *TOO_LARGE, *UPGRADES]
