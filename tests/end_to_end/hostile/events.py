"""Streams of events about a run of code, resumed after what is no cursor."""

from tests.end_to_end.hostile.request import TOKEN, Hostile, ask

OUTPUT = b"/learn/api/v1/executions/{run}/output"
CURSORS = {
    "that is empty": (b"", 200),
    "of zero": (b"0", 200),
    "of the future": (b"999999", 200),
    "that is negative": (b"-1", 422),
    "that is a word": (b"latest", 422),
    "with a blank": (b"1 2", 422),
    "with a plus": (b"+1", 422),
    "with a point": (b"1.0", 422),
    "with an exponent": (b"1e3", 422),
    "in hex": (b"0x1", 422),
    "of 19 digits": (b"9" * 19, 422),
    "of 5,000 digits": (b"9" * 5_000, 422),
    "of 60 KB": (b"9" * 60_000, 422),
    "in another script": ("١٢".encode(), 422),
    "above 127": (b"\xff", 422),
    "of a stream of Redis": (b"1-1-1", 422),
    "of dashes": (b"-" * 1_000, 422),
    "of sql": (b"1' OR '1'='1", 422),
    "of json": (b'{"$gt": 0}', 422),
    "that is null": (b"null", 422),
}
SSE = b"accept: text/event-stream"
EVENT_REQUESTS = [
    *[
        Hostile(f"a cursor {name}", ask(OUTPUT, TOKEN, SSE, b"last-event-id: " + value), status)
        for name, (value, status) in CURSORS.items()
    ],
    Hostile("two cursors", ask(OUTPUT, TOKEN, SSE, b"last-event-id: 1", b"last-event-id: 2"), 422),
    Hostile("events of nobody", ask(OUTPUT, SSE), 401),
    Hostile("events as html", ask(OUTPUT, TOKEN, b"accept: text/html"), 406),
    Hostile(
        "events of a run that is not there",
        ask(OUTPUT.replace(b"{run}", b"00000000-0000-4000-8000-000000000000"), TOKEN, SSE),
        404,
    ),
    Hostile(
        "events of a run that is no id", ask(OUTPUT.replace(b"{run}", b"..%2f.."), TOKEN, SSE), 404
    ),
    Hostile("events of a run with a null", ask(OUTPUT.replace(b"{run}", b"%00"), TOKEN, SSE), 404),
    Hostile("events by post", ask(OUTPUT, TOKEN, SSE, method=b"POST", body=b"{}"), 405),
    Hostile("events and a body", ask(OUTPUT, TOKEN, SSE, body=b"x" * 10_000), 200),
    Hostile(
        "events and a cursor in the query",
        ask(OUTPUT + b"?after=1&after=2&lastEventId=3", TOKEN, SSE),
        200,
    ),
]
