"""What is found, in which order, and what is told about it."""

from typing import Any
from uuid import uuid4

import pytest

from tests.subgraphs.search.asking import (
    ADMIN,
    SEARCH,
    add_project,
    ask,
    issue,
    keep,
    suggested,
    titles,
)
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id
from trellis.subgraphs.search.documents import Found
from trellis.subgraphs.search.models import DocumentType

ALAN = caller("alan")


def id_of(kind: str, name: str) -> str:
    return str(demo_id(kind, name))


async def test_a_hit_tells_what_was_found_and_why(search: Running):
    found = await ask(search, ALAN, "eng-12 tim")

    [edge] = found["results"]["edges"]
    issue_id = id_of("issue", "ENG-12")
    assert edge["node"] == {
        "id": issue_id,
        "type": "ISSUE",
        "key": "ENG-12",
        "title": "Replace the timing chain",
        "description": "Noticed in Analytical Engine: the timing chain needs care.",
        "score": 0.8,
        "project": {"id": id_of("project", "ENG")},
        "target": {"__typename": "Issue", "id": issue_id},
        "highlights": [
            {"field": "TITLE", "html": "Replace the <mark>timing</mark> chain"},
            {
                "field": "DESCRIPTION",
                "html": "Noticed in Analytical Engine: the <mark>timing</mark> chain needs care.",
            },
        ],
    }
    assert found["aggregations"] == {
        "byType": {"issues": 1, "projects": 0, "users": 0, "tasks": 0},
        "byProject": [{"key": "ENG", "project": {"id": id_of("project", "ENG")}, "count": 1}],
        "byProjectKey": {"ENG": 1},
    }
    assert found["correctedQuery"] is None


@pytest.mark.parametrize(
    ("query", "kind", "target"),
    [
        ("analytical", "PROJECT", "Project"),
        ("turing", "USER", "User"),
        ("alan", "USER", "User"),
        ('"the frame"', "TASK", "Task"),
    ],
)
async def test_projects_people_and_tasks_are_found(
    search: Running, query: str, kind: str, target: str
):
    found = await ask(search, ALAN, query, t=[kind])

    node = found["results"]["edges"][0]["node"]
    assert (node["type"], node["target"]["__typename"]) == (kind, target)
    assert (node["project"] is None) == (kind in ("PROJECT", "USER"))


async def test_the_key_comes_first_then_titles_then_their_beginnings_then_texts(empty: Running):
    project = await add_project(empty, "LOG")
    await keep(
        empty,
        issue(project, "Logs of the whole day", key="LOG-2"),
        issue(project, "Read me", "The log is long", key="X-1"),
        issue(project, "Read the log twice", key="X-2"),
        issue(project, "Read the log", key="X-3"),
        issue(project, "Logistics", key="X-4"),
        Found(
            id=project,
            type=DocumentType.PROJECT,
            version=1,
            project_id=project,
            key="LOG",
            title="Books",
        ),
    )

    found = await ask(empty, ADMIN, "log")
    told = [(edge["node"]["title"], edge["node"]["score"]) for edge in found["results"]["edges"]]

    assert told == [
        ("Books", 1.0),
        ("Read the log", 0.9),
        ("Read the log twice", 0.9),
        ("Logs of the whole day", 0.9),  # by its key, LOG-2
        ("Logistics", 0.7),
        ("Read me", 0.4),
    ]


async def test_all_words_have_to_occur_and_what_is_excluded_must_not(empty: Running):
    project = await add_project(empty, "P")
    await keep(
        empty,
        issue(project, "Red car", "fast"),
        issue(project, "Red boat", "slow car"),
        issue(project, "Blue car"),
    )

    assert set(await titles(empty, ADMIN, "red car")) == {"Red car", "Red boat"}
    assert await titles(empty, ADMIN, "red car -slow") == ["Red car"]
    assert await titles(empty, ADMIN, '"red car"') == ["Red car"]
    assert await titles(empty, ADMIN, '"car red"') == []
    assert await titles(empty, ADMIN, "red yellow") == []
    assert await titles(empty, ADMIN, "-red") == []
    assert await titles(empty, ADMIN, "!!!") == []


async def test_a_phrase_does_not_lead_from_the_title_into_the_description(empty: Running):
    project = await add_project(empty, "P")
    await keep(empty, issue(project, "Red", "car"))

    assert await titles(empty, ADMIN, '"red car"') == []
    assert await titles(empty, ADMIN, "red car") == ["Red"]


async def test_filters_are_for_hits_counts_and_totals_alike(search: Running):
    project = id_of("project", "ENG")

    found = await ask(search, ALAN, "engine", p=project, t=["ISSUE"], n=2)
    counts = found["aggregations"]["byType"]
    whole = await ask(search, ALAN, "engine")

    assert found["results"]["totalCount"] == counts["issues"] == 120
    assert (counts["projects"], counts["tasks"]) == (0, 0)
    assert found["aggregations"]["byProjectKey"] == {"ENG": 120}
    assert whole["aggregations"]["byType"]["projects"] == 1
    assert "ENG" not in await titles(search, ALAN, "analytical", p=project, t=["PROJECT"])
    assert await titles(search, ALAN, "engine", t=[]) == []


async def test_pages_follow_one_another_without_gaps_and_repetitions(search: Running):
    whole = await ask(search, ALAN, "the card", n=100)
    expected = [edge["node"]["id"] for edge in whole["results"]["edges"]]
    cursors = [edge["cursor"] for edge in whole["results"]["edges"]]

    seen: list[str] = []
    after = None
    for _ in range(50):
        page = (await ask(search, ALAN, "the card", n=4, a=after))["results"]
        seen += [edge["node"]["id"] for edge in page["edges"]]
        assert page["pageInfo"]["hasPreviousPage"] == (after is not None)
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    skipped = (await ask(search, ALAN, "the card", n=3, s=2))["results"]["edges"]

    assert seen == expected
    assert len(set(cursors)) == len(cursors) == whole["results"]["totalCount"]
    assert [edge["node"]["id"] for edge in skipped] == expected[2:5]


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "WzEsMl0", "WyJhIiwxLCJiIl0", "Wy0xLDEsImIiXQ", "WzEsMSwiYiJd"]
)
async def test_a_cursor_of_another_list_is_refused(search: Running, cursor: str):
    refused = await search.refusal(SEARCH, ALAN, q="card", a=cursor)

    assert refused["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    "variables",
    [{"q": " "}, {"q": "x" * 201}, {"q": "card", "p": "no id"}, {"q": "card", "n": 101}]
    + [{"q": " ".join(f"w{number}" for number in range(13))}],
)
async def test_what_cannot_be_searched_for_is_refused(search: Running, variables: dict[str, Any]):
    assert (await search.refusal(SEARCH, ALAN, **variables))["code"] == "BAD_USER_INPUT"


# -- misspelt words ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "corrected"),
    [
        ("tirng", None),
        ("tuing", "turing"),
        ("tturing", "turing"),
        ("turinh", "turing"),
        ("truing", "turing"),
        ("turing hoper", None),
    ],
)
async def test_a_word_with_one_mistake_is_corrected_if_nothing_is_found(
    search: Running, query: str, corrected: str | None
):
    found = await ask(search, ALAN, query)
    nodes = [edge["node"] for edge in found["results"]["edges"]]

    assert found["correctedQuery"] == corrected
    if corrected is not None:
        assert [(node["title"], node["score"]) for node in nodes] == [("Alan Turing", 0.5)]
        assert found["aggregations"]["byType"]["users"] == found["results"]["totalCount"] == 1
        assert nodes[0]["highlights"][0]["html"] == "Alan <mark>Turing</mark>"


async def test_what_is_found_as_it_was_spelt_is_not_corrected(empty: Running):
    project = await add_project(empty, "P")
    await keep(empty, issue(project, "Casing"), issue(project, "Caring"))

    assert await titles(empty, ADMIN, "caring") == ["Caring"]
    assert set(await titles(empty, ADMIN, "cating")) == {"Caring", "Casing"}
    assert await titles(empty, ADMIN, '"cating"') == []


async def test_a_correction_follows_titles_that_change_and_go(empty: Running):
    project = await add_project(empty, "P")
    first = issue(project, "Casing")
    await keep(empty, first)
    assert await titles(empty, ADMIN, "cassing") == ["Casing"]

    await keep(empty, issue(project, "Caring", id=first.id, version=2))

    assert await titles(empty, ADMIN, "cassing") == []
    assert await titles(empty, ADMIN, "carring") == ["Caring"]


# -- suggestions ---------------------------------------------------------------------------


async def test_words_are_completed_and_continued_the_most_frequent_first(empty: Running):
    project = await add_project(empty, "P")
    await keep(
        empty,
        *(issue(project, "Fix login bug") for _ in range(3)),
        *(issue(project, "Login feature") for _ in range(2)),
        issue(project, "Logins"),
        Found(id=uuid4(), type=DocumentType.TASK, version=1, project_id=project, title="Login bug"),
        issue(project, "Other", "login in the text"),
    )

    assert await suggested(empty, ADMIN, "log") == [
        ("login", "ISSUE", 5),
        ("login", "TASK", 1),
        ("logins", "ISSUE", 1),
    ]
    assert await suggested(empty, ADMIN, "LOGIN") == [
        ("login", "ISSUE", 5),
        ("login bug", "ISSUE", 3),
        ("login feature", "ISSUE", 2),
        ("login", "TASK", 1),
        ("login bug", "TASK", 1),
        ("logins", "ISSUE", 1),
    ]
    assert await suggested(empty, ADMIN, "fix lo") == [("fix login", "ISSUE", 3)]
    assert await suggested(empty, ADMIN, "login", t=["TASK"]) == [
        ("login", "TASK", 1),
        ("login bug", "TASK", 1),
    ]
    assert await suggested(empty, ADMIN, "login", n=2) == [
        ("login", "ISSUE", 5),
        ("login bug", "ISSUE", 3),
    ]
    assert await suggested(empty, ADMIN, "l") == []
    assert await suggested(empty, ADMIN, "%%") == []
