"""What the graph says went wrong, as clients of a route read it."""

import pytest

from tests.support.rest_routes import route, small_supergraph
from trellis.router.rest.failures import NOTHING_THERE, Failures
from trellis.schema.identity import ANONYMOUS

PAINT = """
mutation Paint($id: ID!, $mainColour: Colour) @rest(method: PUT, path: "/api/v1/things/{id}") {
  paint(input: {thingId: $id, mainColour: $mainColour}) { thing { id } }
}
"""
FAILURES = Failures(route(small_supergraph(), "tracker", PAINT))


def refusal(*fields: str, code: str = "INVALID_FORMAT") -> tuple[int, str, tuple[str, ...]]:
    told = [{"field": name, "code": code, "message": f"{name} is wrong."} for name in fields]
    extensions = {"code": "BAD_USER_INPUT", "fields": told}
    failure = FAILURES.of_error({"message": "Wrong.", "extensions": extensions}, ANONYMOUS)
    return failure.status, failure.message, tuple(one.field for one in failure.problems)


def test_an_id_in_the_path_that_is_none_leads_nowhere():
    assert refusal("thingId") == (404, NOTHING_THERE, ())
    assert refusal("input.thingId") == (404, NOTHING_THERE, ())


@pytest.mark.parametrize(
    ("fields", "code", "names"),
    [
        (("mainColour",), "INVALID_FORMAT", ("main_colour",)),
        (("thingId", "mainColour"), "INVALID_FORMAT", ("id", "main_colour")),
        (("thingId",), "INVALID_ENUM_VALUE", ("id",)),
        ((), "", ()),
    ],
)
def test_other_problems_of_a_request_stay_problems(
    fields: tuple[str, ...], code: str, names: tuple[str, ...]
):
    assert refusal(*fields, code=code) == (422, "Wrong.", names)


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("mainColour must differ from thingId.", "main_colour must differ from id."),
        ("The mainColour is no otherWord.", "The main_colour is no otherWord."),
        ("Everything in JavaScript.", "Everything in JavaScript."),
    ],
)
def test_sentences_name_arguments_as_clients_do(message: str, told: str):
    fields = [{"field": "mainColour", "code": "INVALID_FORMAT", "message": message}]
    error = {"message": message, "extensions": {"code": "BAD_USER_INPUT", "fields": fields}}

    failure = FAILURES.of_error(error, ANONYMOUS)

    assert (failure.message, failure.problems[0].message) == (told, told)
