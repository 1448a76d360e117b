"""What a route's callers need: of every caller, and beside that to read all of the answer."""

import pytest

from tests.support.rest_routes import route, small_supergraph
from trellis.router.errors import ConfigError
from trellis.router.requirements import FREE
from trellis.router.rest.access import access_of, access_to

GRAPH = small_supergraph()


def needs(text: str) -> tuple[str, str]:
    found = access_of(route(GRAPH, "todo", text), GRAPH.schema, GRAPH.rules)
    return tuple("" if one == FREE else str(one) for one in (found.needed, found.wished))  # type: ignore[return-value]


def get(selection: str, *, variables: str = "") -> str:
    return f'query Q{variables} @rest(method: GET, path: "/api/q") {{ {selection} }}'


THINGS = "things(first: 1)"


def test_a_route_without_protected_fields_is_open():
    assert needs(get("motto")) == ("", "")
    assert access_to(route(GRAPH, "todo", get("motto")), GRAPH) == FREE


def test_an_anonymous_route_that_needs_a_caller_ends_the_start():
    text = get("thing(id: 1) { id }").replace('"/api/q"', '"/api/q", anonymous: true')
    with pytest.raises(ConfigError, match=r":1: @rest: a route that needs a caller is not anonym"):
        access_to(route(GRAPH, "todo", text), GRAPH)


def test_a_query_needs_what_leaves_nothing_when_it_is_denied_and_wishes_for_the_rest():
    [needed, wished] = needs(get("thing(id: 1) { id secretNote }"))

    assert needed != ""
    assert "read:secrets" in wished and "read:secrets" not in needed


def test_a_mutation_needs_the_permissions_of_all_its_fields():
    text = """mutation P($thingId: ID!) @rest(method: POST, path: "/api/p") {
      paint(input: {thingId: $thingId}) { thing { secretNote } } }"""
    [needed, wished] = needs(text)

    assert "write:things" in needed and "read:secrets" in needed
    assert wished == ""


@pytest.mark.parametrize(
    ("selection", "is_open"),
    [
        (f"a: {THINGS} {{ totalCount }} b: {THINGS} {{ totalCount }}", False),
        (f"a: {THINGS} {{ totalCount }} motto", True),
    ],
)
def test_of_several_fields_a_query_needs_what_they_have_in_common(selection: str, is_open: bool):
    assert (needs(get(selection))[0] == "") is is_open


PAINT = """mutation P($thingId: ID!, $all: Boolean = false) @rest(method: POST, path: "/api/p") {
  paint(input: {thingId: $thingId}) { thing { id mainColour @include(if: $all) %s } } }"""


@pytest.mark.parametrize(
    ("condition", "needed", "wished"),
    [
        ("", True, False),
        ("@include(if: true)", True, False),
        ("@skip(if: false)", True, False),
        ("@include(if: $all)", False, True),
        ("@skip(if: $all)", False, True),
        ("@include(if: $all) @skip(if: false)", False, True),
        ("@skip(if: true)", False, False),
        ("@include(if: $all) @skip(if: true)", False, False),
    ],
)
@pytest.mark.parametrize("form", ["secretNote %s", "... on Thing %s { secretNote }"])
def test_permissions_of_conditional_fields_are_not_needed(
    form: str, condition: str, needed: bool, wished: bool
):
    found = needs(PAINT % (form % condition))

    assert ("read:secrets" in found[0], "read:secrets" in found[1]) == (needed, wished)


def test_a_query_with_only_conditional_fields_needs_no_permission():
    variables = "($all: Boolean = false)"
    text = get(f"{THINGS} @include(if: $all) {{ totalCount }}", variables=variables)

    assert needs(text)[0] == ""
