"""The statuses and codes of errors that dialects have in common.

A key is a code of the graph, or ``CODE:word`` for a special case (``Profile.failures``). A dialect
defines its own code, or ``(status, code)`` if the status is not the usual one.
"""

from collections.abc import Mapping

Failures = Mapping[str, tuple[int, str]]
Words = Mapping[str, str | tuple[int, str]]

STATUSES: Mapping[str, int] = {
    "BAD_REQUEST": 400,
    # GraphQL uses 400, because its draft has no other status for requests that cannot be executed.
    # In REST the request is well-formed but invalid (RFC 9110, section 15.5.21). Dialects whose
    # clients expect 400 define it themselves.
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
    "PRECONDITION_FAILED": 412,
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
"""The status by code. Codes that are not listed are internal errors."""

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
# Codes that are replaced by a more general one, unless the dialect has a word for them.
_GENERALIZED = {
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
# Codes without a word in a closed vocabulary, and the code whose word is used instead. The status
# remains specific.
_NEAREST = {
    "MFA_REQUIRED": "UNAUTHENTICATED",
    "METHOD_NOT_ALLOWED": "BAD_USER_INPUT",
    "NOT_ACCEPTABLE": "BAD_USER_INPUT",
    "REQUEST_BODY_TIMEOUT": "BAD_USER_INPUT",
    "PRECONDITION_FAILED": "CONFLICT",
    "PAYLOAD_TOO_LARGE": "BAD_USER_INPUT",
    "URL_TOO_LONG": "BAD_USER_INPUT",
    "UNSUPPORTED_MEDIA_TYPE": "BAD_USER_INPUT",
    "REQUEST_HEADERS_TOO_LARGE": "BAD_USER_INPUT",
    "IDEMPOTENCY_KEY_INTERRUPTED": "CONFLICT",
    "IDEMPOTENCY_KEY_REUSED": "CONFLICT",
    "IDEMPOTENCY_KEY_RUNNING": "CONFLICT",
}


def vocabulary(own: Words) -> Failures:
    """The errors of a dialect with the common words, except for its ``own``."""
    found = _with_statuses({**_COMMON, **own})
    wider = {code: found[like] for code, like in _GENERALIZED.items()}
    return {**wider, **found}


def closed_vocabulary(own: Words) -> Failures:
    """The errors of a dialect whose document lists all words that may be used."""
    found = vocabulary(own)
    nearest = {code: (STATUSES[code], found[like][1]) for code, like in _NEAREST.items()}
    return {**nearest, **found}


def canonical(own: Words) -> Failures:
    """The errors of a dialect with the codes of the graph, except for its ``own`` words."""
    return _with_statuses(own)


def _with_statuses(words: Words) -> dict[str, tuple[int, str]]:
    return {
        key: (STATUSES[key.partition(":")[0]], word) if isinstance(word, str) else word
        for key, word in words.items()
    }
