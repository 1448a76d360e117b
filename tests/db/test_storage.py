"""The subgraphs of one process share one bus, as long as one of them runs."""

from trellis.db.storage import _SharedBuses


async def test_the_last_subgraph_that_stops_closes_the_bus_and_no_other():
    shared = _SharedBuses()
    first, second = [await shared.acquire(None) for _ in range(2)]
    assert first is second
    closed: list[object] = []
    close = first.close

    async def noted_close() -> None:
        closed.append(first)
        await close()

    first.close = noted_close  # type: ignore[method-assign]
    await shared.release(first)
    assert closed == []
    assert await shared.acquire(None) is first
    await shared.release(first)
    assert closed == []
    await shared.release(first)
    assert closed == [first]

    anew = await shared.acquire(None)
    assert anew is not first
    await shared.release(anew)
