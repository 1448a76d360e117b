"""kill -9 at any moment: each transition that was acknowledged has happened once with its events
and its comment, what was not is there whole or not at all, and no issue skips a state."""

import random
import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.support.killing import told_until_killed
from trellis.db.settings import DataSettings

BUSY = "tests.subgraphs.issues.busy_process"
_ACKNOWLEDGED = 12


def read(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{folder / 'issues.sqlite3'}?mode=ro", uri=True)) as found:
        return list(found.execute(query))


def announced(folder: Path, topic: str) -> list[dict[str, Any]]:
    """The events of a topic, in the order of the log."""
    rows = read(folder, f"SELECT payload FROM outbox WHERE topic = '{topic}' ORDER BY id")
    return [orjson.loads(payload) for (payload,) in rows]


@pytest.mark.parametrize("rounds", [2, pytest.param(30, marks=pytest.mark.long)])
async def test_no_acknowledged_transition_is_lost_or_doubled_by_kill_9(tmp_path: Path, rounds: int):
    moments, told = random.Random(21), list[dict[str, Any]]()
    for number in range(rounds):
        told += await told_until_killed(
            BUSY,
            DataSettings(tmp_path),
            number,
            lines=_ACKNOWLEDGED,
            seconds=moments.uniform(0, 0.3),
        )

    assert len(told) >= rounds * _ACKNOWLEDGED
    moved = announced(tmp_path, "issue.transitioned")
    executions = Counter(one["execution_id"] for one in moved)
    assert set(executions.values()) == {1}
    assert {one["execution"] for one in told} <= executions.keys()

    along = defaultdict(list)
    for one in moved:
        along[one["issue_id"].replace("-", "")].append((one["from_state"], one["to_state"]))
    states = dict(read(tmp_path, "SELECT id, status FROM issue"))
    versions = dict(read(tmp_path, "SELECT id, version FROM issue"))
    comments = dict(read(tmp_path, "SELECT issue_id, count(*) FROM comment GROUP BY issue_id"))
    for issue, steps in along.items():
        assert steps[0][0] == "Open"
        assert all(one[1] == following[0] for one, following in pairwise(steps))
        # The row, its comments and the log tell the same: none has happened without the others.
        assert states[issue] == steps[-1][1]
        assert (versions[issue], comments[issue]) == (len(steps) + 1, len(steps))
