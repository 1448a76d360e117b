"""Accounts in the graph: the subgraph that the router runs."""

from collections.abc import Sequence
from functools import cache, partial

import strawberry

from trellis.db.bus import EventBus
from trellis.db.changes import read_changes
from trellis.db.settings import DataSettings
from trellis.db.storage import Storage
from trellis.schema.dialects import dialect_tags
from trellis.schema.federation import TrellisSchema
from trellis.schema.public_url import unfit_public_url
from trellis.schema.request import RequestContext
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.accounts import models, seed
from trellis.subgraphs.accounts.billing import settings as billing
from trellis.subgraphs.accounts.billing.settings import BillingSettings
from trellis.subgraphs.accounts.billing.webhook import StripeWebhook
from trellis.subgraphs.accounts.callers import find_caller
from trellis.subgraphs.accounts.context import Context, Services
from trellis.subgraphs.accounts.graph.account import AccountMutation, AccountQuery
from trellis.subgraphs.accounts.graph.api_keys import ApiKeysMutation, ApiKeysQuery
from trellis.subgraphs.accounts.graph.audit import AuditQuery
from trellis.subgraphs.accounts.graph.authentication import AuthenticationMutation
from trellis.subgraphs.accounts.graph.organizations import OrganizationsMutation
from trellis.subgraphs.accounts.graph.people import PeopleMutation
from trellis.subgraphs.accounts.graph.providers import ProvidersMutation
from trellis.subgraphs.accounts.graph.query import PeopleQuery
from trellis.subgraphs.accounts.graph.security import SecurityMutation, SecurityQuery
from trellis.subgraphs.accounts.graph.subscriptions import SubscriptionsMutation
from trellis.subgraphs.accounts.graph.usage import UsageQuery
from trellis.subgraphs.accounts.passwords import Passwords
from trellis.subgraphs.accounts.policies import tier_policies
from trellis.subgraphs.accounts.providers import settings as providers
from trellis.subgraphs.accounts.providers.settings import ProviderSettings
from trellis.subgraphs.accounts.providers.web import ProviderSignIn
from trellis.subgraphs.accounts.settings import SETTINGS, AccountSettings
from trellis.subgraphs.accounts.web import AccountsWeb
from trellis.subgraphs.mail_scope.mailer import Mailer, mailer_for
from trellis.subgraphs.secret_scope.vault import Vault, given_or_kept


@strawberry.type
class Query(PeopleQuery, SecurityQuery, AuditQuery, ApiKeysQuery, UsageQuery, AccountQuery):
    pass


@strawberry.type
class Mutation(
    AuthenticationMutation,
    ProvidersMutation,
    SecurityMutation,
    PeopleMutation,
    OrganizationsMutation,
    SubscriptionsMutation,
    ApiKeysMutation,
    AccountMutation,
):
    pass


@cache
def _schema() -> TrellisSchema:
    """Building it takes a fifth of a second, and it keeps nothing of whom it answers."""
    return TrellisSchema(query=Query, mutation=Mutation, tags=dialect_tags())


def make_subgraph(
    settings: DataSettings | None = None,
    bus: EventBus | None = None,
    account_settings: AccountSettings | None = None,
    mailer: Mailer | None = None,
    passwords: Passwords | None = None,
    billing_settings: BillingSettings | None = None,
    provider_settings: ProviderSettings | None = None,
) -> Subgraph:
    """The accounts subgraph; whatever is not given comes from the environment."""
    storage = Storage("accounts", models.Base.metadata, settings=settings, bus=bus)
    chosen = account_settings or AccountSettings.from_environment()
    mailer = mailer or mailer_for(chosen.mail_url, chosen.mail_from)

    def load_secrets() -> Sequence[str]:
        data_dir = (settings or DataSettings.from_environment()).data_dir
        return given_or_kept(chosen.secret_key, data_dir)

    vault = Vault("accounts", load_secrets)
    services = Services(storage, chosen, mailer, vault, passwords or Passwords())

    stripe = StripeWebhook(services, billing_settings or BillingSettings.from_environment())
    offered = provider_settings or ProviderSettings.from_environment()
    web = AccountsWeb(stripe, ProviderSignIn(services, offered, chosen.public_url))

    def make_context(request: RequestContext) -> Context:
        return Context(request, services)

    async def write_demo_data() -> None:
        async with storage.begin() as uow:
            await seed.write_demo_data(uow, services.passwords)

    return Subgraph(
        name="accounts",
        schema=_schema(),
        make_context=make_context,
        start=services.start,
        stop=services.stop,
        seed=write_demo_data,
        is_ready=storage.ping,
        jwks=services.keys.jwks,
        is_revoked=services.revoked.is_revoked,
        revocations=services.revoked.revocations,
        verify_api_key=services.verify_api_key,
        find_caller=partial(find_caller, storage),
        policies=tier_policies(),
        settings=(*SETTINGS, *billing.SETTINGS, *providers.SETTINGS),
        changes=partial(read_changes, storage),
        answer_web=web.answer,
        unfit_for_production=unfit_public_url,
        supports_dry_run=True,
    )


subgraph = make_subgraph()
