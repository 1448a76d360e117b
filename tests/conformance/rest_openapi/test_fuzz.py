"""Whatever is sent, REST answers as its OpenAPI documents say: all checks of schemathesis."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.rest.world import World, running_world
from tests.conformance.rest_openapi.fuzzing import MERGED, PHASES, Callers, documents, fuzz

pytestmark = pytest.mark.xdist_group("rest_openapi")

_PASSWORD = "a-long-password-1"
_CREATE = """mutation Create($input: CreateUserInput!) {
  createUser(input: $input) { user { id } } }"""

ROLES = {"admin": ["user", "admin"], "user": ["user"], "nobody": []}
"""Of the callers; beside them there is one who is not signed in."""
CALLERS = [*ROLES, None]

SMALL = "todo"
"""The document that is small enough to go through every phase each time."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server that no other test asks: it is full of nonsense soon."""
    with running_world(tmp_path_factory.mktemp("fuzzed")) as running:
        running.token("ada")  # who makes the callers, whatever becomes of her account
        yield running


def new_callers(world: World, role: str | None, count: int) -> Callers | None:
    """Accounts for one run: requests delete accounts, and wrong passwords lock them."""
    if role is None:
        return None
    emails = []
    for _ in range(count):
        email, username = world.new_names()
        given = {"email": email, "username": username, "password": _PASSWORD, "roles": ROLES[role]}
        world.graph(_CREATE, {"input": given}, world.token("ada"))
        emails.append(email)
    return Callers(tuple(emails), _PASSWORD)


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


@pytest.mark.parametrize("role", ["user", None])
def test_what_is_served_without_a_prefix_is_as_documented_for_callers_with_fewer_rights(
    world: World, role: str | None, tmp_path: Path
):
    hold(world, MERGED, role, tmp_path, examples=1, phases=("fuzzing",))


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("role", CALLERS)
@pytest.mark.parametrize("document", documents())
def test_many_requests_find_nothing_that_is_not_documented(
    world: World, document: str, role: str | None, seed: int, tmp_path: Path
):
    hold(world, document, role, tmp_path, accounts=20, examples=60, seed=seed)
