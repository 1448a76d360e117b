"""The statuses and words of failures: said once, and what a dialect says otherwise.

A key is the graph's code, or ``CODE:word`` for a narrower case (``Profile.failures``). A dialect
gives a word where the status is the usual one, and ``(status, word)`` where it is not.
"""

from collections.abc import Mapping

Failures = Mapping[str, tuple[int, str]]
Words = Mapping[str, str | tuple[int, str]]

STATUSES: Mapping[str, int] = {
    "BAD_REQUEST": 400,
    # GraphQL answers 400, since its draft knows no other status for a request that cannot be
    # executed. Over REST the request was read and does not fit: RFC 9110, section 15.5.21. Dialects
    # whose clients expect 400 say so themselves.
    "BAD_USER_INPUT": 422,
    "UNAUTHENTICATED": 401,
    "TOKEN_EXPIRED": 401,
    "INVALID_CREDENTIALS": 401,
    "MFA_REQUIRED": 401,
    "REFRESH_TOKEN_EXPIRED": 401,
    "FORBIDDEN": 403,
    "UNAUTHORIZED_FIELD_OR_TYPE": 403,
    "ENTITLEMENT_REQUIRED": 403,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "NOT_ACCEPTABLE": 406,
    "REQUEST_BODY_TIMEOUT": 408,
    "ALREADY_EXISTS": 409,
    "CONFLICT": 409,
    "IDEMPOTENCY_KEY_INTERRUPTED": 409,
    "IDEMPOTENCY_KEY_REUSED": 409,
    "IDEMPOTENCY_KEY_RUNNING": 409,
    "PAYLOAD_TOO_LARGE": 413,
    "URL_TOO_LONG": 414,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "RATE_LIMITED": 429,
    "REQUEST_HEADERS_TOO_LARGE": 431,
    "INTERNAL": 500,
    "SUBGRAPH_INVALID_RESPONSE": 502,
    "SERVICE_UNAVAILABLE": 503,
    "SUBGRAPH_UNAVAILABLE": 503,
    "SUBGRAPH_TIMEOUT": 504,
    "REQUEST_TIMEOUT": 504,
}
"""Of every code that has one over REST. A code that is not here is a fault of ours."""

_COMMON: Words = {
    "BAD_REQUEST": "BAD_REQUEST",
    "BAD_USER_INPUT": "VALIDATION_ERROR",
    "UNAUTHENTICATED": "UNAUTHORIZED",
    "FORBIDDEN": "FORBIDDEN",
    "NOT_FOUND": "NOT_FOUND",
    "CONFLICT": "CONFLICT",
    "RATE_LIMITED": "RATE_LIMIT_EXCEEDED",
    "INTERNAL": "INTERNAL_SERVER_ERROR",
    "SERVICE_UNAVAILABLE": "SERVICE_UNAVAILABLE",
}
# What clients are told like something wider, unless their dialect has a word for it.
_TOLD_LIKE = {
    "TOKEN_EXPIRED": "UNAUTHENTICATED",
    "INVALID_CREDENTIALS": "UNAUTHENTICATED",
    "REFRESH_TOKEN_EXPIRED": "UNAUTHENTICATED",
    "UNAUTHORIZED_FIELD_OR_TYPE": "FORBIDDEN",
    "ENTITLEMENT_REQUIRED": "FORBIDDEN",
    "ALREADY_EXISTS": "CONFLICT",
    "SUBGRAPH_UNAVAILABLE": "SERVICE_UNAVAILABLE",
    "SUBGRAPH_TIMEOUT": "SERVICE_UNAVAILABLE",
    "SUBGRAPH_INVALID_RESPONSE": "SERVICE_UNAVAILABLE",
    "REQUEST_TIMEOUT": "SERVICE_UNAVAILABLE",
}
# What a closed vocabulary has no word for, and the code of the nearest word that it has. The status
# says the rest.
_NEAREST = {
    "MFA_REQUIRED": "UNAUTHENTICATED",
    "METHOD_NOT_ALLOWED": "BAD_USER_INPUT",
    "NOT_ACCEPTABLE": "BAD_USER_INPUT",
    "REQUEST_BODY_TIMEOUT": "BAD_USER_INPUT",
    "PAYLOAD_TOO_LARGE": "BAD_USER_INPUT",
    "URL_TOO_LONG": "BAD_USER_INPUT",
    "UNSUPPORTED_MEDIA_TYPE": "BAD_USER_INPUT",
    "REQUEST_HEADERS_TOO_LARGE": "BAD_USER_INPUT",
    "IDEMPOTENCY_KEY_INTERRUPTED": "CONFLICT",
    "IDEMPOTENCY_KEY_REUSED": "CONFLICT",
    "IDEMPOTENCY_KEY_RUNNING": "CONFLICT",
}


def vocabulary(own: Words) -> Failures:
    """The failures of a dialect that speaks the common words but for its ``own``."""
    found = _with_statuses({**_COMMON, **own})
    wider = {code: found[like] for code, like in _TOLD_LIKE.items()}
    return {**wider, **found}


def closed_vocabulary(own: Words) -> Failures:
    """The failures of a dialect whose document lists all the words that its clients will see."""
    found = vocabulary(own)
    nearest = {code: (STATUSES[code], found[like][1]) for code, like in _NEAREST.items()}
    return {**nearest, **found}


def canonical(own: Words) -> Failures:
    """The failures of a dialect that speaks the graph's codes but for its ``own`` words."""
    return _with_statuses(own)


def _with_statuses(words: Words) -> dict[str, tuple[int, str]]:
    return {
        key: (STATUSES[key.partition(":")[0]], word) if isinstance(word, str) else word
        for key, word in words.items()
    }
