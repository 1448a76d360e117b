"""``/health``, ``/ready``, ``/metrics`` and ``/api/circuit-breaker/status``, asked badly."""

from tests.end_to_end.hostile.request import Hostile, ask

OPS = (b"/health", b"/ready", b"/metrics", b"/api/circuit-breaker/status")


def words(path: bytes) -> str:
    return path.decode("latin-1")


OPS_REQUESTS = [
    one
    for path in OPS
    for one in (
        Hostile(f"post to {words(path)}", ask(path, method=b"POST", body=b"{}"), 405),
        Hostile(f"delete of {words(path)}", ask(path, method=b"DELETE"), 405),
        Hostile(f"patch of {words(path)}", ask(path, method=b"PATCH", body=b"{}"), 405),
        Hostile(f"trace of {words(path)}", ask(path, method=b"TRACE"), 405),
        Hostile(f"a body on {words(path)}", ask(path, body=b"x" * 100_000), 200),
        Hostile(f"a query of 7 KB on {words(path)}", ask(path + b"?" + b"a" * 7_000), 200),
        Hostile(f"a query that is no utf-8 on {words(path)}", ask(path + b"?%ff=%00"), 200),
        Hostile(f"names twice on {words(path)}", ask(path + b"?name[]=a&name[]=b&name=c"), 200),
        Hostile(
            f"a thousand ranges of {words(path)}", ask(path, b"range: bytes=" + b"0-," * 1_000), 200
        ),
        Hostile(f"nothing accepted of {words(path)}", ask(path, b"accept: */*;q=0, x/y;q=9"), 200),
        Hostile(
            f"accepted without an end of {words(path)}",
            ask(path, b"accept: " + b"a/b;q=0.1," * 5_000),
            200,
        ),
        Hostile(f"a forged token on {words(path)}", ask(path, b"authorization: Bearer a.b.c"), 200),
        Hostile(f"a slash behind {words(path)}", ask(path + b"/"), 404),
        Hostile(f"two slashes before {words(path)}", ask(b"/" + path), 404),
        Hostile(f"parameters of {words(path)}", ask(path + b";x=y"), 404),
        Hostile(f"a null behind {words(path)}", ask(path + b"%00"), 404),
        Hostile(f"in capitals {words(path)}", ask(path.upper()), 404),
        Hostile(f"a path below {words(path)}", ask(path + b"/../../etc/passwd"), 404),
        Hostile(
            f"the tags of everything on {words(path)}",
            ask(path, b"if-none-match: " + b'W/"x", ' * 5_000),
            200,
        ),
    )
]
