"""Memory that was freed goes back to the system, once a process has stopped growing."""

from trellis.router.serving.memory import MemoryWatch, resident_bytes, trim

MB = 1_000_000


class Process:
    """A process that takes as much as it is told, and what can be freed of it."""

    def __init__(self) -> None:
        self.resident, self.free, self.cyclic = 100 * MB, 0, 0
        self.done: list[str] = []

    def give_back(self) -> None:
        self.done.append("give back")
        self.resident, self.free = self.resident - self.free, 0

    def collect(self) -> None:
        self.done.append("collect")
        self.free, self.cyclic = self.free + self.cyclic, 0

    async def watch(self) -> MemoryWatch:
        watch = MemoryWatch(lambda: self.resident, self.give_back, self.collect)
        await watch.start()
        await watch.aclose()  # the test looks itself
        return watch


async def test_nothing_is_done_while_the_process_grows_or_before_it_has_grown_much() -> None:
    process = Process()
    watch = await process.watch()
    for _ in range(10):
        process.resident += 10 * MB
        await watch.work()
    assert process.done == []
    await watch.work()
    assert process.done == ["give back", "collect", "give back"]
    process.resident += 10 * MB
    for _ in range(10):
        await watch.work()
    assert len(process.done) == 3


async def test_what_is_free_goes_back_without_a_collection() -> None:
    process = Process()
    watch = await process.watch()
    process.resident, process.free = 150 * MB, 45 * MB
    await watch.work()
    await watch.work()
    assert process.done == ["give back"]
    assert process.resident == 105 * MB


async def test_what_cycles_hold_is_collected() -> None:
    process = Process()
    watch = await process.watch()
    process.resident, process.cyclic = 150 * MB, 45 * MB
    await watch.work()
    await watch.work()
    assert process.done == ["give back", "collect", "give back"]
    assert process.resident == 105 * MB


def test_trimming_gives_back_holes_in_the_heap() -> None:
    blocks = [bytearray(100_000) for _ in range(1_000)]
    full = resident_bytes()
    kept = blocks[::50]
    del blocks
    trim()
    assert resident_bytes() < full - 80 * MB
    assert len(kept) == 20
