"""Two small Strawberry subgraphs that extend one another, for tests that need real ones."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from enum import Enum
from typing import Self

import strawberry
from strawberry.federation.schema_directives import Authenticated

from trellis.schema.federation import TrellisSchema
from trellis.schema.request import RequestContext
from trellis.schema.subgraph import Subgraph


@strawberry.enum
class Size(Enum):
    SMALL = "small"
    LARGE = "large"


@strawberry.federation.type(keys=["sku"])
class Product:
    sku: strawberry.ID
    title: str
    size: Size = Size.SMALL

    @classmethod
    def resolve_reference(cls, sku: strawberry.ID) -> Self:
        return cls(sku=sku, title=f"Product {sku}")


@strawberry.type(name="Query")
class CatalogQuery:
    @strawberry.field
    def product(self, sku: strawberry.ID) -> Product | None:
        return Product(sku=sku, title=f"Product {sku}") if sku != "none" else None

    @strawberry.field
    def caller(self, info: strawberry.Info[RequestContext, None]) -> str | None:
        return info.context.identity.username

    @strawberry.federation.field(directives=[Authenticated()])
    def margin(self) -> int:
        return 40


@strawberry.type(name="Subscription")
class CatalogSubscription:
    @strawberry.subscription
    async def arrivals(self, to: int = 2) -> AsyncGenerator[Product, None]:
        for number in range(1, to + 1):
            yield Product(sku=strawberry.ID(str(number)), title=f"Product {number}")
            await asyncio.sleep(0)


@strawberry.federation.type(keys=["sku"], name="Product")
class StockedProduct:
    sku: strawberry.ID

    @strawberry.field
    def stock(self) -> int:
        return len(self.sku)

    @classmethod
    def resolve_reference(cls, sku: strawberry.ID) -> Self:
        return cls(sku=sku)


@strawberry.type(name="Query")
class StockQuery:
    @strawberry.field
    def warehouses(self) -> int:
        return 2


@dataclass
class Diary:
    """What happened to the subgraphs' lives, in order."""

    lines: list[str] = field(default_factory=list)

    def writes(self, line: str):
        async def write() -> None:
            self.lines.append(line)

        return write


diary = Diary()


def _subgraph(name: str, schema: TrellisSchema) -> Subgraph:
    return Subgraph(
        name=name,
        schema=schema,
        make_context=lambda context: context,
        start=diary.writes(f"{name} starts"),
        stop=diary.writes(f"{name} stops"),
        seed=diary.writes(f"{name} seeds"),
    )


catalog = _subgraph(
    "catalog",
    TrellisSchema(query=CatalogQuery, subscription=CatalogSubscription, types=[Product]),
)
stock = _subgraph("stock", TrellisSchema(query=StockQuery, types=[StockedProduct]))


@strawberry.type(name="Query")
class BrokenQuery:
    @strawberry.field
    def nothing(self) -> int:
        return 0


async def _cannot_start() -> None:
    raise ConnectionError("database says: wrong password swordfish")


broken = Subgraph(
    name="broken",
    schema=TrellisSchema(query=BrokenQuery),
    make_context=lambda context: context,
    start=_cannot_start,
)
