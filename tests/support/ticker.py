"""A subgraph that tells what happens when a test makes it happen, with cursors to go on from."""

import asyncio
from collections.abc import AsyncGenerator

import strawberry
from strawberry.federation.schema_directives import Authenticated, RequiresScopes

from trellis.schema.errors import NotFound
from trellis.schema.federation import TrellisSchema
from trellis.schema.subgraph import Subgraph


@strawberry.type
class Tick:
    cursor: str
    text: str

    @strawberry.federation.field(directives=[RequiresScopes(scopes=[["read:secrets"]])])
    def secret(self) -> str | None:
        return "s"


class Ticker:
    """``tick`` from a test; ``listening`` says how many subscriptions run."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.listening = 0
        self._changed = asyncio.Condition()

    async def tick(self, *texts: str) -> None:
        async with self._changed:
            self.texts += texts
            self._changed.notify_all()

    async def listen(self, start: int) -> AsyncGenerator[tuple[int, str], None]:
        self.listening += 1
        try:
            number = start
            while True:
                async with self._changed:
                    while number >= len(self.texts):
                        await self._changed.wait()
                yield number, self.texts[number]
                number += 1
        finally:
            self.listening -= 1


ticker = Ticker()


@strawberry.type
class Query:
    count: int = 0


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self, after: str | None = None) -> AsyncGenerator[Tick | None, None]:
        """Ends with the text "end", fails with "fail", is null with "null"."""
        async for number, text in ticker.listen(int(after) + 1 if after else len(ticker.texts)):
            if text == "end":
                return
            if text == "fail":
                raise NotFound("It is gone.")
            yield None if text == "null" else Tick(cursor=str(number), text=text)

    @strawberry.subscription(directives=[Authenticated()])
    async def private(self) -> AsyncGenerator[int, None]:
        async for number, _ in ticker.listen(len(ticker.texts)):
            yield number


subgraph = Subgraph(
    name="ticker",
    schema=TrellisSchema(query=Query, subscription=Subscription),
    make_context=lambda context: context,
)
