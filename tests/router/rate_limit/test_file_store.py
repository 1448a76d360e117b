"""The file answers as memory does, for all workers of a machine and over restarts."""

import asyncio
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from trellis.router.rate_limit.file_store import FileStore
from trellis.router.rate_limit.machine_store import MachineStore
from trellis.router.rate_limit.memory_store import MemoryStore
from trellis.router.rate_limit.sliding_log import Charge, Window
from trellis.schema.errors import Unavailable

SECOND = 1_000_000
WINDOWS = (Window(3, 10), Window(5, 60), Window(40, 60), Window(250, 60), Window(1000, 3600))
TEN = Window(10, 3600)


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000 * SECOND

    def __call__(self) -> int:
        return self.now


@pytest.mark.parametrize("seed", range(3))
async def test_file_and_memory_return_the_same_levels(tmp_path: Path, seed: int) -> None:
    chance, clock = random.Random(seed), Clock()
    memory = MemoryStore(clock=clock)
    workers = [FileStore(tmp_path / "router.sqlite3", clock=clock) for _ in range(2)]

    for _ in range(150):
        clock.now += chance.choice((0, 1, 1_000, SECOND, 7 * SECOND, 70 * SECOND))
        charges = [
            Charge(f"{chance.randint(1, 2)}:{window.limit}", window, chance.choice((1, 1, 2, 9)))
            for window in chance.sample(WINDOWS, chance.randint(1, 4))
        ]
        what = chance.choice(("take", "take", "take", "peek"))
        answered = await getattr(chance.choice(workers), what)(charges)
        assert answered == await getattr(memory, what)(charges)
    for worker in workers:
        await worker.aclose()


async def test_a_restart_keeps_the_counts(tmp_path: Path) -> None:
    for expected in range(1, 4):
        store = FileStore(tmp_path / "router.sqlite3")
        assert (await store.take([Charge("k", TEN, 1)]))[0].used == expected
        await store.aclose()


async def test_a_clock_that_is_set_back_locks_nobody_out(tmp_path: Path) -> None:
    clock, charge = Clock(), Charge("k", Window(2, 60), 1)
    store = FileStore(tmp_path / "router.sqlite3", clock=clock)

    await store.take([charge])
    clock.now -= 3600 * SECOND
    second, third = await store.take([charge]), await store.take([charge])
    clock.now += 60 * SECOND
    fourth = await store.take([charge])

    assert (second[0].used, third[0].wait, fourth[0].used) == (2, 60 * SECOND, 1)
    await store.aclose()


async def test_the_file_is_limited_and_expired_logs_are_deleted(tmp_path: Path) -> None:
    path, clock = tmp_path / "router.sqlite3", Clock()
    store = FileStore(path, max_keys=50, clock=clock)

    def keys() -> set[str]:
        with closing(sqlite3.connect(path)) as connection:
            return {key for [key] in connection.execute("SELECT key FROM limit_log")}

    for start in range(0, 400, 50):
        clock.now += SECOND
        await store.take([Charge(f"k{start + n}", Window(5, 60), 1) for n in range(50)])
    assert keys() == {f"k{n}" for n in range(350, 400)}
    clock.now += 60 * SECOND
    await store.take([Charge(f"new{n}", Window(5, 60), 1) for n in range(200)])
    assert keys() == {f"new{n}" for n in range(200)} or len(keys()) == 50
    await store.aclose()


def machine_store(folder: Path) -> MachineStore:
    return MachineStore(MemoryStore(), FileStore(folder / "router.sqlite3"))


async def test_strict_charges_are_shared_by_workers_and_others_are_not(tmp_path: Path) -> None:
    one, other = machine_store(tmp_path), machine_store(tmp_path)
    charges = [Charge("requests", TEN, 1), Charge("login", TEN, 1, strict=True)]

    await one.take(charges)
    levels = await other.take(charges)

    assert [level.used for level in levels] == [1, 2]
    assert [level.used for level in await one.peek(charges)] == [1, 2]
    for store in (one, other):
        await store.aclose()


async def test_all_charges_are_taken_or_none(tmp_path: Path) -> None:
    store = machine_store(tmp_path)
    plain, strict = Charge("requests", TEN, 4), Charge("login", TEN, 6, strict=True)

    await store.take([plain, strict])
    refused = await store.take([plain, strict])
    assert [level.wait > 0 for level in refused] == [False, True]
    too_much = [plain._replace(cost=7), strict._replace(cost=1)]
    refused = await store.take(too_much)
    assert [level.wait > 0 for level in refused] == [True, False]

    assert [level.used for level in await store.peek([plain, strict])] == [4, 6]
    await store.aclose()


async def test_concurrent_requests_get_exactly_what_file_and_memory_allow(tmp_path: Path) -> None:
    one, other = machine_store(tmp_path), machine_store(tmp_path)
    charges = [Charge("requests", Window(30, 60), 1), Charge("login", Window(40, 60), 1, True)]

    levels = await asyncio.gather(
        *(store.take(charges) for _ in range(50) for store in (one, other))
    )

    let_in = [all(level.wait == 0 for level in taken) for taken in levels]
    assert let_in.count(True) <= 40
    assert let_in[::2].count(True) <= 30 >= let_in[1::2].count(True)
    assert (await one.peek(charges))[1].used == 40
    for store in (one, other):
        await store.aclose()


async def test_without_the_file_strict_charges_are_refused_and_others_are_not(
    tmp_path: Path,
) -> None:
    (tmp_path / "router.sqlite3").mkdir()
    store = machine_store(tmp_path)

    with pytest.raises(Unavailable) as refused:
        await store.take([Charge("requests", TEN, 1), Charge("login", TEN, 1, strict=True)])

    assert refused.value.details == {"retry_after": 5}
    assert (await store.take([Charge("requests", TEN, 1)]))[0].used == 1
    await store.aclose()
