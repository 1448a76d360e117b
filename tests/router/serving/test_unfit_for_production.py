"""What of a subgraph is for development only stands in the log of every start in production."""

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from tests.support.books import books
from trellis.router.loading.members import Member
from trellis.router.serving.wiring import lifespan


@pytest.mark.parametrize("is_production", [True, False])
async def test_a_start_in_production_says_what_is_unfit_for_it(is_production: bool):
    toy = replace(books, unfit_for_production=lambda: ("It is a toy.",))
    members = [Member("books", "", local=toy)]
    with capture_logs() as logs:
        async with lifespan(None, members=members, is_production=is_production):
            pass
    told = [(one["log_level"], one["event"], one["reason"]) for one in logs]
    assert told == ([("error", "unfit_for_production", "It is a toy.")] if is_production else [])


async def test_what_several_subgraphs_say_is_logged_once():
    toys = [
        Member(name, "", local=replace(books, name=name, unfit_for_production=lambda: ("A toy.",)))
        for name in ("books", "shelves")
    ]
    with capture_logs() as logs:
        async with lifespan(None, members=toys, is_production=True):
            pass

    [entry] = logs
    assert (entry["subgraph"], entry["reason"]) == ("books, shelves", "A toy.")
