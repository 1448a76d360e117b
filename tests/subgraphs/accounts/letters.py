"""A mailbox for tests: keeps what would have been sent."""

import asyncio
import re

from trellis.subgraphs.mail_scope.mailer import Letter


class Letters:
    """Fills the ``Mailer`` protocol."""

    def __init__(self) -> None:
        self.sent: list[Letter] = []
        self._arrived = asyncio.Condition()

    async def send(self, letter: Letter) -> None:
        async with self._arrived:
            self.sent.append(letter)
            self._arrived.notify_all()

    async def next(self, count: int = 1) -> Letter:
        """The ``count``-th letter, once it has come."""
        async with asyncio.timeout(5), self._arrived:
            await self._arrived.wait_for(lambda: len(self.sent) >= count)
        return self.sent[count - 1]

    async def token(self, count: int = 1) -> str:
        """The code in the ``count``-th letter."""
        found = re.search(r"#token=(\S+)", (await self.next(count)).text)
        assert found is not None
        return found[1]
