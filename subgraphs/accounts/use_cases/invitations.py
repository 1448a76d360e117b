"""Inviting people into an organization by e-mail."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.accounts import (
    MemberInvited,
)
from trellis.schema.identity import Identity
from trellis.subgraphs.accounts import queries
from trellis.subgraphs.accounts.errors import (
    AlreadyInvited,
    AlreadyMember,
    InvitationNotFound,
    LinkRefused,
)
from trellis.subgraphs.accounts.models import Invitation, MembershipRole, Organization
from trellis.subgraphs.accounts.tokens import hash_of, new_secret
from trellis.subgraphs.accounts.use_cases.organizations import administered, join

_LIFETIME = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """An invitation to be mailed; its token is only in the mail."""

    invitation: Invitation
    organization: Organization
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """The person to invite into an organization, and the role."""

    organization_id: UUID
    email: str
    role: MembershipRole


async def invite(uow: UnitOfWork, caller: Identity, who: Invited) -> NewInvitation:
    """Invite a mailbox. Raises ``AlreadyMember`` and ``AlreadyInvited``."""
    assert caller.id is not None
    organization = await administered(uow, caller, who.organization_id)
    if await queries.is_member_by_email(uow.session, who.organization_id, who.email):
        raise AlreadyMember
    now = utc_now()
    if await queries.open_invitation_of(uow.session, who.organization_id, who.email, now):
        raise AlreadyInvited
    token = new_secret()
    invitation = Invitation(
        organization_id=organization.id,
        email=who.email,
        role=who.role,
        token_hash=hash_of(token),
        invited_by=caller.id,
        created_at=now,
        expires_at=now + _LIFETIME,
    )
    uow.session.add(invitation)
    uow.emit(MemberInvited(organization_id=organization.id, invitation_id=invitation.id))
    return NewInvitation(invitation, organization, token)


async def withdraw(uow: UnitOfWork, caller: Identity, id: UUID) -> Invitation:
    """Close the door again. Raises ``InvitationNotFound``, also for one into an organization that
    the caller may not see."""
    invitation = await queries.visible_invitation(uow.session, caller, id)
    if invitation is None or invitation.accepted_at is not None:
        raise InvitationNotFound
    await administered(uow, caller, invitation.organization_id)
    invitation.withdrawn_at = invitation.withdrawn_at or utc_now()
    return invitation


async def accept(uow: UnitOfWork, caller: Identity, token: str) -> Organization:
    """Join by an invitation that went to the caller's own address. Raises ``LinkRefused``."""
    assert caller.id is not None
    now = utc_now()
    invitation = await queries.invitation_by_token(uow.session, hash_of(token), now)
    user = await queries.user_for_update(uow.session, caller.id)
    if invitation is None or user is None or user.email != invitation.email:
        raise LinkRefused
    invitation.accepted_at = now
    if not await queries.organization_member(uow.session, invitation.organization_id, user.id):
        await join(uow, invitation.organization_id, user.id, invitation.role)
    organization = await uow.session.get(Organization, invitation.organization_id)
    assert organization is not None
    return organization
