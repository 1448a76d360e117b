"""``/web/<subgraph>/``: Stripe's webhook, and the sign-in with a provider, forged and malformed."""

import gzip

from tests.end_to_end.hostile.request import Hostile, ask

STRIPE = b"/web/accounts/stripe"
SIGN_IN = b"/web/accounts/sign-in"
PAGE = b"https%3A%2F%2Fapp.example%2Fsigned-in"
CHALLENGE = b"a" * 43


def signed(name: str, body: bytes, status: int) -> Hostile:
    data = ask(STRIPE, b"stripe-signature: {signature}", method=b"POST", body=body)
    return Hostile(f"{name}, signed", data, status)


def unsigned(name: str, signature: bytes, status: int = 400) -> Hostile:
    data = ask(STRIPE, b"stripe-signature: " + signature, method=b"POST", body=b"{}")
    return Hostile(f"a signature {name}", data, status)


HASH = b"ab" * 32
EVENT = (
    b'{"id":"evt_x","object":"event","type":"customer.subscription.updated",'
    b'"created":99999999999999,"livemode":false,"data":{"object":{}}}'
)
WEB_REQUESTS = [
    Hostile("no subgraph", ask(b"/web/"), 404),
    Hostile("no subgraph and no slash", ask(b"/web"), 404),
    Hostile("an empty subgraph", ask(b"/web//stripe"), 404),
    Hostile("a subgraph that is not there", ask(b"/web/nobody/stripe"), 404),
    Hostile("a subgraph without routes", ask(b"/web/issues/stripe"), 404),
    Hostile("a subgraph of Python", ask(b"/web/__class__/stripe"), 404),
    Hostile("a subgraph that is a null", ask(b"/web/%00/stripe"), 404),
    Hostile("a subgraph that is no utf-8", ask(b"/web/%ff%fe/stripe"), 404),
    Hostile("a subgraph of 7 KB", ask(b"/web/" + b"a" * 7_000 + b"/x"), 404),
    Hostile("dots above a subgraph", ask(b"/web/accounts/../../graphql"), 404),
    Hostile("encoded dots above a subgraph", ask(b"/web/accounts/%2e%2e/%2e%2e/internal/web"), 404),
    Hostile("the internal door", ask(b"/internal/web", method=b"POST", body=b"{}"), 404),
    Hostile("the internal door by way of the web", ask(b"/web/accounts/internal/web"), 404),
    Hostile("a thousand slashes", ask(b"/web/accounts" + b"/" * 1_000), 404),
    Hostile("options of a subgraph", ask(b"/web/accounts/stripe", method=b"OPTIONS"), 405),
    Hostile("put to the webhook", ask(STRIPE, method=b"PUT", body=b"{}"), 405),
    Hostile("delete of the webhook", ask(STRIPE, method=b"DELETE"), 405),
    Hostile("get of the webhook", ask(STRIPE), 404),
    Hostile("head of the webhook", ask(STRIPE, method=b"HEAD"), 405),
    Hostile("a slash behind the webhook", ask(STRIPE + b"/", method=b"POST", body=b"{}"), 404),
    Hostile("a webhook without a signature", ask(STRIPE, method=b"POST", body=b"{}"), 400),
    unsigned("that is empty", b""),
    unsigned("of nothing but commas", b"," * 1_000),
    unsigned("of nothing but equals signs", b"=" * 1_000),
    unsigned("without a time", b"v1=" + HASH),
    unsigned("with a time that is a word", b"t=now,v1=" + HASH),
    unsigned("with a time of 5,000 digits", b"t=" + b"9" * 5_000 + b",v1=" + HASH),
    unsigned("with a negative time", b"t=-1,v1=" + HASH),
    unsigned("with a time that is infinite", b"t=inf,v1=" + HASH),
    unsigned("with a time in another script", "t=١٢٣,v1=".encode() + HASH),
    unsigned("with two times", b"t=1,t=2,v1=" + HASH),
    unsigned("of another scheme", b"t=1,v0=" + HASH),
    unsigned("above 127", b"t=1,v1=\xff\xfe"),
    unsigned("with a thousand guesses", b"t=1" + b",v1=abc" * 1_000),
    unsigned("of 60 KB", b"t=1,v1=" + b"a" * 60_000),
    Hostile(
        "two signatures",
        ask(
            STRIPE, b"stripe-signature: t=1", b"stripe-signature: v1=a", method=b"POST", body=b"{}"
        ),
        400,
    ),
    signed("nothing", b"", 400),
    signed("no json", b"{", 400),
    signed("no utf-8", b'{"id": "\xff"}', 400),
    signed("a null byte", b"\0", 400),
    signed("null", b"null", 400),
    signed("a number", b"7", 400),
    signed("a list", b"[]", 400),
    signed("an empty object", b"{}", 400),
    signed("a list of 100,000 lists", b"[" * 100_000, 400),
    signed("an object of 100,000 objects", b'{"a":' * 100_000, 400),
    signed("an infinite number", b'{"id": "e", "created": 1e999}', 400),
    signed("a number of 5,000 digits", b'{"id": "e", "created": ' + b"9" * 5_000 + b"}", 400),
    signed(
        "a year beyond all",
        EVENT,
        400,
    ),
    signed("a subscription that is a list", EVENT.replace(b"{}}", b"[]}"), 400),
    signed("no subscription", EVENT.replace(b"{}}", b"null}"), 400),
    signed("a type that is a list", b'{"id":"e","type":[],"livemode":false}', 200),
    signed(
        "an event of another kind",
        b'{"id":"evt_y","object":"event","type":"x.y","created":1,"livemode":false,"data":{"object":{}}}',
        200,
    ),
    signed("a megabyte", b'{"a":"' + b"a" * 990_000 + b'"}', 400),
    Hostile("a webhook of 2 MB", ask(STRIPE, method=b"POST", body=b"a" * 2_000_000), 413),
    Hostile(
        "a webhook that says 2 GB", ask(STRIPE, b"content-length: 2147483648", method=b"POST"), 413
    ),
    Hostile(
        "a webhook of 50 MB in 50 KB",
        ask(
            STRIPE, b"content-encoding: gzip", method=b"POST", body=gzip.compress(b"a" * 50_000_000)
        ),
        413,
    ),
    Hostile(
        "a webhook of half a gzip",
        ask(
            STRIPE,
            b"content-encoding: gzip",
            method=b"POST",
            body=gzip.compress(b"a" * 50_000)[:40],
        ),
        400,
    ),
    Hostile(
        "a webhook of another encoding",
        ask(STRIPE, b"content-encoding: br", method=b"POST", body=b"a"),
        415,
    ),
    # Sign-in with a provider.
    Hostile("a provider that is not there", ask(SIGN_IN + b"/nobody"), 404),
    Hostile("no provider", ask(SIGN_IN), 404),
    Hostile("an empty provider", ask(SIGN_IN + b"/"), 404),
    Hostile("a provider that is a path", ask(SIGN_IN + b"/..%2f..%2fcorp"), 404),
    Hostile("a sign-in by post", ask(SIGN_IN + b"/corp", method=b"POST", body=b""), 404),
    Hostile("a sign-in without a page", ask(SIGN_IN + b"/corp"), 400),
    Hostile(
        "a sign-in to another page",
        ask(SIGN_IN + b"/corp?return_to=https%3A%2F%2Fevil.example&challenge=" + CHALLENGE),
        400,
    ),
    Hostile(
        "a sign-in to a page below",
        ask(SIGN_IN + b"/corp?return_to=" + PAGE + b"%2F..%2Fx&challenge=" + CHALLENGE),
        400,
    ),
    Hostile(
        "a sign-in to a page with a line",
        ask(SIGN_IN + b"/corp?return_to=" + PAGE + b"%0d%0aset-cookie:a=b&challenge=" + CHALLENGE),
        400,
    ),
    Hostile(
        "a sign-in to two pages",
        ask(
            SIGN_IN
            + b"/corp?return_to="
            + PAGE
            + b"&return_to=https%3A%2F%2Fevil.example&challenge="
            + CHALLENGE
        ),
        400,
    ),
    Hostile("a sign-in without a challenge", ask(SIGN_IN + b"/corp?return_to=" + PAGE), 400),
    Hostile(
        "a challenge of 7 KB",
        ask(SIGN_IN + b"/corp?return_to=" + PAGE + b"&challenge=" + b"a" * 7_000),
        400,
    ),
    Hostile(
        "a challenge and a line",
        ask(SIGN_IN + b"/corp?return_to=" + PAGE + b"&challenge=" + CHALLENGE + b"%0a"),
        400,
    ),
    Hostile("a callback that nobody began", ask(SIGN_IN + b"/corp/callback?code=a&state=b"), 400),
    Hostile("a callback without anything", ask(SIGN_IN + b"/corp/callback"), 400),
    Hostile(
        "a callback of a provider that is not there",
        ask(SIGN_IN + b"/nobody/callback?code=a&state=b"),
        404,
    ),
    Hostile("a callback below the callback", ask(SIGN_IN + b"/corp/callback/callback"), 404),
    Hostile(
        "a callback by post",
        ask(SIGN_IN + b"/corp/callback", method=b"POST", body=b"code=a&state=b"),
        404,
    ),
    Hostile(
        "a callback with an error", ask(SIGN_IN + b"/corp/callback?error=%0d%0aset-cookie:a=b"), 400
    ),
    Hostile(
        "a callback with a code of 7 KB",
        ask(SIGN_IN + b"/corp/callback?state=b&code=" + b"a" * 7_000),
        400,
    ),
    Hostile(
        "a callback that is no utf-8", ask(SIGN_IN + b"/corp/callback?state=%ff&code=%00"), 400
    ),
    *[
        Hostile(
            f"a cookie {name}",
            ask(SIGN_IN + b"/corp/callback?code=a&state=b", b"cookie: " + value),
            400,
        )
        for name, value in {
            "that is empty": b"trellis_sign_in=",
            "that is not sealed": b"trellis_sign_in=abc",
            "that is sealed with nothing": b"trellis_sign_in=sealed:",
            "that is sealed by somebody else": b"trellis_sign_in=sealed:" + b"Z0FBQUFB" * 20,
            "that is sealed above 127": b"trellis_sign_in=sealed:\xff\xfe",
            "that is sealed in 60 KB": b"trellis_sign_in=sealed:" + b"a" * 60_000,
            "with a null": b'trellis_sign_in="sealed:\\000"',
            "a thousand times": b"; ".join([b"trellis_sign_in=sealed:a"] * 1_000),
            "of nothing but semicolons": b";" * 10_000,
            "of nothing but quotes": b'trellis_sign_in="' + b'\\"' * 5_000,
        }.items()
    ],
]
