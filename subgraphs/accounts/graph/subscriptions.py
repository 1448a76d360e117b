"""Changing what people and organizations pay for."""

from datetime import datetime
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID

from trellis.db.models import utc_now
from trellis.schema.inputs import InputProblems
from trellis.subgraphs.accounts import models
from trellis.subgraphs.accounts.graph.types import Ctx, Organization, User
from trellis.subgraphs.accounts.graph.values import SubscriptionTerms
from trellis.subgraphs.accounts.use_cases import subscriptions
from trellis.subgraphs.accounts.use_cases.subscriptions import Terms


@strawberry.input(description="Name either a user or an organization.")
class ChangeSubscriptionInput:
    user_id: ID | None = None
    organization_id: ID | None = None
    tier: models.Tier
    status: models.SubscriptionStatus = models.SubscriptionStatus.ACTIVE
    expires_at: datetime | None = strawberry.field(
        default=None, description="if absent, it does not expire"
    )

    def checked(self) -> tuple[UUID | None, UUID | None]:
        """The ids of the user and of the organization, of which one is None.

        Raises ``BadUserInput``.
        """
        problems = InputProblems()
        if (self.user_id is None) is (self.organization_id is None):
            message = "Give either userId or organizationId."
            problems.add("userId", "REQUIRED_FIELD_MISSING", message)
        user_id = problems.id("userId", self.user_id) if self.user_id is not None else None
        organization_id = (
            problems.id("organizationId", self.organization_id)
            if self.organization_id is not None
            else None
        )
        problems.raise_any()
        return user_id, organization_id


@strawberry.type
class ChangeSubscriptionPayload:
    subscription: SubscriptionTerms
    user: User | None = None
    organization: Organization | None = None


@strawberry.type
class SubscriptionsMutation:
    @strawberry.federation.mutation(
        authenticated=True,
        description="Change the subscription of a person or an organization; administrators only. "
        "Access tokens with the old tier are revoked within seconds.",
    )
    async def change_subscription(
        self, info: Ctx, input: ChangeSubscriptionInput
    ) -> ChangeSubscriptionPayload | None:
        (user_id, organization_id), caller = input.checked(), info.context.caller
        terms = Terms(input.tier, input.status, input.expires_at)
        async with info.context.begin() as uow:
            if user_id is not None:
                user = await subscriptions.subscribe_user(uow, caller, user_id, terms)
                organization = None
            else:
                assert organization_id is not None
                user = None
                organization = await subscriptions.subscribe_organization(
                    uow, caller, organization_id, terms
                )
        row = user or organization
        assert row is not None
        return ChangeSubscriptionPayload(
            subscription=SubscriptionTerms.of(row, utc_now()),
            user=User.of(info, user) if user else None,
            organization=Organization.of(organization) if organization else None,
        )
