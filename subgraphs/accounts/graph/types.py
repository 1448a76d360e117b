"""People, organizations and teams as the graph shows them."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Self
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID, Info

from trellis.db.models import utc_now
from trellis.db.paging import NEWEST_FIRST
from trellis.schema.list_sizes import FORWARD, list_size
from trellis.schema.paging import DEFAULT_PAGE, Connection, PageRequest
from trellis.schema.references import Reference, load_by_id, load_by_id_or
from trellis.schema.roles import ROLE_SCOPES
from trellis.schema.scopes import SCOPES
from trellis.subgraphs.accounts import history, models, queries
from trellis.subgraphs.accounts.context import Context
from trellis.subgraphs.accounts.errors import DetailsNotShown, ScopeNeeded
from trellis.subgraphs.accounts.graph.inputs import HistoryFiltersInput
from trellis.subgraphs.accounts.graph.values import (
    NotificationChannels,
    SubscriptionTerms,
    UserEvent,
    UserPreferences,
    UserProfile,
    UserStatus,
)
from trellis.subgraphs.accounts.history import HistoryFilters
from trellis.subgraphs.accounts.permissions import mightiest
from trellis.subgraphs.accounts.queries import SeenOrganization, SeenTeam, SeenUser
from trellis.subgraphs.accounts.subscriptions import PREMIUM, in_force, tier_of
from trellis.subgraphs.accounts.tokens import permissions_of
from trellis.subgraphs.accounts.use_cases.organizations import MOST_ORGANIZATIONS

_ROLES = list_size(len(ROLE_SCOPES))
_SCOPES = list_size(len(SCOPES))
_AS_LONG_AS_A_PAGE = list_size(DEFAULT_PAGE)  # of what has no upper bound

Ctx = Info[Context, None]


@strawberry.federation.type(
    keys=["id", "username"],
    description="A person. Name and picture are visible to everyone, the rest to members of the "
    "same organization and to administrators.",
)
class User:
    id: ID
    username: str
    display_name: str
    avatar_url: str | None
    created_at: datetime
    row: strawberry.Private[models.User]
    is_visible: strawberry.Private[bool]
    is_self: strawberry.Private[bool]
    needs_scope: strawberry.Private[bool]

    @strawberry.field
    def email(self) -> str:
        return self._for_colleagues("email").email

    @strawberry.field
    def first_name(self) -> str | None:
        return self._for_colleagues("firstName").first_name

    @strawberry.field
    def last_name(self) -> str | None:
        return self._for_colleagues("lastName").last_name

    @strawberry.field
    def bio(self) -> str | None:
        return self._for_colleagues("bio").bio

    @strawberry.field
    def country(self) -> str | None:
        return self._for_colleagues("country").country

    @strawberry.field
    def city(self) -> str | None:
        return self._for_colleagues("city").city

    @strawberry.field(description="The profile of the person.")
    def profile(self) -> UserProfile | None:
        return UserProfile.of(self._for_colleagues("profile"))

    @strawberry.field
    def timezone(self) -> str | None:
        return self._for_colleagues("timezone").timezone

    @strawberry.field
    def language(self) -> str | None:
        return self._for_colleagues("language").language

    @strawberry.field(directives=[_ROLES])
    def roles(self) -> list[str] | None:
        return list(self._for_colleagues("roles").roles)

    @strawberry.field(
        description="The highest role, for clients that support only one. For the person it is "
        "derived from the effective tier, for others from the person's own "
        "subscription."
    )
    async def role(self, info: Ctx) -> str | None:
        row = self._for_colleagues("role")
        # Colleagues need not learn what another organization of theirs pays for.
        terms = await self._terms_in_force(info, "role") if self.is_self else row
        return mightiest(row.roles, pays=tier_of(terms, utc_now()) is not models.Tier.FREE)

    @strawberry.field
    def is_active(self) -> bool | None:
        return self._for_colleagues("isActive").is_active

    @strawberry.field
    def status(self) -> UserStatus | None:
        is_active = self._for_colleagues("status").is_active
        return UserStatus.ACTIVE if is_active else UserStatus.INACTIVE

    @strawberry.field
    def updated_at(self) -> datetime | None:
        return self._for_colleagues("updatedAt").updated_at

    @strawberry.field(description="Send it with an update to detect concurrent changes.")
    def version(self) -> int | None:
        return self._for_colleagues("version").version

    @strawberry.field
    def email_verified(self) -> bool | None:
        return self._for_colleagues("emailVerified").email_verified_at is not None

    @strawberry.field
    def phone(self) -> str | None:
        return self._for_themselves("phone").phone

    @strawberry.field(description="The current state of the person's own subscription.")
    def tier(self) -> models.Tier | None:
        return tier_of(self._for_themselves("tier"), utc_now())

    @strawberry.field(
        description="The subscription that determines the limits: the person's own, or that of "
        "their organization if its tier is higher."
    )
    async def subscription(self, info: Ctx) -> SubscriptionTerms | None:
        return SubscriptionTerms.of(await self._terms_in_force(info, "subscription"), utc_now())

    @strawberry.field(
        description="The higher tier of the person's own subscription and that of their "
        "organization. Tokens contain it, and it determines the limits."
    )
    async def effective_tier(self, info: Ctx) -> models.Tier | None:
        return await self._effective_tier(info, "effectiveTier")

    @strawberry.field(description="Whether the effective tier is pro or enterprise.")
    async def is_premium(self, info: Ctx) -> bool | None:
        return await self._effective_tier(info, "isPremium") in PREMIUM

    @strawberry.field
    def last_login_at(self) -> datetime | None:
        return self._for_themselves("lastLoginAt").last_login_at

    @strawberry.field(
        directives=[_SCOPES],
        description="The scopes that result from the roles and the effective tier.",
    )
    async def permissions(self, info: Ctx) -> list[str] | None:
        tier = await self._effective_tier(info, "permissions")
        return sorted(permissions_of(self.row.roles, tier))

    @strawberry.field
    def preferences(self) -> UserPreferences | None:
        return UserPreferences.of(self._for_themselves("preferences"))

    @strawberry.field(description="Only the channels of the preferences.")
    def notification_preferences(self) -> NotificationChannels | None:
        return NotificationChannels.of(self._for_themselves("notificationPreferences"))

    @strawberry.field(directives=[FORWARD], description="The events of the account, in order.")
    async def events(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        skip: int | None = None,
        filters: HistoryFiltersInput | None = None,
    ) -> Connection[UserEvent] | None:
        row, page = self._for_themselves("events"), PageRequest.of(first, after, skip=skip)
        id = row.id
        storage, wanted = info.context.storage, filters.checked() if filters else HistoryFilters()
        async with storage.read() as session:
            found = await history.events_page(session, storage.metadata, id, wanted, page)

        async def count() -> int:
            async with storage.read() as session:
                return await history.events_count(session, storage.metadata, id, wanted)

        return Connection.of(partial(UserEvent.of, row), replace(found, count=count))

    @strawberry.field(
        directives=[list_size(MOST_ORGANIZATIONS)],
        description="The organizations that the caller may see.",
    )
    async def memberships(self, info: Ctx) -> "list[OrganizationMembership] | None":
        id = self._for_colleagues("memberships").id
        rows = await info.context.loaders.memberships.load(id)
        return [OrganizationMembership.of(row) for row in rows]

    async def _effective_tier(self, info: Ctx, field: str) -> models.Tier:
        return tier_of(await self._terms_in_force(info, field), utc_now())

    async def _terms_in_force(self, info: Ctx, field: str) -> models.Subscribed:
        row = self._for_themselves(field)
        organization = await info.context.loaders.organization_in_force.load(row.id)
        return in_force(row, organization, utc_now())

    def _for_colleagues(self, field: str) -> models.User:
        if not self.is_visible:
            self._require_scope()
            raise DetailsNotShown(field, "people of the same organization")
        return self.row

    def _for_themselves(self, field: str) -> models.User:
        if not self.is_self:
            self._require_scope()
            raise DetailsNotShown(field, "the person and administrators")
        return self.row

    def _require_scope(self) -> None:
        """What a program without the scope lacks is not the place of its owner."""
        if self.needs_scope:
            raise ScopeNeeded(queries.LOOK)

    @classmethod
    def of(cls, info: Ctx, row: models.User, *, is_visible: bool = True) -> Self:
        """A user as the caller of this operation sees them."""
        caller = info.context.caller
        may_look = queries.may_look(caller)
        is_self = caller.is_admin or (caller.id == row.id and may_look)
        needs_scope = caller.is_authenticated and not may_look
        return cls._made(row, is_visible, is_self=is_self, needs_scope=needs_scope)

    @classmethod
    def of_themselves(cls, row: models.User) -> Self:
        """Somebody who has just proved to be this user."""
        return cls._made(row, is_visible=True, is_self=True)

    @classmethod
    def _made(
        cls, row: models.User, is_visible: bool, *, is_self: bool, needs_scope: bool = False
    ) -> Self:
        return cls(
            id=ID(str(row.id)),
            username=row.username,
            display_name=row.display_name,
            avatar_url=row.avatar_url,
            created_at=row.created_at,
            row=row,
            is_visible=is_visible or is_self,
            is_self=is_self,
            needs_scope=needs_scope,
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        """Also people of other organizations: those who refer to them need a name to show."""
        loaders = info.context.loaders
        found = await load_by_id_or(
            "username", references, loaders.user, loaders.user_by_username, spelled=str.lower
        )
        return [cls.seen(info, one) for one in found]

    @classmethod
    def seen(cls, info: Ctx, seen: SeenUser | None) -> Self | None:
        return cls.of(info, seen.row, is_visible=seen.is_visible) if seen else None


@strawberry.type(description="The role of a person in an organization.")
class OrganizationMembership:
    role: models.MembershipRole
    joined_at: datetime
    organization_id: strawberry.Private[UUID]

    @strawberry.field
    async def organization(self, info: Ctx) -> "Organization | None":
        return Organization.seen(await info.context.loaders.organization.load(self.organization_id))

    @classmethod
    def of(cls, row: models.OrganizationMember) -> Self:
        return cls(role=row.role, joined_at=row.joined_at, organization_id=row.organization_id)


@strawberry.type(description="A person in an organization or a team.")
class Member:
    role: models.MembershipRole
    joined_at: datetime
    user_id: strawberry.Private[UUID]

    @strawberry.field
    async def user(self, info: Ctx) -> User | None:
        return User.seen(info, await info.context.loaders.user.load(self.user_id))

    @classmethod
    def of(cls, row: models.OrganizationMember | models.TeamMember) -> Self:
        return cls(role=row.role, joined_at=row.joined_at, user_id=row.user_id)


@strawberry.type(description="An open invitation into an organization.")
class Invitation:
    id: ID
    email: str
    role: models.MembershipRole
    created_at: datetime
    expires_at: datetime
    organization_id: strawberry.Private[UUID]

    @strawberry.field
    async def organization(self, info: Ctx) -> "Organization | None":
        return Organization.seen(await info.context.loaders.organization.load(self.organization_id))

    @classmethod
    def of(cls, row: models.Invitation) -> Self:
        return cls(
            id=ID(str(row.id)),
            email=row.email,
            role=row.role,
            created_at=row.created_at,
            expires_at=row.expires_at,
            organization_id=row.organization_id,
        )


@strawberry.federation.type(
    keys=["id"], description="Its name and logo are visible to everyone, the rest to its members."
)
class Organization:
    id: ID
    name: str
    logo_url: str | None
    row: strawberry.Private[models.Organization]
    is_visible: strawberry.Private[bool]

    @strawberry.field
    def domain(self) -> str | None:
        return self._for_members("domain").domain

    @strawberry.field
    def description(self) -> str | None:
        return self._for_members("description").description

    @strawberry.field(description="The current subscription of the organization.")
    def tier(self) -> models.Tier | None:
        return tier_of(self._for_members("tier"), utc_now())

    @strawberry.field
    def subscription(self) -> SubscriptionTerms | None:
        return SubscriptionTerms.of(self._for_members("subscription"), utc_now())

    @strawberry.field(description="premium for the tiers pro and enterprise, otherwise the tier.")
    def subscription_plan(self) -> str | None:
        tier = tier_of(self._for_members("subscriptionPlan"), utc_now())
        return "premium" if tier in PREMIUM else tier.value

    @strawberry.field
    def created_at(self) -> datetime | None:
        return self._for_members("createdAt").created_at

    @strawberry.field
    def updated_at(self) -> datetime | None:
        return self._for_members("updatedAt").updated_at

    @strawberry.field(description="The role of the caller in it.")
    async def role(self, info: Ctx) -> models.MembershipRole | None:
        return await info.context.loaders.organization_role.load(self.row.id)

    @strawberry.field
    async def member_count(self, info: Ctx) -> int | None:
        return await info.context.loaders.organization_size.load(
            self._for_members("memberCount").id
        )

    @strawberry.field(directives=[FORWARD])
    async def members(
        self, info: Ctx, first: int | None = None, after: str | None = None
    ) -> Connection[Member] | None:
        loaders, id = info.context.loaders, self._for_members("members").id
        page = PageRequest.of(first, after)
        found = await loaders.organization_members.load(queries.BY_JOINING, id, page)
        return Connection.of(Member.of, found)

    @strawberry.field(directives=[FORWARD])
    async def teams(
        self, info: Ctx, first: int | None = None, after: str | None = None
    ) -> "Connection[Team] | None":
        loaders, id = info.context.loaders, self._for_members("teams").id
        page = PageRequest.of(first, after)
        return Connection.of(Team.of, await loaders.teams.load(NEWEST_FIRST, id, page))

    @strawberry.field(
        directives=[_AS_LONG_AS_A_PAGE],
        description="Open invitations; only for its administrators.",
    )
    async def invitations(self, info: Ctx) -> list[Invitation] | None:
        loaders, id = info.context.loaders, self._for_members("invitations").id
        is_admin = info.context.caller.is_admin
        if not is_admin:
            is_admin = await loaders.organization_role.load(id) is models.MembershipRole.ADMIN
        if not is_admin:
            raise DetailsNotShown("invitations", "administrators of the organization")
        return [Invitation.of(row) for row in await loaders.invitations.load(id)]

    def _for_members(self, field: str) -> models.Organization:
        if not self.is_visible:
            raise DetailsNotShown(field, "members of the organization")
        return self.row

    @classmethod
    def of(cls, row: models.Organization, *, is_visible: bool = True) -> Self:
        return cls(
            id=ID(str(row.id)),
            name=row.name,
            logo_url=row.logo_url,
            row=row,
            is_visible=is_visible,
        )

    @classmethod
    def seen(cls, seen: SeenOrganization | None) -> Self | None:
        return cls.of(seen.row, is_visible=seen.is_visible) if seen else None

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        found = await load_by_id(info.context.loaders.organization, references)
        return [cls.seen(one) for one in found]


@strawberry.federation.type(
    keys=["id"],
    description="Its name is visible to everyone, the rest to members of the organization.",
)
class Team:
    id: ID
    name: str
    row: strawberry.Private[models.Team]
    is_visible: strawberry.Private[bool]

    @strawberry.field
    def description(self) -> str | None:
        return self._for_members("description").description

    @strawberry.field
    def organization_id(self) -> ID | None:
        return ID(str(self._for_members("organizationId").organization_id))

    @strawberry.field
    def owner_id(self) -> ID | None:
        return ID(str(self._for_members("ownerId").owner_id))

    @strawberry.field
    async def organization(self, info: Ctx) -> Organization | None:
        id = self._for_members("organization").organization_id
        return Organization.seen(await info.context.loaders.organization.load(id))

    @strawberry.field
    async def owner(self, info: Ctx) -> User | None:
        id = self._for_members("owner").owner_id
        return User.seen(info, await info.context.loaders.user.load(id))

    @strawberry.field
    def created_at(self) -> datetime | None:
        return self._for_members("createdAt").created_at

    @strawberry.field
    def updated_at(self) -> datetime | None:
        return self._for_members("updatedAt").updated_at

    @strawberry.field(description="The role of the caller in it.")
    async def role(self, info: Ctx) -> models.MembershipRole | None:
        return await info.context.loaders.team_role.load(self.row.id)

    @strawberry.field
    async def member_count(self, info: Ctx) -> int | None:
        return await info.context.loaders.team_size.load(self._for_members("memberCount").id)

    @strawberry.field(directives=[FORWARD])
    async def members(
        self, info: Ctx, first: int | None = None, after: str | None = None
    ) -> Connection[Member] | None:
        loaders, id = info.context.loaders, self._for_members("members").id
        page = PageRequest.of(first, after)
        return Connection.of(
            Member.of, await loaders.team_members.load(queries.BY_JOINING, id, page)
        )

    def _for_members(self, field: str) -> models.Team:
        if not self.is_visible:
            raise DetailsNotShown(field, "members of the organization")
        return self.row

    @classmethod
    def of(cls, row: models.Team, *, is_visible: bool = True) -> Self:
        return cls(id=ID(str(row.id)), name=row.name, row=row, is_visible=is_visible)

    @classmethod
    def seen(cls, seen: SeenTeam | None) -> Self | None:
        return cls.of(seen.row, is_visible=seen.is_visible) if seen else None

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        found = await load_by_id(info.context.loaders.team, references)
        return [cls.seen(one) for one in found]
