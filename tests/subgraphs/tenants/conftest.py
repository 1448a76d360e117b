import pytest

from tests.subgraphs.tenants.world import TEMPLATES


@pytest.fixture(scope="session", autouse=True)
def templates(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where the databases are that worlds begin with."""
    TEMPLATES.folder = tmp_path_factory.mktemp("tenants")
