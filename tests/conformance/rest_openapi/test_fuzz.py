"""Whatever is sent, REST answers as its OpenAPI documents say: all checks of schemathesis."""

from pathlib import Path
from typing import Any

import pytest

from tests.conformance.rest.world import World, running_world
from tests.conformance.rest_openapi.callers import ROLES, new_callers
from tests.conformance.rest_openapi.fuzzing import MERGED, PHASES, documents, fuzz

pytestmark = pytest.mark.xdist_group("rest_openapi")

CALLERS = [*ROLES, None]
"""The last one is not signed in."""

SMALL = "todo"
"""The document that is small enough to go through every phase each time."""


def hold(
    world: World, document: str, role: str | None, folder: Path, *, accounts: int = 2, **how: Any
) -> None:
    """Fails with the report of schemathesis when an answer is not what the document says."""
    server = str(world.client.base_url).rstrip("/")
    report = fuzz(document, server, new_callers(world, role, accounts), folder, **how)
    if report:
        pytest.fail(report, pytrace=False)


@pytest.mark.parametrize("document", [name for name in documents() if name != MERGED])
def test_a_dialect_keeps_to_its_document(world: World, document: str, tmp_path: Path):
    phases = PHASES if document == SMALL else ("examples", "fuzzing")

    hold(world, document, "admin", tmp_path, examples=1, phases=phases)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("role", CALLERS)
@pytest.mark.parametrize("document", documents())
def test_many_requests_find_nothing_that_is_not_documented(
    document: str, role: str | None, seed: int, tmp_path: Path
):
    with running_world(tmp_path) as fresh:  # a token that makes callers would expire on the way
        hold(fresh, document, role, tmp_path, accounts=20, examples=60, seed=seed)
