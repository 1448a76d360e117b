"""kill -9 at any moment: each start, stop and entry that was acknowledged is there once with its
event, what was not is there whole or not at all, and nobody has two timers."""

import random
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.support.killing import told_until_killed
from trellis.db.settings import DataSettings

BUSY = "tests.subgraphs.timetracking.busy_process"
_ACKNOWLEDGED = 12


def read(folder: Path, query: str) -> list[tuple[Any, ...]]:
    database = folder / "timetracking.sqlite3"
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return list(connection.execute(query))


@pytest.mark.parametrize("rounds", [2, pytest.param(30, marks=pytest.mark.long)])
async def test_no_acknowledged_hour_is_lost_or_doubled_by_kill_9(tmp_path: Path, rounds: int):
    moments, told = random.Random(9), list[dict[str, Any]]()
    data = DataSettings(tmp_path)
    for number in range(rounds):
        told += await told_until_killed(
            BUSY, data, number, lines=_ACKNOWLEDGED, seconds=moments.uniform(0, 0.3)
        )
        running = read(
            tmp_path, "SELECT count(*) FROM time_entry WHERE ended_at IS NULL GROUP BY user_id"
        )
        assert {count for (count,) in running} <= {1}

    rows = {
        id.replace("-", ""): (version, minutes)
        for id, version, minutes in read(
            tmp_path, "SELECT id, version, duration_minutes FROM time_entry"
        )
    }
    last = {one["id"].replace("-", ""): (one["version"], one["minutes"]) for one in told}
    assert len(last) > rounds * _ACKNOWLEDGED / 2
    # A timer may have been stopped without that being told any more.
    lost = {id for id, one in last.items() if id not in rows or rows[id][0] < one[0]}
    assert lost == set()
    # Every state of every entry but those of the demo was announced, and once.
    events = Counter(
        (key.replace("-", ""), orjson.loads(payload)["version"])
        for key, payload in read(tmp_path, "SELECT key, payload FROM outbox")
    )
    assert set(events.values()) == {1}
    announced = {id for id, _ in events}
    assert {(id, version) for id in announced for version in range(1, rows[id][0] + 1)} == set(
        events
    )
    assert set(last) <= announced <= set(rows)
