"""Finds the identity of a user without signing in, for tools of operators."""

from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.schema.identity import Identity
from trellis.subgraphs.accounts import queries
from trellis.subgraphs.accounts.subscriptions import highest, tier_of
from trellis.subgraphs.accounts.tokens import permissions_of


async def find_caller(storage: Storage, login: str) -> Identity | None:
    """The identity that a user with this username or e-mail address would get by signing in; None
    if there is none, or the account is closed."""
    now = utc_now()
    async with storage.read() as session:
        user = await queries.user_by_login(session, login)
        if user is None or not user.is_active:
            return None
        belonging = await queries.belonging_of(session, user.id)
    tier = highest((tier_of(user, now), belonging.tier))
    return Identity(
        id=user.id,
        username=user.username,
        email=user.email,
        roles=frozenset(user.roles),
        scopes=permissions_of(user.roles, tier),
        tenant_id=belonging.organization_id,
        team_id=belonging.team_id,
        tier=tier.value,
    )
