import os
import resource
import subprocess
import sys
from collections.abc import Callable

from tests.support.trellis_server import TrellisServer

_SECONDS = 3.0
_IMPORTS = 7  # a start has taken four to five times as long


def test_a_second_start_takes_less_than_three_seconds(new_server: Callable[[], TrellisServer]):
    server = new_server()
    server.start()
    server.stop()

    was_quiet, spent_before = _is_quiet(), _processor_seconds_of_ended_children()
    seconds = server.start()
    server.stop()
    spent = _processor_seconds_of_ended_children() - spent_before

    # Of processor time, which a busy neighbour on the core stretches, too: by as much as imports.
    assert spent < max(2 * _SECONDS, _IMPORTS * _import_seconds())
    if was_quiet and _is_quiet():  # else the clock tells about the others on this machine
        assert seconds < _SECONDS


def test_a_second_start_writes_the_demo_data_no_second_time(
    new_server: Callable[[], TrellisServer],
):
    server = new_server()
    server.start()
    assert server.log().count("First start: preparing the data in") == 1
    before = server.query(_COUNTS, token=server.log_in())
    server.restart()

    assert "errors" not in before
    assert server.log().count("First start: preparing the data in") == 1
    assert server.query(_COUNTS, token=server.log_in()) == before


_COUNTS = "{ projects { totalCount } users { totalCount } }"


def _import_seconds() -> float:
    """Of processor time, for what every command imports: it tells how fast this machine is now."""
    before = _processor_seconds_of_ended_children()
    subprocess.run(
        [sys.executable, "-m", "trellis.router", "--help"], check=True, stdout=subprocess.DEVNULL
    )
    return _processor_seconds_of_ended_children() - before


def _is_quiet() -> bool:
    """Whether the server has a processor to itself: not beside other test processes."""
    others = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) - 1
    return not others and os.getloadavg()[0] < (os.cpu_count() or 1)


def _processor_seconds_of_ended_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
