"""What the whole test run shares: servers made when first asked for, how examples are generated,
and what was left out."""

import gc
import logging
import os
import subprocess
from collections import Counter
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.support import servers
from tests.support.any_order import turn_round_what_has_no_order
from tests.support.services import require, require_program

# Tests are in a hurry, and all come from one address; those of limits switch them on again.
os.environ.setdefault("TRELLIS_RATE_LIMIT__ENABLED", "false")

turn_round_what_has_no_order()

# The same examples in every run, so that a change is to blame for what fails; new ones each time
# in `make long`, which asks for `random`.
# How long an example takes says how busy the machine is.
settings.register_profile(
    "fixed", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("random", print_blob=True, deadline=None)
settings.load_profile("fixed")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says how many tests were skipped for which reason: none is left out silently."""
    reasons: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", ()):
        if isinstance(report.longrepr, tuple):
            reasons[report.longrepr[2].removeprefix("Skipped: ")] += 1
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"{count} skipped: {reason}")


@pytest.fixture(scope="module", autouse=True)
def memory_of_earlier_modules() -> None:
    """Is not looked through again and again: after thousands of tests that takes the collector a
    second, which would be some test's."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """Commands that run in this process configure logging for all of it, and so would decide what
    later tests see."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configured = structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**configured)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Base URL of a throw-away cluster, database ``postgres``; of the one that
    ``TRELLIS_TEST_POSTGRES`` names where whoever starts many test processes has started it."""
    if given := os.environ.get("TRELLIS_TEST_POSTGRES"):
        yield given
        return
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
            f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)',
            "-c",
            f'CREATE DATABASE "{name}"',
        ],
        check=True,
    )
    base = postgres_server.rsplit("/", 1)[0].replace("postgresql://", "postgresql+asyncpg://")
    return f"{base}/{name}"
