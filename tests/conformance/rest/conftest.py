from collections.abc import Iterator

import pytest

from tests.conformance.rest.troubles import Troubles, running_troubles
from tests.conformance.rest.world import World, running_world


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One server for all tests here; each makes what it changes."""
    with running_world(tmp_path_factory.mktemp("rest")) as running:
        yield running


@pytest.fixture(scope="package")
def troubles(world: World) -> Iterator[Troubles]:
    """Servers on the same data that refuse everything."""
    with running_troubles(world.folder) as running:
        yield running
