"""Resolvers begin transactions by their context, which supports dry runs."""

import re
from pathlib import Path

from tests.support.shared import ROOT

BY_THEMSELVES = {"subgraphs/accounts/context.py"}  # the context itself
_BEGINS = re.compile(r"(?<!unless_dry_run\(info\.)(context|self)\.storage\.begin\(")


def test_resolvers_begin_transactions_by_their_context():
    places = [*(ROOT / "subgraphs").glob("*/**/*.py")]
    found = {
        path.relative_to(ROOT).as_posix()
        for path in places
        if _BEGINS.search(path.read_text()) and _is_of_a_request(path)
    }

    assert found == BY_THEMSELVES
    assert len(places) > 100


def _is_of_a_request(path: Path) -> bool:
    """Whether the module knows the context of a request."""
    return ("context" in path.read_text() and "CallerContext" in path.read_text()) or (
        "info.context" in path.read_text()
    )
