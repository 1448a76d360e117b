"""The demo world's executions, written once and without events."""

from datetime import timedelta

from trellis.db.models import utc_now
from trellis.db.seed.world import demo_id, demo_world
from trellis.db.unit_of_work import UnitOfWork
from trellis.subgraphs.executions.languages import Language
from trellis.subgraphs.executions.models import (
    Execution,
    ExecutionStatus,
    Failure,
    OutputChunk,
    Person,
)
from trellis.subgraphs.executions.runners.runner import MIB, Stream
from trellis.subgraphs.executions.tiers import ALLOWANCES, USUAL_SECONDS

_FIRST_VERSION = 1
_GREETING = "print('Hello from', 'Trellis')\n"
_MISTAKE = "print(1 / 0)\n"
_TRACEBACK = """Traceback (most recent call last):
  File "/box/main.py", line 1, in <module>
    print(1 / 0)
          ~~^~~
ZeroDivisionError: division by zero
"""


async def write_demo_data(uow: UnitOfWork) -> None:
    """Does nothing when the first demo person is here: it was done before."""
    users = demo_world().users
    if await uow.session.get(Person, users[0].id) is not None:
        return
    uow.session.add_all(
        Person(id=user.id, organization_id=user.organization_id, version=_FIRST_VERSION)
        for user in users
    )
    # Two days ago, so that they use up nothing of anybody's day.
    for name, code, stream, text in (
        ("greeting", _GREETING, Stream.STDOUT, "Hello from Trellis\n"),
        ("mistake", _MISTAKE, Stream.STDERR, _TRACEBACK),
    ):
        execution = _execution(name, code, is_well=stream is Stream.STDOUT)
        uow.session.add(execution)
        await uow.session.flush()
        uow.session.add(
            OutputChunk(
                execution_id=execution.id,
                owner_id=execution.owner_id,
                sequence=1,
                stream=stream,
                text=text,
            )
        )


def _execution(name: str, code: str, *, is_well: bool) -> Execution:
    at = utc_now() - timedelta(days=2)
    return Execution(
        id=demo_id("execution", name),
        owner_id=demo_id("user", "alan"),
        language=Language.PYTHON,
        runtime_version="3.11.2",
        code=code,
        seconds=USUAL_SECONDS,
        tier="free",
        due_at=at,
        at_once=ALLOWANCES["free"].at_once,
        status=ExecutionStatus.COMPLETED if is_well else ExecutionStatus.FAILED,
        failure=None if is_well else Failure.EXIT_CODE,
        exit_code=0 if is_well else 1,
        execution_time_ms=23,
        memory_used_bytes=9 * MIB,
        created_at=at,
        updated_at=at,
        started_at=at,
        finished_at=at,
        last_sequence=1,
        attempts=1,
    )
