"""The router's own file: one transaction for a burst, its owner's alone, and honest when away."""

import asyncio
import sqlite3
import stat
import sys
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from trellis.router.state_file import StateFile, StateFileAway

SCHEMA = "CREATE TABLE IF NOT EXISTS t (n INTEGER);"


def add(connection: sqlite3.Connection) -> int:
    connection.execute("INSERT INTO t VALUES (1)")
    [count] = connection.execute("SELECT count(*) FROM t").fetchone()
    return count


async def test_what_comes_at_once_is_carried_out_in_order(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state.sqlite3", SCHEMA)
    assert await asyncio.gather(*(file.run(add) for _ in range(300))) == list(range(1, 301))
    await file.aclose()


async def test_files_and_their_folder_are_for_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    file = StateFile(folder / "state.sqlite3", SCHEMA)
    await file.run(add)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert set(modes) == {"state.sqlite3", "state.sqlite3-wal", "state.sqlite3-shm"}
    assert set(modes.values()) == {0o600}
    await file.aclose()


async def test_files_that_were_readable_are_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    path.touch()
    path.chmod(0o644)
    file = StateFile(path, SCHEMA)
    await file.run(add)
    files = [Path(f"{path}{suffix}") for suffix in ("", "-wal", "-shm")]
    assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}
    await file.aclose()


async def count_elsewhere(path: Path) -> int:
    """Another process looks into the file, and closes it."""
    look = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
    look += "print(c.execute('SELECT count(*) FROM t').fetchone()[0]); c.close()"
    looking = await asyncio.create_subprocess_exec(
        sys.executable, "-c", look, str(path), stdout=asyncio.subprocess.PIPE
    )
    told, _ = await looking.communicate()
    return int(told)


async def test_a_second_one_in_the_process_drops_no_lock_of_the_first(tmp_path: Path) -> None:
    """POSIX drops all locks that a process has on a file when it closes any descriptor of it. The
    next process to close the database takes itself for the last, and removes the log in use."""
    path = tmp_path / "state.sqlite3"
    limits, answers = StateFile(path, SCHEMA), StateFile(path, SCHEMA)
    await limits.run(add)
    await answers.run(add)
    assert await count_elsewhere(path) == 2
    assert (tmp_path / "state.sqlite3-wal").exists()
    await limits.run(add)
    assert await count_elsewhere(path) == 3
    await limits.aclose()
    await answers.aclose()


async def test_while_another_holds_the_file_it_is_away_and_then_back(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    file = StateFile(path, SCHEMA, busy_seconds=0.01)
    await file.run(add)
    with closing(sqlite3.connect(path, isolation_level=None)) as other, capture_logs() as logs:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(2):
            with pytest.raises(StateFileAway):
                await file.run(add)
        other.execute("ROLLBACK")
        assert await file.run(add) == 2
    assert [entry["event"] for entry in logs] == ["state_file_away", "state_file_is_back"]
    await file.aclose()


async def test_nothing_of_a_burst_is_kept_when_it_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    file = StateFile(path, SCHEMA)
    await file.run(add)

    def is_full(connection: sqlite3.Connection) -> None:
        add(connection)
        raise sqlite3.OperationalError("database or disk is full")

    results = await asyncio.gather(file.run(add), file.run(is_full), return_exceptions=True)
    assert [type(result) for result in results] == [StateFileAway, StateFileAway]
    assert await file.run(add) == 2
    await file.aclose()


async def test_a_fault_of_whoever_asks_is_theirs_and_holds_nobody_up(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state.sqlite3", SCHEMA)

    def faulty(_: sqlite3.Connection) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError):
        await file.run(faulty)
    assert await file.run(add) == 1
    await file.aclose()


async def test_who_gives_up_takes_nobody_with_them(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state.sqlite3", SCHEMA)
    given_up, other = asyncio.create_task(file.run(add)), asyncio.create_task(file.run(add))
    await asyncio.sleep(0)
    given_up.cancel()
    assert await other in (1, 2)
    await file.aclose()


async def test_it_can_be_made_by_many_at_once(tmp_path: Path) -> None:
    """Each on a thread of its own, as workers are on their processes; often, for it is a race."""
    for round_ in range(30):
        path = tmp_path / f"{round_}.sqlite3"
        files = [StateFile(path, SCHEMA) for _ in range(8)]
        counts = await asyncio.gather(*(file.run(add) for file in files))
        assert sorted(counts) == list(range(1, 9))
        for file in files:
            await file.aclose()
