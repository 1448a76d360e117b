"""Every subgraph is tested on SQLite and on PostgreSQL."""

from pathlib import Path

import pytest

from trellis.db.settings import DataSettings


@pytest.fixture(params=["sqlite", "postgresql"])
def data_settings(request: pytest.FixtureRequest, tmp_path: Path) -> DataSettings:
    if request.param == "postgresql":
        return DataSettings(database_url=request.getfixturevalue("postgres_url"))
    return DataSettings(data_dir=tmp_path)
