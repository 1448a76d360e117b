from collections.abc import Iterator

import pytest

from tests.conformance.rest.world import World, running_world


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One server for all tests here; each makes what it changes."""
    with running_world(tmp_path_factory.mktemp("rest")) as running:
        yield running
