"""Accounts in the graph: the subgraph that the router runs."""

import strawberry

from db.bus import EventBus
from db.settings import DataSettings
from db.storage import Storage
from schema.federation import TrellisSchema
from schema.request import RequestContext
from schema.subgraph import Subgraph
from subgraphs.accounts import models, seed
from subgraphs.accounts.context import Context, Services
from subgraphs.accounts.graph.authentication import AuthenticationMutation
from subgraphs.accounts.graph.organizations import OrganizationsMutation
from subgraphs.accounts.graph.people import PeopleMutation
from subgraphs.accounts.graph.query import Query
from subgraphs.accounts.settings import AccountSettings


@strawberry.type
class Mutation(AuthenticationMutation, PeopleMutation, OrganizationsMutation):
    pass


def make_subgraph(
    settings: DataSettings | None = None,
    bus: EventBus | None = None,
    account_settings: AccountSettings | None = None,
) -> Subgraph:
    """The accounts subgraph; whatever is not given comes from the environment."""
    storage = Storage("accounts", models.Base.metadata, settings=settings, bus=bus)
    services = Services(storage, account_settings or AccountSettings.from_environment())

    def make_context(request: RequestContext) -> Context:
        return Context(request, services)

    async def start() -> None:
        await storage.start()
        await services.start()

    async def stop() -> None:
        await services.stop()
        await storage.stop()

    async def write_demo_data() -> None:
        async with storage.begin() as uow:
            await seed.write_demo_data(uow, services.passwords)

    return Subgraph(
        name="accounts",
        schema=TrellisSchema(query=Query, mutation=Mutation),
        make_context=make_context,
        start=start,
        stop=stop,
        seed=write_demo_data,
        is_ready=storage.ping,
        jwks=services.keys.jwks,
    )


subgraph = make_subgraph()
