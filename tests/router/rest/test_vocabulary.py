"""Statuses and words of failures are said once; a dialect says what differs."""

from collections.abc import Iterator

from trellis.router.errors import OperationRefused
from trellis.router.rest.idempotency import once
from trellis.router.rest.vocabulary import STATUSES, canonical, vocabulary
from trellis.router.web import refusals
from trellis.schema.errors import TrellisError

DIFFERENT_OVER_REST = {"BAD_USER_INPUT": (400, 422)}


def _kinds(kind: type[TrellisError]) -> Iterator[type[TrellisError]]:
    for below in kind.__subclasses__():
        yield below
        yield from _kinds(below)


def test_errors_have_the_same_status_as_in_graphql_unless_defined_otherwise():
    assert refusals.UrlTooLong in set(_kinds(TrellisError))
    assert once.KeyReused in set(_kinds(TrellisError))
    found = {
        kind.code: (kind.http_status, STATUSES[kind.code])
        for kind in _kinds(TrellisError)
        if kind.code in STATUSES and not issubclass(kind, OperationRefused)
    }
    assert len(found) > 20
    differing = {code: both for code, both in found.items() if both[0] != both[1]}
    assert differing == DIFFERENT_OVER_REST


def test_a_word_alone_has_the_usual_status():
    assert canonical({"NOT_FOUND": "GONE", "CONFLICT:orders": "ORDER_004"}) == {
        "NOT_FOUND": (404, "GONE"),
        "CONFLICT:orders": (409, "ORDER_004"),
    }


def test_a_dialect_has_the_common_words_except_for_its_own():
    usual, own = vocabulary({}), vocabulary({"NOT_FOUND": "GONE"})
    assert usual["NOT_FOUND"] == (404, "NOT_FOUND")
    assert {**usual, "NOT_FOUND": (404, "GONE")} == own


def test_a_code_without_a_word_has_that_of_a_more_general_code():
    told = vocabulary({"FORBIDDEN": (404, "HIDDEN"), "ENTITLEMENT_REQUIRED": "PAY_FIRST"})
    assert told["UNAUTHORIZED_FIELD_OR_TYPE"] == (404, "HIDDEN")
    assert told["ENTITLEMENT_REQUIRED"] == (403, "PAY_FIRST")
    assert told["SUBGRAPH_TIMEOUT"] == told["SERVICE_UNAVAILABLE"] == (503, "SERVICE_UNAVAILABLE")
