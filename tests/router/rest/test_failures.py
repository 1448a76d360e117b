"""What the graph says went wrong, as clients of a route read it."""

from uuid import UUID

import pytest

from tests.support.rest_routes import route, small_supergraph
from trellis.router.requirements import Requirement
from trellis.router.rest.failures import NOT_FOUND_MESSAGE, Failures
from trellis.schema.identity import ANONYMOUS, Identity

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


def test_a_malformed_id_in_the_path_is_404():
    assert refusal("thingId") == (404, NOT_FOUND_MESSAGE, ())
    assert refusal("input.thingId") == (404, NOT_FOUND_MESSAGE, ())


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


ACCESS = Requirement(
    authenticated=True, scopes=frozenset([frozenset({"a:write"}), frozenset({"admin"})])
)


@pytest.mark.parametrize(
    ("scopes", "extensions", "code", "required"),
    [
        ({"a:read"}, {}, "INSUFFICIENT_PERMISSIONS", "a:write"),
        ({"a:write"}, {}, "RESOURCE_FORBIDDEN", None),
        ({"admin"}, {}, "RESOURCE_FORBIDDEN", None),
        ({"a:write"}, {"required_permission": "root"}, "INSUFFICIENT_PERMISSIONS", "root"),
        ({"a:write", "root"}, {"required_permission": "root"}, "RESOURCE_FORBIDDEN", None),
    ],
)
def test_a_missing_permission_is_distinguished_from_a_forbidden_resource(
    scopes: set[str], extensions: dict[str, str], code: str, required: str | None
):
    failures = Failures(route(small_supergraph(), "tracker", PAINT), ACCESS)
    caller = Identity(id=UUID(int=1), scopes=frozenset(scopes))
    error = {"message": "No.", "extensions": {"code": "FORBIDDEN", **extensions}}

    failure = failures.of_error(error, caller)

    assert (failure.status, failure.code) == (403, code)
    assert failure.details.get("required_permission") == required


@pytest.mark.parametrize(
    ("scopes", "named"),
    [
        (set(), "write:a"),
        ({"read:a"}, "write:a"),
        ({"write:a"}, "read:a"),
        ({"read:b", "write:b"}, "write:a"),
    ],
)
def test_one_permission_is_named_that_the_caller_lacks(scopes: set[str], named: str):
    access = Requirement(authenticated=True, scopes=frozenset([frozenset({"read:a", "write:a"})]))
    failures = Failures(route(small_supergraph(), "tracker", PAINT), access)
    error = {"message": "No.", "extensions": {"code": "FORBIDDEN"}}

    failure = failures.of_error(error, Identity(id=UUID(int=1), scopes=frozenset(scopes)))

    assert failure.details["required_permission"] == named


def test_sentences_name_nested_members_as_clients_do():
    field = "transitions.0.fromState"
    given = {"field": field, "code": "INVALID_FORMAT", "message": f"{field} must be one of: A."}
    error = {"message": "No.", "extensions": {"code": "BAD_USER_INPUT", "fields": [given]}}

    [problem] = FAILURES.of_error(error, ANONYMOUS).problems

    assert problem.field == "transitions.0.from_state"
    assert problem.message == "transitions.0.from_state must be one of: A."


PAGE = """
query Things($first: Int, $after: String, $skip: Int)
@rest(method: GET, path: "/api/v1/things") {
  things(first: $first, after: $after, skip: $skip) @page {
    totalCount pageInfo { hasNextPage endCursor } edges { node { id } }
  }
}
"""


@pytest.mark.parametrize(
    ("dialect", "argument", "name"),
    [
        ("learn", "after", "cursor"),
        ("learn", "first", "limit"),
        ("learn", "skip", "offset"),
        ("plain", "after", "after"),
        ("tracker", "skip", "page"),
        ("tracker", "first", "per_page"),
        ("commerce", "skip", "offset"),
    ],
)
def test_errors_about_paging_name_the_parameter_of_the_dialect(
    dialect: str, argument: str, name: str
):
    failures = Failures(route(small_supergraph(), dialect, PAGE))
    given = {"field": argument, "code": "INVALID_FORMAT", "message": f"{argument} is no cursor."}
    error = {"message": "No.", "extensions": {"code": "BAD_USER_INPUT", "fields": [given]}}

    [problem] = failures.of_error(error, ANONYMOUS).problems

    assert (problem.field, problem.message) == (name, f"{name} is no cursor.")


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
