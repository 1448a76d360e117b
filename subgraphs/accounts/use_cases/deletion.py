"""Forgetting a person: the row stays for those who refer to it, the person does not."""

from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.accounts import (
    UserDeleted,
)
from trellis.schema.identity import Identity
from trellis.subgraphs.accounts import audit, history, proof_queries, queries
from trellis.subgraphs.accounts.billing.models import PaidSubscription
from trellis.subgraphs.accounts.errors import AdministratorsOnly, LastAdminStays, UserNotFound
from trellis.subgraphs.accounts.events import state_of
from trellis.subgraphs.accounts.models import (
    NO_PASSWORD,
    ApiKey,
    Authenticator,
    Invitation,
    MailedLink,
    MembershipRole,
    OrganizationMember,
    RecoveryCode,
    RefreshToken,
    SessionEnd,
    TeamMember,
    Tier,
    User,
    forgotten_address,
)
from trellis.subgraphs.accounts.providers.models import OutsideIdentity, SignInCode
from trellis.subgraphs.accounts.use_cases.guesses import forget_guesses
from trellis.subgraphs.accounts.use_cases.sessions import revoke_sessions


async def delete_user(uow: UnitOfWork, caller: Identity, id: UUID) -> UUID:
    """Take everything personal out of an account; its own person or an administrator may.

    Raises ``UserNotFound``, ``AdministratorsOnly``, and ``LastAdminStays`` while somebody else
    depends on this person as the only administrator of an organization.
    """
    if not caller.is_admin and caller.id != id:
        raise AdministratorsOnly
    user = await queries.user_for_update(uow.session, id)
    if user is None or user.password_hash == NO_PASSWORD:
        raise UserNotFound
    await _leave_organizations(uow, id)
    await revoke_sessions(uow, id, SessionEnd.DEACTIVATED)
    await uow.session.flush()
    await _drop_what_was_theirs(uow, user)
    _anonymize(user)
    await uow.session.flush()
    await history.forget(uow.session, User.metadata, id)
    uow.emit(UserDeleted(**state_of(user, ())))
    return id


async def _leave_organizations(uow: UnitOfWork, id: UUID) -> None:
    for membership in await queries.memberships_of(uow.session, id):
        if membership.role is MembershipRole.ADMIN:
            admins = await queries.admins_of(uow.session, membership.organization_id)
            (size,) = await queries.organization_sizes(uow.session, [membership.organization_id])
            if len(admins) == 1 and size > 1:
                raise LastAdminStays


async def _drop_what_was_theirs(uow: UnitOfWork, user: User) -> None:
    theirs = proof_queries.session_ids_of(user.id)
    await uow.session.execute(delete(RefreshToken).where(col(RefreshToken.session_id).in_(theirs)))
    for table in (
        ApiKey,
        OrganizationMember,
        TeamMember,
        MailedLink,
        RecoveryCode,
        Authenticator,
        OutsideIdentity,
        SignInCode,
        PaidSubscription,
    ):
        await uow.session.execute(delete(table).where(col(table.user_id) == user.id))
    await forget_guesses(uow.session, str(user.id))
    await uow.session.execute(delete(Invitation).where(col(Invitation.email) == user.email))
    # Ended sessions stay for the hour in which their access tokens live; nothing personal in them.
    for session in await proof_queries.sessions_of(uow.session, user.id):
        session.user_agent = session.client_address = None
    await audit.forget_details(uow.session, user.id)


def _anonymize(user: User) -> None:
    user.email = forgotten_address(user.id)
    user.username = user.username_key = f"deleted-{user.id}"
    user.display_name = "Deleted user"
    user.first_name = user.last_name = user.avatar_url = user.phone = None
    user.bio = user.country = user.city = None
    user.timezone, user.language = "UTC", "en"
    user.roles = []
    user.tier, user.subscription_expires_at = Tier.FREE, None
    user.is_active = False
    user.rights_changed_at = utc_now()
    user.email_verified_at = user.last_login_at = None
    user.password_hash = NO_PASSWORD
    user.updated_at = utc_now()
