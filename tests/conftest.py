"""What the whole test run shares: servers made when first asked for, how examples are generated,
and what was left out."""

import gc
import logging
import os
import re
import subprocess
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import suppress

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.support import servers
from tests.support.alike_dialects import compile_statements_once
from tests.support.any_order import turn_round_what_has_no_order
from tests.support.services import require, require_program
from tests.support.worker_groups import worker_group

# Tests are in a hurry, and all come from one address; those of limits switch them on again.
os.environ.setdefault("TRELLIS_RATE_LIMIT__ENABLED", "false")

turn_round_what_has_no_order()
compile_statements_once()

# The same examples in every run, so that a change is to blame for what fails; new ones each time
# in `make long`, which asks for `random`.
# How long an example takes says how busy the machine is.
settings.register_profile(
    "fixed", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("random", print_blob=True, deadline=None)
settings.load_profile("fixed")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """A few more workers than cores: tests wait for deadlines and children, but the servers that
    they have started need a processor, too. With twice as many workers as cores each test takes
    twice as long, and those with deadlines miss them."""
    cores = os.cpu_count() or 1
    return cores + max(1, cores // 4)


# A run leaves about a gigabyte.
_MEMORY, _ENOUGH_BYTES = "/dev/shm", 4 << 30


def _put_files_into_memory() -> None:
    """SQLite waits for the disk at each commit, in tests a third of the time. Not where programs
    cannot be executed: some tests install the package and start it."""
    with suppress(OSError):
        state = os.statvfs(_MEMORY)
        has_room = state.f_bavail * state.f_frsize > _ENOUGH_BYTES
        if has_room and not state.f_flag & os.ST_NOEXEC and os.access(_MEMORY, os.W_OK):
            os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", _MEMORY)


_put_files_into_memory()

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Every worker must call a test by the same name: ids and files that are made when the tests
    are collected differ from one to the next."""
    if isinstance(val, bytes) and len(val) > 24:
        return argname
    if isinstance(val, str) and _UUID.search(val):
        return _UUID.sub("uuid", val)
    return None


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        group = worker_group(item.path)
        if group is not None and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(group))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Without the garbage collector: all that is made here stays."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


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
