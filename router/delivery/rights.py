"""What the caller of a connection that stays open may do, looked at again and again."""

import asyncio
import time
from collections.abc import Callable

from trellis.router.identity.credentials import Credentials
from trellis.router.web.errors import as_trellis_error
from trellis.router.web.identity import Authenticate
from trellis.schema.errors import Forbidden, TrellisError, Unavailable
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.tokens import TokenExpired

_DOUBT_SECONDS = 60.0
_NOTHING_TO_LOOK_AT_SECONDS = 3600.0


class RightsLost(Forbidden):
    """The caller is known, but may do less than when the connection began."""

    def __init__(self) -> None:
        super().__init__("Your rights have changed; connect again.")


class Rights:
    """Proves the caller when the connection begins, and as often as ``check`` is called.

    Who a router vouches for is not looked at again: the router does that.
    """

    def __init__(
        self,
        authenticate: Authenticate,
        credentials: Credentials,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.credentials = credentials
        self.identity: Identity = ANONYMOUS
        self._authenticate = authenticate
        self._clock = clock
        self._sure_at = float("-inf")

    @property
    def can_end(self) -> bool:
        """Whether the rights can expire or be revoked."""
        return self.identity.is_authenticated and self.credentials.vouched is None

    @property
    def expires_at(self) -> int | None:
        """Unix time at which the rights end, if they do."""
        return self.identity.expires_at if self.can_end else None

    async def begin(self) -> None:
        """Raises Unauthenticated, and Unavailable when it cannot be found out who calls."""
        self.begin_with(await self._authenticate(self.credentials))

    def begin_with(self, identity: Identity) -> None:
        """For a caller who has been proved a moment ago."""
        self.identity = identity
        self._sure_at = self._clock()

    async def lost(self) -> TrellisError | None:
        """Why the connection must end, before an event is sent; None while the rights last. A
        fault of ours is a reason, too: without one nobody would look again."""
        try:
            await self.check()
        except Exception as error:  # the boundary of whoever waits for this
            return as_trellis_error(error)
        return None

    async def wait_until_lost(self, recheck_seconds: float) -> TrellisError:
        """Why the connection must end, as soon as it must: rights are looked at although nothing
        happens."""
        while True:
            wait = recheck_seconds if self.can_end else _NOTHING_TO_LOOK_AT_SECONDS
            expires_at = self.expires_at
            if expires_at is not None:
                wait = min(wait, max(0.0, expires_at - time.time()))
            await asyncio.sleep(wait)
            if expires_at is not None and time.time() >= expires_at:
                return TokenExpired()
            if error := await self.lost():
                return error

    async def check(self) -> None:
        """Raises Unauthenticated for a caller whose proof is no longer valid, RightsLost for one
        who may do less than before; one who may do more has that from the next operation on.

        While it cannot be found out the rights stay for a minute, then Unavailable is raised: a
        revocation would not have reached us either.
        """
        if self.credentials.vouched is not None:
            return
        try:
            now = await self._authenticate(self.credentials)
        except Unavailable:
            if self._clock() - self._sure_at > _DOUBT_SECONDS:
                raise
            return
        self._sure_at = self._clock()
        if now is not self.identity:
            if _has_lost(self.identity, now):
                raise RightsLost
            self.identity = now


def _has_lost(before: Identity, now: Identity) -> bool:
    return (
        not (before.roles <= now.roles and before.scopes <= now.scopes)
        or (before.id, before.tenant_id, before.team_id) != (now.id, now.tenant_id, now.team_id)
        # Which of two tiers is the higher one, only their issuer knows.
        or before.tier not in (None, now.tier)
    )
