"""docs/security.md names tests that exist, and every attack has one."""

import re
from pathlib import Path

from tests.conformance.rest_openapi.fuzzing import MERGED, documents
from tests.conformance.rest_openapi.test_hostile_requests import operations, requests
from tests.end_to_end.hostile import DOORS
from tests.router.hostile_operations import ATTACKS
from tests.router.serving.front.raw_requests import RAW_REQUESTS
from tests.router.serving.front.websocket_violations import VIOLATIONS
from tests.router.topics.event_socket_violations import CLOSED, REFUSED

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
_TEST = re.compile(r"\[`(test_\w+)`\]\(\.\./(tests/[\w/]+\.py)\)")
_ATTACKS, _, _LISTS = PAGE.partition("## Lists")


def rows(text: str) -> list[list[str]]:
    """The cells of a table's rows, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


def test_every_test_that_the_page_names_exists():
    named = _TEST.findall(PAGE)
    assert len(named) > 30
    missing = [
        (name, path)
        for name, path in named
        if not re.search(rf"def {name}\(", (ROOT / path).read_text(encoding="utf-8"))
    ]
    assert missing == []


def test_every_attack_has_a_test_and_says_where_it_runs():
    found = rows(_ATTACKS)
    assert len(found) >= 17
    for attack, _, tests, where in found:
        assert _TEST.search(tests), attack
        assert re.search(r"\b(in process|over HTTP|two workers|any)\b", where), attack
        is_long = "pytest.mark.long" in "".join(
            (ROOT / path).read_text(encoding="utf-8") for _, path in _TEST.findall(tests)
        )
        assert "(long)" not in tests or is_long, attack


def test_the_lists_have_the_sizes_that_the_page_tells():
    documented = [one for name in documents() if name != MERGED for one in operations(name)]
    sizes = [
        len(ATTACKS),
        len(RAW_REQUESTS),
        len(VIOLATIONS),
        len(CLOSED) + len(REFUSED),
        sum(len(list(requests(one))) for one in documented),
        sum(map(len, DOORS.values())),
    ]
    told = [int(row[1]) for row in rows(_LISTS)]
    assert len(told) == len(sizes)
    assert all(size >= least for size, least in zip(sizes, told, strict=True)), sizes
