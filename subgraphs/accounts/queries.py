"""Every SELECT of accounts. What the caller may not see does not exist."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, exists, false, func, or_, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, aliased
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from trellis.db.batching import lists_by
from trellis.db.models import utc_now
from trellis.db.paging import (
    ChildRows,
    SortColumn,
    instant,
    order_by,
)
from trellis.db.paging import text as text_of_cursor
from trellis.schema.identity import Identity
from trellis.subgraphs.accounts.models import (
    NO_PASSWORD,
    Invitation,
    MembershipRole,
    Organization,
    OrganizationMember,
    Team,
    TeamMember,
    Tier,
    User,
)
from trellis.subgraphs.accounts.subscriptions import tier_of

BY_JOINING = (SortColumn("joined_at", instant), SortColumn("user_id", UUID))


@dataclass(frozen=True, slots=True)
class SeenUser:
    """A user as the caller sees them: strangers show only what everybody may know."""

    row: User
    is_visible: bool


@dataclass(frozen=True, slots=True)
class SeenOrganization:
    """An organization as the caller sees it; outsiders know its name."""

    row: Organization
    is_visible: bool


@dataclass(frozen=True, slots=True)
class SeenTeam:
    """A team as the caller sees it; outsiders know its name."""

    row: Team
    is_visible: bool


@dataclass(frozen=True, slots=True)
class Belonging:
    """The organization and team in whose name a user acts, a token has one of each at most, and
    the tier that the organization's subscription gives."""

    organization_id: UUID | None = None
    team_id: UUID | None = None
    tier: Tier = Tier.FREE


@dataclass(frozen=True, slots=True)
class UserFilters:
    search: str | None = None
    organization_id: UUID | None = None
    team_id: UUID | None = None
    is_active: bool | None = None


class UserSort(StrEnum):
    """The columns that clients may sort people by."""

    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    USERNAME = "username_key"
    DISPLAY_NAME = "display_name"
    EMAIL = "email"

    def order(self, *, descending: bool) -> Sequence[SortColumn]:
        is_time = self in {UserSort.CREATED_AT, UserSort.UPDATED_AT}
        return order_by(self.value, instant if is_time else text_of_cursor, descending=descending)


class GroupSort(StrEnum):
    """The columns that clients may sort organizations and teams by."""

    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    NAME = "name"

    def order(self, *, descending: bool) -> Sequence[SortColumn]:
        parse = text_of_cursor if self is GroupSort.NAME else instant
        return order_by(self.value, parse, descending=descending)


def may_see_user(caller: Identity) -> ColumnElement[bool]:
    """Everybody sees themselves and the people of their organizations."""
    if caller.is_admin:
        return true()
    if caller.id is None or not may_look(caller):
        return false()
    theirs = aliased(OrganizationMember)
    shared = exists().where(
        col(theirs.user_id) == col(User.id), col(theirs.organization_id).in_(_mine(caller))
    )
    return or_(col(User.id) == caller.id, shared)


def may_see_organization(caller: Identity) -> ColumnElement[bool]:
    if caller.is_admin:
        return true()
    return col(Organization.id).in_(_mine(caller)) if may_look(caller) else false()


def may_see_team(caller: Identity) -> ColumnElement[bool]:
    if caller.is_admin:
        return true()
    return col(Team.organization_id).in_(_mine(caller)) if may_look(caller) else false()


LOOK = "read:profile"
"""The scope by which programs see what their owner sees of people and groups."""


def may_look(caller: Identity) -> bool:
    """A program sees of people what strangers do, unless its key says that it may."""
    if caller.id is None:
        return False
    return caller.kind == "user" or caller.may(LOOK)


def _mine(caller: Identity) -> SelectOfScalar[UUID]:
    mine = aliased(OrganizationMember)
    return select(col(mine.organization_id)).where(col(mine.user_id) == caller.id)


def matching_users(caller: Identity, filters: UserFilters) -> SelectOfScalar[User]:
    """The visible users that fit all of the filters given; nobody who was deleted."""
    conditions = [may_see_user(caller), col(User.password_hash) != NO_PASSWORD]
    if filters.search:
        texts = (User.username, User.display_name, User.first_name, User.last_name)
        found = (col(text).icontains(filters.search, autoescape=True) for text in texts)
        conditions.append(or_(*found))
    if filters.organization_id:
        conditions.append(
            exists().where(
                col(OrganizationMember.user_id) == col(User.id),
                col(OrganizationMember.organization_id) == filters.organization_id,
                # Whoever is not in it must not learn who is by filtering.
                *([] if caller.is_admin else [_is_mine(caller, filters.organization_id)]),
            )
        )
    if filters.team_id:
        conditions.append(
            exists().where(
                col(TeamMember.user_id) == col(User.id),
                col(TeamMember.team_id) == col(Team.id),
                col(Team.id) == filters.team_id,
                may_see_team(caller),
            )
        )
    if filters.is_active is not None:
        conditions.append(col(User.is_active).is_(filters.is_active))
    return select(User).where(*conditions)


def _is_mine(caller: Identity, organization_id: UUID) -> ColumnElement[bool]:
    mine = aliased(OrganizationMember)
    return exists().where(
        col(mine.user_id) == caller.id, col(mine.organization_id) == organization_id
    )


async def users_by_username(
    session: AsyncSession, caller: Identity, keys: Sequence[str]
) -> list[SeenUser | None]:
    """Everybody with one of these usernames in lower case, strangers too."""
    statement = select(User, may_see_user(caller)).where(col(User.username_key).in_(keys))
    rows = await session.execute(statement)
    found = {row.username_key: SeenUser(row, bool(seen)) for row, seen in rows}
    return [found.get(key) for key in keys]


async def user_by_login(session: AsyncSession, login: str) -> User | None:
    """The user with this e-mail address or username."""
    key = login.strip().lower()
    column = User.email if "@" in key else User.username_key
    return (await session.scalars(select(User).where(col(column) == key))).one_or_none()


async def user_by_id(session: AsyncSession, id: UUID) -> User | None:
    """The user with a proven identity."""
    return await session.get(User, id)


async def user_for_update(session: AsyncSession, id: UUID) -> User | None:
    """The user, held against other writers until the transaction ends."""
    statement = select(User).where(col(User.id) == id).with_for_update()
    return (await session.scalars(statement)).one_or_none()


async def organization_for_update(session: AsyncSession, id: UUID) -> Organization | None:
    """The organization, held against other writers until the transaction ends."""
    statement = select(Organization).where(col(Organization.id) == id).with_for_update()
    return (await session.scalars(statement)).one_or_none()


def member_ids(organization_id: UUID) -> SelectOfScalar[UUID]:
    """Who is in the organization."""
    return select(OrganizationMember.user_id).where(
        OrganizationMember.organization_id == organization_id
    )


async def is_colleague(session: AsyncSession, caller: Identity, id: UUID) -> bool:
    statement = select(User.id).where(col(User.id) == id, may_see_user(caller))
    return (await session.scalars(statement)).first() is not None


async def usernames_like(session: AsyncSession, base: str) -> set[str]:
    """All usernames, in lower case, that begin with ``base``."""
    key = col(User.username_key)
    return set(await session.scalars(select(key).where(key.startswith(base, autoescape=True))))


async def belonging_of(session: AsyncSession, user_id: UUID) -> Belonging:
    """The first organization that the user joined, and the first team there."""
    organization_ids = await organization_ids_of(session, user_id)
    if not organization_ids:
        return Belonging()
    organization_id = organization_ids[0]
    teams = (
        select(TeamMember.team_id)
        .join(Team, col(Team.id) == col(TeamMember.team_id))
        .where(col(TeamMember.user_id) == user_id, Team.organization_id == organization_id)
        .order_by(col(TeamMember.joined_at), col(TeamMember.team_id))
        .limit(1)
    )
    organization = await session.get(Organization, organization_id)
    tier = tier_of(organization, utc_now()) if organization else Tier.FREE
    return Belonging(organization_id, (await session.scalars(teams)).first(), tier)


async def organization_ids_of(session: AsyncSession, user_id: UUID) -> Sequence[UUID]:
    """The organizations of a user in the order of joining."""
    statement = (
        select(OrganizationMember.organization_id)
        .where(OrganizationMember.user_id == user_id)
        .order_by(col(OrganizationMember.joined_at), col(OrganizationMember.organization_id))
    )
    return (await session.scalars(statement)).all()


async def organizations_in_force(
    session: AsyncSession, user_ids: Sequence[UUID]
) -> list[Organization | None]:
    """The organization that a token of each user would name; None for members of none."""
    statement = (
        select(OrganizationMember.user_id, Organization)
        .join(Organization, col(Organization.id) == col(OrganizationMember.organization_id))
        .where(col(OrganizationMember.user_id).in_(user_ids))
        .order_by(
            col(OrganizationMember.joined_at).desc(),
            col(OrganizationMember.organization_id).desc(),
        )
    )
    # The first that somebody joined comes last and stays.
    found = dict((await session.execute(statement)).all())
    return [found.get(id) for id in user_ids]


async def organizations_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[SeenOrganization | None]:
    seen = may_see_organization(caller)
    statement = select(Organization, seen).where(col(Organization.id).in_(ids))
    rows = await session.execute(statement)
    found = {row.id: SeenOrganization(row, bool(visible)) for row, visible in rows}
    return [found.get(id) for id in ids]


def organizations_of(caller: Identity, *, everybodys: bool = False) -> SelectOfScalar[Organization]:
    """The caller's own organizations, or all that the caller may see."""
    if everybodys:
        return select(Organization).where(may_see_organization(caller))
    mine = col(Organization.id).in_(_mine(caller)) if may_look(caller) else false()
    return select(Organization).where(mine)


async def organization_roles(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[MembershipRole | None]:
    """What the caller is in each of these organizations; None where not a member."""
    statement = select(OrganizationMember).where(
        OrganizationMember.user_id == caller.id, col(OrganizationMember.organization_id).in_(ids)
    )
    roles = {row.organization_id: row.role for row in await session.scalars(statement)}
    return [roles.get(id) for id in ids]


async def team_roles(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[MembershipRole | None]:
    """What the caller is in each of these teams; None where not a member."""
    statement = select(TeamMember).where(
        TeamMember.user_id == caller.id, col(TeamMember.team_id).in_(ids)
    )
    roles = {row.team_id: row.role for row in await session.scalars(statement)}
    return [roles.get(id) for id in ids]


async def organization_sizes(session: AsyncSession, ids: Sequence[UUID]) -> list[int]:
    """How many members each organization has."""
    return await _sizes(session, col(OrganizationMember.organization_id), ids)


async def team_sizes(session: AsyncSession, ids: Sequence[UUID]) -> list[int]:
    """How many members each team has."""
    return await _sizes(session, col(TeamMember.team_id), ids)


async def _sizes(session: AsyncSession, parent: Mapped[UUID], ids: Sequence[UUID]) -> list[int]:
    statement = select(parent, func.count()).where(parent.in_(ids)).group_by(parent)
    sizes = dict((await session.execute(statement)).all())
    return [sizes.get(id, 0) for id in ids]


def organization_members_of(
    _caller: Identity, order: Sequence[SortColumn]
) -> ChildRows[OrganizationMember]:
    """The members of organizations that the caller has seen already."""
    parent = col(OrganizationMember.organization_id)
    return ChildRows(select(OrganizationMember), OrganizationMember, parent, order)


def team_members_of(_caller: Identity, order: Sequence[SortColumn]) -> ChildRows[TeamMember]:
    """The members of teams that the caller has seen already."""
    return ChildRows(select(TeamMember), TeamMember, col(TeamMember.team_id), order)


def teams_of(caller: Identity, order: Sequence[SortColumn]) -> ChildRows[Team]:
    """The teams of organizations."""
    statement = teams_visible_to(caller, None)
    return ChildRows(statement, Team, col(Team.organization_id), order)


def teams_visible_to(caller: Identity, organization_id: UUID | None) -> SelectOfScalar[Team]:
    statement = select(Team).where(may_see_team(caller))
    return (
        statement.where(Team.organization_id == organization_id) if organization_id else statement
    )


async def teams_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[SeenTeam | None]:
    statement = select(Team, may_see_team(caller)).where(col(Team.id).in_(ids))
    rows = await session.execute(statement)
    found = {row.id: SeenTeam(row, bool(visible)) for row, visible in rows}
    return [found.get(id) for id in ids]


async def memberships_by_user(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[list[OrganizationMember]]:
    """Of each user the organizations that the caller may see, in the order of joining."""
    statement = (
        select(OrganizationMember)
        .join(Organization, col(Organization.id) == col(OrganizationMember.organization_id))
        .where(may_see_organization(caller))
        .order_by(col(OrganizationMember.joined_at), col(OrganizationMember.organization_id))
    )
    return await lists_by(session, statement, OrganizationMember.user_id, ids)


async def organization_member(
    session: AsyncSession, organization_id: UUID, user_id: UUID
) -> OrganizationMember | None:
    return await session.get(OrganizationMember, (organization_id, user_id))


async def is_member_by_email(session: AsyncSession, organization_id: UUID, email: str) -> bool:
    """Whether one of the members has this e-mail address."""
    statement = select(User.id).where(
        col(User.email) == email, col(User.id).in_(member_ids(organization_id))
    )
    return (await session.scalars(statement)).first() is not None


async def team_member(session: AsyncSession, team_id: UUID, user_id: UUID) -> TeamMember | None:
    return await session.get(TeamMember, (team_id, user_id))


async def team_seats(
    session: AsyncSession, organization_id: UUID, user_id: UUID
) -> list[TeamMember]:
    """What the user has in the teams of an organization."""
    statement = (
        select(TeamMember)
        .join(Team, col(Team.id) == col(TeamMember.team_id))
        .where(TeamMember.user_id == user_id, Team.organization_id == organization_id)
    )
    return list(await session.scalars(statement))


async def admins_of(session: AsyncSession, organization_id: UUID) -> list[OrganizationMember]:
    """The administrators, held against other writers until the transaction ends."""
    statement = (
        select(OrganizationMember)
        .where(
            OrganizationMember.organization_id == organization_id,
            OrganizationMember.role == MembershipRole.ADMIN,
        )
        .with_for_update()
    )
    return list(await session.scalars(statement))


async def memberships_of(session: AsyncSession, user_id: UUID) -> list[OrganizationMember]:
    """What the user is in which organizations."""
    statement = select(OrganizationMember).where(OrganizationMember.user_id == user_id)
    return list(await session.scalars(statement))


def open_invitations(now: datetime) -> SelectOfScalar[Invitation]:
    """Invitations that can still be accepted."""
    return select(Invitation).where(
        col(Invitation.accepted_at).is_(None),
        col(Invitation.withdrawn_at).is_(None),
        Invitation.expires_at > now,
    )


async def open_invitation_of(
    session: AsyncSession, organization_id: UUID, email: str, now: datetime
) -> Invitation | None:
    statement = open_invitations(now).where(
        Invitation.organization_id == organization_id, Invitation.email == email
    )
    return (await session.scalars(statement)).first()


async def visible_invitation(
    session: AsyncSession, caller: Identity, id: UUID
) -> Invitation | None:
    """An invitation into an organization that the caller may see, in whatever state it is."""
    statement = (
        select(Invitation)
        .join(Organization, col(Organization.id) == col(Invitation.organization_id))
        .where(col(Invitation.id) == id, may_see_organization(caller))
    )
    return (await session.scalars(statement)).one_or_none()


async def invitation_by_token(
    session: AsyncSession, token_hash: str, now: datetime
) -> Invitation | None:
    statement = open_invitations(now).where(Invitation.token_hash == token_hash)
    return (await session.scalars(statement.with_for_update())).one_or_none()


async def invitations_by_organization(
    session: AsyncSession, ids: Sequence[UUID]
) -> list[list[Invitation]]:
    """The open invitations of each organization, the oldest first, at most 1,000 together. The
    caller administers the organizations."""
    in_order = col(Invitation.created_at), col(Invitation.id)
    statement = open_invitations(utc_now()).order_by(*in_order).limit(1000)
    return await lists_by(session, statement, Invitation.organization_id, ids)
