from collections.abc import Iterator

import pytest

from tests.conformance.rest.world import World, running_world


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server that no other tests ask: it is full of nonsense soon."""
    with running_world(tmp_path_factory.mktemp("fuzzed")) as running:
        running.token("ada")  # who makes the callers, whatever becomes of her account
        yield running
