"""Pages, offsets and cursors: from query strings to connections and back."""

import pytest

from trellis.router.rest.profile import PageFacts, RequestInvalid
from trellis.router.rest.profiles.paging import CursorPages, NumberedPages, OffsetPages, RelayPages

PLAIN = NumberedPages(clamps=False, tells_neighbours=False)
FULL = NumberedPages(clamps=True, tells_neighbours=True)
OFFSETS = OffsetPages(default=10)
RELAY = RelayPages()
CURSORS = CursorPages(offset_deprecated_since=b"@1706745600")


def problems(refused: pytest.ExceptionInfo[RequestInvalid]) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ({}, {"first": 20, "skip": 0}),
        ({"page": "3"}, {"first": 20, "skip": 40}),
        ({"page": "2", "per_page": "100"}, {"first": 100, "skip": 100}),
        ({"page": "0" * 20 + "3"}, {"first": 20, "skip": 40}),
    ],
)
def test_a_numbered_page_skips_the_pages_before_it(query: dict, variables: dict):
    assert PLAIN.read(query).variables == variables


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ({"page": "0"}, ("page", "VALUE_OUT_OF_RANGE")),
        ({"page": "-1"}, ("page", "VALUE_OUT_OF_RANGE")),
        ({"page": "two"}, ("page", "INVALID_FORMAT")),
        ({"page": "1.5"}, ("page", "INVALID_FORMAT")),
        ({"page": ""}, ("page", "INVALID_FORMAT")),
        ({"page": "--1"}, ("page", "INVALID_FORMAT")),
        ({"page": "٣"}, ("page", "INVALID_FORMAT")),
        ({"page": "9" * 5000}, ("page", "VALUE_OUT_OF_RANGE")),
        ({"page": "-" + "9" * 5000}, ("page", "VALUE_OUT_OF_RANGE")),
        ({"per_page": "0"}, ("per_page", "VALUE_OUT_OF_RANGE")),
        ({"per_page": "101"}, ("per_page", "VALUE_OUT_OF_RANGE")),
        ({"page": "502"}, ("page", "VALUE_OUT_OF_RANGE")),
    ],
)
def test_a_page_that_cannot_be_is_refused(query: dict, problem: tuple[str, str]):
    with pytest.raises(RequestInvalid) as refused:
        PLAIN.read(query)

    assert problems(refused) == [problem]


def test_all_problems_of_a_query_are_told_at_once():
    with pytest.raises(RequestInvalid) as refused:
        PLAIN.read({"page": "x", "per_page": "y"})

    assert problems(refused) == [("page", "INVALID_FORMAT"), ("per_page", "INVALID_FORMAT")]


def test_the_suite_cuts_large_pages_down_and_the_tracker_refuses_them():
    page = FULL.read({"per_page": "5000", "page": "2"})

    assert page.variables == {"first": 100, "skip": 100}
    assert FULL.write(page, PageFacts(count=0, total=0))["per_page"] == 100
    with pytest.raises(RequestInvalid):
        PLAIN.read({"per_page": "5000"})


def test_the_last_page_that_can_be_reached_is_served():
    assert PLAIN.read({"page": "501"}).variables == {"first": 20, "skip": 10_000}


def test_the_short_pagination_object_has_four_members():
    written = PLAIN.write(PLAIN.read({}), PageFacts(count=20, total=150))

    assert written == {"page": 1, "per_page": 20, "total": 150, "total_pages": 8}


@pytest.mark.parametrize(
    ("page", "total", "neighbours"),
    [
        ("1", 0, (False, False, None, None)),
        ("1", 20, (False, False, None, None)),
        ("1", 21, (True, False, 2, None)),
        ("2", 41, (True, True, 3, 1)),
        ("3", 41, (False, True, None, 2)),
        ("4", 41, (False, True, None, 3)),
        ("9", 41, (False, True, None, 3)),
        ("9", 0, (False, False, None, None)),
    ],
)
def test_the_long_pagination_object_tells_its_neighbours(page: str, total: int, neighbours: tuple):
    written = FULL.write(FULL.read({"page": page}), PageFacts(count=1, total=total))

    names = ("has_next", "has_prev", "next_page", "prev_page")
    assert tuple(written[name] for name in names) == neighbours


@pytest.mark.parametrize(
    ("query", "has_next", "links"),
    [
        ({}, False, {}),
        ({}, True, {"next": {"limit": 10, "offset": 10}}),
        (
            {"limit": "5", "offset": "7"},
            True,
            {"next": {"limit": 5, "offset": 12}, "prev": {"limit": 5, "offset": 2}},
        ),
        ({"offset": "3"}, False, {"prev": {"limit": 3, "offset": 0}}),
        (
            {"limit": "10", "offset": "9990"},
            True,
            {"next": {"limit": 10, "offset": 10000}, "prev": {"limit": 10, "offset": 9980}},
        ),
        ({"limit": "11", "offset": "9990"}, True, {"prev": {"limit": 11, "offset": 9979}}),
    ],
)
def test_links_lead_to_the_pages_beside_without_repeating_an_item(
    query: dict, has_next: bool, links: dict
):
    told = OFFSETS.links(OFFSETS.read(query), PageFacts(count=1, has_next=has_next))

    assert told == links


def test_offsets_skip_and_have_no_object_in_the_body():
    page = OFFSETS.read({"offset": "30"})

    assert page.variables == {"first": 10, "skip": 30}
    assert OFFSETS.write(page, PageFacts(count=10)) is None
    assert OFFSETS.read({"limit": "5"}).variables == {"first": 5, "skip": 0}


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "101"}, {"offset": "-1"}, {"offset": "10001"}]
)
def test_offsets_have_limits(query: dict):
    with pytest.raises(RequestInvalid):
        OFFSETS.read(query)


def test_cursors_lead_forward_and_back():
    facts = PageFacts(3, None, has_next=True, has_previous=True, start_cursor="a", end_cursor="c")
    first = CURSORS.read({})
    told = CURSORS.write(first, facts)

    assert first.variables == {"first": 20}
    assert told == {"nextCursor": "c", "prevCursor": "~a", "hasMore": True}
    assert CURSORS.read({"cursor": "c", "limit": "3"}).variables == {"first": 3, "after": "c"}
    assert CURSORS.read({"cursor": "~a", "limit": "3"}).variables == {"last": 3, "before": "a"}


def test_what_does_not_apply_is_absent_from_the_page_of_a_cursor():
    page = CURSORS.read({"cursor": "x"})
    facts = PageFacts(0, total=7, has_next=False, end_cursor=None)

    assert CURSORS.write(page, facts) == {"cursor": "x", "hasMore": False, "total": 7}


def test_an_offset_still_works_where_cursors_are_meant_but_is_deprecated():
    page = CURSORS.read({"offset": "40"})

    assert page.variables == {"first": 20, "skip": 40}
    assert list(page.headers) == [(b"deprecation", b"@1706745600")]
    assert list(CURSORS.read({"cursor": "x"}).headers) == []


def test_pages_of_the_graph_are_asked_for_and_told_in_its_own_words():
    assert RELAY.read({}).variables == {"first": 20}
    page = RELAY.read({"first": "2", "after": "c1"})
    assert page.variables == {"first": 2, "after": "c1"}
    facts = PageFacts(2, 9, has_next=True, end_cursor="c3")
    assert RELAY.write(page, facts) == {
        "pageInfo": {"hasNextPage": True, "endCursor": "c3"},
        "totalCount": 9,
    }
    assert RELAY.write(page, PageFacts(0)) == {
        "pageInfo": {"hasNextPage": False, "endCursor": None}
    }
    with pytest.raises(RequestInvalid) as refused:
        RELAY.read({"first": "101"})
    assert problems(refused) == [("first", "VALUE_OUT_OF_RANGE")]
