"""What a worker does again and again goes on after a failure."""

import asyncio

from trellis.router.serving.periodic import Periodic


async def test_work_that_has_failed_is_done_again():
    class Watch(Periodic):
        done = 0
        again = asyncio.Event()

        async def work(self) -> None:
            self.done += 1
            if self.done == 1:
                raise RuntimeError("the disk was away")
            self.again.set()

    watch = Watch(0.001)
    await watch.start()
    try:
        async with asyncio.timeout(10):
            await watch.again.wait()
    finally:
        await watch.aclose()
