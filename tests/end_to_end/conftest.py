"""One server per test session, and servers of one's own for tests that kill them."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.trellis_server import TrellisServer


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrellisServer]:
    """A seeded development server that all tests of this session share: leave it running."""
    # Webhooks may go to receivers of tests.
    settings = {"TRELLIS_OUTBOUND_NETWORKS": "127.0.0.0/8"}
    running = TrellisServer(tmp_path_factory.mktemp("server"), settings)
    try:
        running.start()
        yield running
    finally:
        running.close()


@pytest.fixture(scope="session")
def token(server: TrellisServer) -> str:
    """An access token of the demo administrator."""
    return server.log_in()


@pytest.fixture
def new_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], TrellisServer]]:
    """Makes servers, not yet started, each on an empty folder; ends them after the test."""
    made: list[TrellisServer] = []

    def make() -> TrellisServer:
        made.append(TrellisServer(tmp_path_factory.mktemp("server")))
        return made[-1]

    yield make
    for server in made:
        server.close()
