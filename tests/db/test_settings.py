from pathlib import Path

import pytest

from trellis.db.settings import DataSettings


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({}, f"sqlite+aiosqlite:///{Path('.trellis').absolute()}/projects.sqlite3"),
        ({"TRELLIS_DATA_DIR": "/data"}, "sqlite+aiosqlite:////data/projects.sqlite3"),
        (
            {"TRELLIS_DATABASE_URL": ""},
            f"sqlite+aiosqlite:///{Path('.trellis').absolute()}/projects.sqlite3",
        ),
        ({"TRELLIS_DATABASE_URL": "postgresql://h/t"}, "postgresql+asyncpg://h/t"),
        ({"TRELLIS_DATABASE_URL": "postgres://h/t_{name}"}, "postgresql+asyncpg://h/t_projects"),
        (
            {
                "TRELLIS_DATABASE_URL": "postgres://h/t",
                "TRELLIS_DATABASE_URL__PROJECTS": "sqlite:////p",
            },
            "sqlite+aiosqlite:////p",
        ),
        (
            {"TRELLIS_DATABASE_URL__ISSUES": "postgres://h/i", "TRELLIS_DATA_DIR": "/data"},
            "sqlite+aiosqlite:////data/projects.sqlite3",
        ),
    ],
)
def test_the_most_particular_setting_names_the_database(environ: dict[str, str], url: str):
    assert DataSettings.from_environment(environ).url_for("projects") == url


def test_the_bus_is_in_this_process_unless_redis_is_named():
    assert DataSettings.from_environment({}).redis_url is None
    redis = DataSettings.from_environment({"TRELLIS_REDIS_URL": "redis://h"})
    assert redis.redis_url == "redis://h"
