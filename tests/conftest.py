"""Servers for the whole test run: one PostgreSQL and one Redis, made when first asked for."""

import gc
import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.support import servers
from tests.support.services import require, require_program

# Tests are in a hurry, and all come from one address; those of limits switch them on again.
os.environ.setdefault("TRELLIS_RATE_LIMIT__ENABLED", "false")


@pytest.fixture(scope="module", autouse=True)
def memory_of_earlier_modules() -> None:
    """Is not looked through again and again: after thousands of tests that takes the collector a
    second, which would be some test's."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Base URL of a throw-away cluster, database ``postgres``."""
    require("PostgreSQL", servers.postgres_program("postgres"), "no server programs found")
    with servers.throwaway_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A throw-away Redis."""
    require_program("redis-server")
    with servers.throwaway_redis() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_url(postgres_server: str) -> str:
    """A database of this test process alone: ``postgresql+asyncpg://...``."""
    name = f"t_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    subprocess.run(
        [
            str(servers.postgres_program("psql")),
            postgres_server,
            "-qc",
            f'CREATE DATABASE "{name}"',
        ],
        check=True,
    )
    base = postgres_server.rsplit("/", 1)[0].replace("postgresql://", "postgresql+asyncpg://")
    return f"{base}/{name}"
