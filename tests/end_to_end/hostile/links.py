"""Links to the bytes of files, forged, and asked for in ranges without number."""

from tests.end_to_end.hostile.request import Hostile, ask

RANGES = {
    "a thousand ranges": (b"bytes=" + b",".join(b"%d-%d" % (n, n + 1) for n in range(1_000)), 200),
    "a thousand times everything": (b"bytes=" + b",".join([b"0-"] * 1_000), 200),
    "ranges that overlap": (b"bytes=0-9,5-14,1-3", 200),
    "ranges in 60 KB": (b"bytes=" + b"0-1," * 15_000, 200),
    "no range": (b"bytes=", 200),
    "a range of nothing": (b"bytes=-", 200),
    "the last no bytes": (b"bytes=-0", 416),
    "a range backwards": (b"bytes=9-1", 200),
    "a range behind the end": (b"bytes=999999999-", 416),
    "a range of 64 bits": (b"bytes=0-18446744073709551616", 200),
    "a range of 18 digits": (b"bytes=999999999999999999-", 416),
    "the last 18 digits": (b"bytes=-999999999999999999", 206),
    "a range of 5,000 digits": (b"bytes=" + b"9" * 5_000 + b"-", 200),
    "a negative range": (b"bytes=--5", 200),
    "a range in hex": (b"bytes=0x0-0x5", 200),
    "a range in another script": ("bytes=٠-٥".encode(), 200),
    "a range of words": (b"bytes=a-b", 200),
    "a range of items": (b"items=0-5", 200),
    "a range without a unit": (b"0-5", 200),
    "a range of blanks": (b"bytes=" + b" " * 10_000 + b"0-1", 206),
}
LINK_REQUESTS = [
    *[
        Hostile(name, ask(b"{file}", b"range: " + value), status)
        for name, (value, status) in RANGES.items()
    ],
    Hostile("two ranges", ask(b"{file}", b"range: bytes=0-1", b"range: bytes=2-3"), 206),
    Hostile("a range if nonsense", ask(b"{file}", b"range: bytes=0-1", b"if-range: \xff"), 200),
    Hostile(
        "a range if long ago",
        ask(b"{file}", b"range: bytes=0-1", b"if-range: Thu, 99 Foo 0000 99:99:99 GMT"),
        200,
    ),
    Hostile("five thousand tags", ask(b"{file}", b"if-none-match: " + b'W/"x", ' * 5_000), 200),
    Hostile("tags without an end", ask(b"{file}", b'if-none-match: "' + b"a" * 30_000), 200),
    Hostile("post to a link", ask(b"{file}", method=b"POST", body=b"x"), 405),
    Hostile("put to a link", ask(b"{file}", method=b"PUT", body=b"x"), 405),
    Hostile("a link and a letter", ask(b"{file}x"), 404),
    Hostile("a link and a slash", ask(b"{file}/"), 404),
    Hostile("a link below a link", ask(b"{file}/../x"), 404),
    Hostile("a link of nothing", ask(b"/content/files/"), 404),
    Hostile("a link of dots", ask(b"/content/files/..."), 404),
    Hostile("a link of letters", ask(b"/content/files/" + b"a" * 2_048), 404),
    Hostile("a link of 7 KB", ask(b"/content/files/" + b"a" * 7_000), 404),
    Hostile("a link that is no utf-8", ask(b"/content/files/%ff"), 404),
    Hostile("a link with a null", ask(b"/content/files/a%00"), 404),
    Hostile("a link that is a path", ask(b"/content/files/..%2f..%2fetc%2fpasswd"), 404),
    Hostile("a link to another subgraph", ask(b"/content/accounts/abc"), 404),
    Hostile("a link to nobody", ask(b"/content/nobody/abc"), 404),
    Hostile("a forged link", ask(b"/content/files/eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."), 404),
    Hostile("the internal link", ask(b"/internal/content/abc"), 404),
]
