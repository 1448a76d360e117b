"""What is revoked is looked for as long as the subgraph runs."""

import asyncio

import pytest

from trellis.schema.revocations import NOTHING_REVOKED, Revocations
from trellis.subgraphs.accounts import revoked
from trellis.subgraphs.accounts.revoked import Revoked


async def test_a_look_that_fails_in_a_way_nobody_knows_is_not_the_last_one(
    monkeypatch: pytest.MonkeyPatch,
):
    looked, again = 0, asyncio.Event()

    async def read(_self: Revoked) -> Revocations:
        nonlocal looked
        looked += 1
        if looked == 2:
            raise RuntimeError("a fault of the driver")
        if looked > 2:
            again.set()
        return NOTHING_REVOKED

    monkeypatch.setattr(revoked, "_LOOK_EVERY_SECONDS", 0.001)
    monkeypatch.setattr(Revoked, "_read", read)
    known = Revoked(None)  # type: ignore[arg-type]
    await known.start()
    try:
        async with asyncio.timeout(10):
            await again.wait()
    finally:
        await known.stop()
