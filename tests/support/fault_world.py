"""Three subgraphs behind a router, of which ``stock`` can fail in every way; the others are
well."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from graphql import GraphQLSchema, build_schema
from websockets.asyncio.server import ServerConnection, serve

from tests.support.fault_server import TOO_MANY_BYTES, FaultServer, running
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.config import Config, Limits, SubgraphSource, Traffic
from trellis.router.loading.members import Member
from trellis.router.loading.supergraph import connect_supergraph
from trellis.router.supergraph import Supergraph

LINK = """
extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requires", "@external"]
)
"""
SDLS = {
    "shop": """
      type Query { product: Product products: [Product] }
      type Mutation { addProduct: Product }
      type Subscription { arrivals: Product }
      type Product @key(fields: "id") { id: ID! name: String! maker: Maker }
      type Maker @key(fields: "id") { id: ID! name: String! }
    """,
    "stock": """
      type Query { warehouse: Warehouse }
      type Mutation { restock: Int }
      type Subscription { counts: Int }
      type Warehouse { city: String }
      type Product @key(fields: "id") { id: ID! stock: Int weight: Int }
      type Maker @key(fields: "id") { id: ID! rating: Int }
    """,
    "freight": """
      type Query { carrier: String }
      type Product @key(fields: "id") {
        id: ID! weight: Int @external shipping: Int @requires(fields: "weight")
      }
    """,
}
MAKER = {"__typename": "Maker", "id": "m", "name": "Ada", "rating": 5}
PRODUCTS = [
    {
        "__typename": "Product",
        "id": i,
        "name": f"Thing {i}",
        "stock": 3,
        "weight": 2,
        "maker": MAKER,
    }
    for i in "12"
]
ROOTS = {
    "product": PRODUCTS[0],
    "products": PRODUCTS,
    "addProduct": PRODUCTS[1],
    "arrivals": PRODUCTS[0],
    "warehouse": {"city": "Graz"},
    "restock": 9,
    "carrier": "Bike",
    "shipping": 4,
}


Ending = Callable[[ServerConnection], Awaitable[None]]


async def silent(connection: ServerConnection) -> None:
    """Sends nothing more, which is no fault."""


class FaultWorld:
    """A router, as it is configured by default but for its limits, and the subgraph that fails.
    ``after_event`` is what the source of ``arrivals`` does after its only event."""

    supergraph: Supergraph
    stock: FaultServer

    def __init__(self) -> None:
        self.after_event: Ending = silent

    async def serve_arrivals(self, connection: ServerConnection) -> None:
        """The subscription of ``shop``, which has one event."""
        await connection.recv()
        await connection.send('{"type":"connection_ack"}')
        await connection.recv()
        await connection.send(
            '{"id":"1","type":"next","payload":{"data":{"arrivals":'
            '{"__typename":"Product","id":"1","name":"Thing 1"}}}}'
        )
        await self.after_event(connection)
        await connection.wait_closed()

    async def ask(self, operation: str) -> dict[str, Any]:
        """The response, or the first event of a subscription."""
        if not operation.startswith("subscription"):
            return await self.supergraph.execute(operation)
        events = self.supergraph.subscribe(operation)
        try:
            return await anext(events)
        finally:
            await events.aclose()


def resolve(source: Any, info: Any, representations: Any = ()) -> Any:
    if info.field_name == "_entities":
        known = {(one["__typename"], one["id"]): one for one in (*PRODUCTS, MAKER)}
        return [known[one["__typename"], one["id"]] for one in representations]
    return (source or {}).get(info.field_name, ROOTS.get(info.field_name))


def executable(sdl: str) -> GraphQLSchema:
    """The schema that a server of the subgraph executes."""
    entities = "Product | Maker" if "Maker" in sdl else "Product"
    return build_schema(
        f"""
        directive @key(fields: String!) on OBJECT
        directive @requires(fields: String!) on FIELD_DEFINITION
        directive @external on FIELD_DEFINITION
        scalar _Any
        union _Entity = {entities}
        extend type Query {{ _entities(representations: [_Any!]!): [_Entity]! }}
        {sdl}
        """
    )


@asynccontextmanager
async def fault_world(subgraph_seconds: float) -> AsyncIterator[FaultWorld]:
    world = FaultWorld()
    async with AsyncExitStack() as stack:
        servers = {
            name: await stack.enter_async_context(running(FaultServer(executable(sdl), resolve)))
            for name, sdl in SDLS.items()
        }
        arrivals = await stack.enter_async_context(
            serve(world.serve_arrivals, "127.0.0.1", 0, subprotocols=["graphql-transport-ws"])  # type: ignore[list-item]
        )
        port = arrivals.sockets[0].getsockname()[1]
        members = [
            Member(
                name,
                sdl,
                servers[name].url,
                f"ws://127.0.0.1:{port}/" if name == "shop" else None,
                gets_service_token=False,
                source=SubgraphSource(url=servers[name].url),
            )
            for name, sdl in SDLS.items()
        ]
        composed = compose([Subgraph(m.name, m.url, LINK + m.sdl) for m in members])
        assert composed.is_ok, composed.errors
        config = Config(
            limits=Limits(subgraph_seconds=subgraph_seconds, response_bytes=TOO_MANY_BYTES),
            traffic=Traffic(breaker_failures=1_000_000),  # the breaker has tests of its own
        )
        world.supergraph = connect_supergraph(composed.supergraph_sdl, members, config)
        world.stock = servers["stock"]
        yield world
        for transport in world.supergraph.transports.values():
            await transport.aclose()
