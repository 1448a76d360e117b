"""Whatever is sent, REST answers as its OpenAPI documents say: all checks of schemathesis."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.rest.world import World, running_world
from tests.conformance.rest_openapi.callers import ROLES, new_callers
from tests.conformance.rest_openapi.fuzzing import MERGED, PHASES, Callers, documents, fuzz

pytestmark = pytest.mark.xdist_group("rest_openapi")

CALLERS = [None, *reversed(ROLES)]
"""Who may do least comes first: requests of administrators delete what others ask for. ``None`` is
not signed in."""

SEEDS = range(3)

SMALL = "todo"
"""The document that is small enough to go through every phase each time."""


def hold(world: World, document: str, callers: Callers | None, folder: Path, **how: Any) -> None:
    """Fails with the report of schemathesis when an answer is not what the document says."""
    server = str(world.client.base_url).rstrip("/")
    report = fuzz(document, server, callers, folder, **how)
    if report:
        pytest.fail(report, pytrace=False)


@pytest.mark.parametrize("document", [name for name in documents() if name != MERGED])
def test_a_dialect_keeps_to_its_document(world: World, document: str, tmp_path: Path):
    phases = PHASES if document == SMALL else ("examples", "fuzzing")
    admins = new_callers(world, "admin", 2)

    hold(world, document, admins, tmp_path, examples=1, phases=phases)


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """A server that is asked by one document alone, and who asks it with which seed."""

    document: str
    world: World
    callers: dict[tuple[str | None, int], Callers | None]


@pytest.fixture(scope="module")
def fuzzed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fuzzed]:
    """All callers are made at once, as long as the token of who makes them is good."""
    with running_world(tmp_path_factory.mktemp("fuzzed")) as world:
        who = [(role, seed) for role in CALLERS for seed in SEEDS]
        callers = {(role, seed): new_callers(world, role, 6) for role, seed in who}
        yield Fuzzed(request.param, world, callers)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("role", CALLERS)
@pytest.mark.parametrize("fuzzed", documents(), indirect=True)
def test_many_requests_find_nothing_that_is_not_documented(
    fuzzed: Fuzzed, role: str | None, seed: int, tmp_path: Path
):
    callers = fuzzed.callers[role, seed]

    hold(fuzzed.world, fuzzed.document, callers, tmp_path, examples=12, seed=seed)
