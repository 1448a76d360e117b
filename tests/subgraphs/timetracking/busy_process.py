"""``python -m tests.subgraphs.timetracking.busy_process FOLDER ROUND``: people who start and stop
their timers and note hours until the process is killed. Each answer is a line on stdout."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.subgraphs.timetracking.asking import CREATE, ENG, START, STOP
from tests.support.killing import arguments, tell
from tests.support.subgraphs import Running, caller, running
from trellis.db.settings import DataSettings
from trellis.subgraphs.timetracking.graph import make_subgraph

BESIDE = ["accounts", "projects", "tasks"]


async def ask(hours: Running, who: str, operation: str, **variables: Any) -> str:
    """The id of the entry, told to whoever reads stdout once it was acknowledged."""
    [payload] = (await hours.ask(operation, caller(who), **variables)).values()
    entry = payload["timeEntry"]
    tell(id=entry["id"], version=entry["version"], minutes=entry["durationMinutes"])
    return entry["id"]


async def start_and_stop(hours: Running, who: str) -> None:
    query = '{ timeEntries(filters: {status: RUNNING, userId: "%s"}) { edges { node { id } } } }'
    found = await hours.ask(query % caller(who).id, caller(who))
    for edge in found["timeEntries"]["edges"]:  # left running by the process before
        await ask(hours, who, STOP, id=edge["node"]["id"])
    while True:
        id = await ask(hours, who, START, i={"projectId": None})
        await ask(hours, who, STOP, id=id)


async def note(hours: Running, who: str, number: int) -> None:
    """Each round in a year of its own, so that none overlaps with what was written before."""
    begin = datetime(2001 + number, 1, 1, tzinfo=UTC)
    while True:
        end = begin + timedelta(hours=1)
        given = {"startedAt": begin.isoformat(), "endedAt": end.isoformat(), "projectId": ENG}
        await ask(hours, who, CREATE, i=given)
        begin = end


async def main(settings: DataSettings, number: int) -> None:
    async with running(make_subgraph, settings, BESIDE) as hours:
        await asyncio.gather(
            *(start_and_stop(hours, who) for who in ("ada", "grace")),
            *(note(hours, who, number) for who in ("alan", "barbara")),
        )


if __name__ == "__main__":
    asyncio.run(main(*arguments(sys.argv)))
