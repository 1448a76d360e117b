"""Moving an account to another e-mail address.

request ---> a letter to the new address, a warning to the old one; nothing changes yet
confirm ---> the new address, proved by the letter; the old one is notified
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.subgraphs.accounts import queries
from trellis.subgraphs.accounts.errors import EmailTaken, SameEmail, UserNotFound
from trellis.subgraphs.accounts.models import Invitation, LinkPurpose, User
from trellis.subgraphs.accounts.use_cases.links import NewLink, make_link, use_link
from trellis.subgraphs.accounts.use_cases.people import announce


@dataclass(frozen=True, slots=True)
class WantedChange:
    """What is to be mailed: to the old address, and if it is free to the new one."""

    old_email: str
    link: NewLink | None
    is_taken: bool


@dataclass(frozen=True, slots=True)
class Change:
    user: User
    old_email: str


async def request_email_change(uow: UnitOfWork, user_id: UUID, email: str) -> WantedChange:
    """Prepare an e-mail to the new address; none if there were three within the hour.

    The caller does not learn whether another account has the address. Raises ``SameEmail``.
    """
    user = await queries.user_for_update(uow.session, user_id)
    if user is None or not user.is_active:
        raise UserNotFound
    if user.email == email:
        raise SameEmail
    is_taken = await queries.user_by_login(uow.session, email) is not None
    link = await make_link(uow, user, LinkPurpose.CHANGE_EMAIL, email=email)
    return WantedChange(user.email, link, is_taken)


async def confirm_email_change(uow: UnitOfWork, token: str) -> Change:
    """Take over the address that the letter went to; invitations to the old one end. Raises
    ``LinkRefused``, and ``EmailTaken`` when somebody else was faster."""
    link, user = await use_link(uow, token, LinkPurpose.CHANGE_EMAIL)
    old_email = user.email
    try:
        async with uow.session.begin_nested():
            user.email = link.email
            # Whoever read the letter has proved the new address; tokens contain the old one.
            user.email_verified_at = user.rights_changed_at = utc_now()
    except IntegrityError:
        raise EmailTaken from None
    # They name a mailbox that is the person's no more: nobody could tell whose they were.
    await uow.session.execute(delete(Invitation).where(col(Invitation.email) == old_email))
    await announce(uow, user, ("email",))
    return Change(user, old_email)
