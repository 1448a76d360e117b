"""What a resolver of accounts may reach."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from functools import partial
from uuid import UUID

from trellis.db.caller_context import CallerContext
from trellis.db.jobs import Job, RunningJob
from trellis.db.models import utc_now
from trellis.db.outbox import outbox_of
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.errors import Unauthenticated, Unavailable
from trellis.schema.events.accounts import (
    UserDeleted,
)
from trellis.schema.identity import Identity
from trellis.schema.request import RequestContext
from trellis.subgraphs.accounts import audit, queries
from trellis.subgraphs.accounts.alerts import AT_ONE_ACCOUNT, FROM_ONE_ADDRESS, Refusals
from trellis.subgraphs.accounts.audit import Deed, Doer
from trellis.subgraphs.accounts.background import Background, Work
from trellis.subgraphs.accounts.cleaning import clean
from trellis.subgraphs.accounts.contacts import contacts_of
from trellis.subgraphs.accounts.errors import PersonsOnly, ScopeNeeded, WrongPassword
from trellis.subgraphs.accounts.loaders import Loaders
from trellis.subgraphs.accounts.passwords import Passwords
from trellis.subgraphs.accounts.postbox import Postbox
from trellis.subgraphs.accounts.profiles import Profiles
from trellis.subgraphs.accounts.revoked import Revoked
from trellis.subgraphs.accounts.sealing import seal_everything
from trellis.subgraphs.accounts.settings import AccountSettings
from trellis.subgraphs.accounts.signing_keys import SigningKeys
from trellis.subgraphs.accounts.tokens import AccessToken, sign_access_token
from trellis.subgraphs.accounts.use_cases import api_keys
from trellis.subgraphs.accounts.use_cases.passwords import confirm_password
from trellis.subgraphs.accounts.use_cases.sign_in import OpenSession, Visit
from trellis.subgraphs.mail_scope.mailer import Mailer
from trellis.subgraphs.secret_scope.vault import Vault

_KEEP_HOUSE_EVERY_SECONDS = 600.0


class Services:
    """What lives as long as the running subgraph."""

    def __init__(
        self,
        storage: Storage,
        settings: AccountSettings,
        mailer: Mailer,
        vault: Vault,
        passwords: Passwords,
    ) -> None:
        self.storage = storage
        self.settings = settings
        self.passwords = passwords
        self.vault = vault
        self.keys = SigningKeys(storage, vault)
        self.revoked = Revoked(storage)
        self.profiles = Profiles(outbox_of(storage.metadata))
        self.refusals = Refusals()
        self.postbox = Postbox(mailer)
        self.background = Background(passing=Unavailable, at_once=2)
        job = Job("housekeeping", _KEEP_HOUSE_EVERY_SECONDS, self._keep_house)
        self._housekeeping = RunningJob(job, storage)

    async def start(self) -> None:
        """Seal what is not sealed yet, make the first signing key and let time rotate them from
        now on. Raises ``WrongSecretKey``."""
        await self.storage.start()
        try:
            await self._seal_everything()
            await self.keys.keep_fresh()
            await self.revoked.start()
        except BaseException:
            # Nobody stops what has not started.
            await self.storage.stop()
            raise
        self._housekeeping.start()

    async def stop(self) -> None:
        await self._housekeeping.stop()
        await self.revoked.stop()
        await self.background.finish()
        await self.postbox.empty()
        await self.storage.stop()

    async def _seal_everything(self) -> None:
        is_done = False
        while not is_done:
            async with self.storage.begin() as uow:
                is_done = await seal_everything(uow.session, self.vault)

    @asynccontextmanager
    async def begin(self, doer: Doer) -> AsyncGenerator[UnitOfWork]:
        """One transaction: what it announces is audited with it, sessions that it ended are
        refused at once."""
        actor = str(doer.actor_id) if doer.actor_id is not None else None
        async with self.storage.begin({"actorId": actor, "requestId": doer.request_id}) as uow:
            yield uow
            await uow.session.flush()
            contacts = await contacts_of(uow.session, uow.events)
            if any(isinstance(event, UserDeleted) and event.key == actor for event in uow.events):
                doer = doer.forgotten()
            await audit.append(
                uow.session, doer, [Deed(event.topic, event.key) for event in uow.events]
            )
            # After the audit: that a contact is told anew is no deed of anybody.
            for contact in contacts:
                uow.emit(contact)
        await self.revoked.learn(uow.events)

    async def audit_refusal(self, doer: Doer, action: str, target: str, reason: str) -> None:
        """Note what ``doer`` was kept from doing. Many from one address are an attack, which is
        told in the log."""
        if doer.client_address is not None:
            self.refusals.count(FROM_ONE_ADDRESS, doer.client_address)
        async with self.storage.begin() as uow:
            await audit.append(uow.session, doer, [Deed(action, target, audit.REFUSED, reason)])

    async def verify_api_key(self, text: str) -> Identity | None:
        """Whose API key this is; None when it is nobody's, has expired or was revoked.

        Takes equally long for any text that is no good. Raises ``Unavailable``.
        """
        now = utc_now()
        async with self.storage.read() as session:
            found = await api_keys.identify(session, text, now)
        if found is not None and api_keys.was_long_unused(found.key, now):
            self.background.do(partial(self._note_use, found.key.id, now))
        return found.identity if found is not None else None

    async def _note_use(self, id: UUID, now: datetime) -> None:
        async with self.storage.begin() as uow:
            await api_keys.note_use(uow.session, id, now)

    async def _keep_house(self, storage: Storage) -> None:
        await self.keys.keep_fresh()
        async with storage.begin() as uow:
            await clean(uow.session, utc_now())


class Context(CallerContext[Loaders]):
    """One operation of one caller."""

    def __init__(self, request: RequestContext, services: Services) -> None:
        super().__init__(request, services.storage, partial(Loaders, profiles=services.profiles))
        self.passwords = services.passwords
        self.settings = services.settings
        self.vault = services.vault
        self.postbox = services.postbox
        self._services = services

    @property
    def caller_id(self) -> UUID:
        """Raises ``Unauthenticated`` for nobody."""
        if self.caller.id is None:
            raise Unauthenticated("Log in to do this.")
        return self.caller.id

    @property
    def person_id(self) -> UUID:
        """Like ``caller_id``; raises ``PersonsOnly`` for programs besides."""
        if self.caller.kind != "user":
            raise PersonsOnly
        return self.caller_id

    def require_look(self) -> None:
        """Raises ``ScopeNeeded`` for programs that may not look at people and groups: an empty list
        or a null would say that there are none."""
        if self.caller.is_authenticated and not queries.may_look(self.caller):
            raise ScopeNeeded(queries.LOOK)

    def begin(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """One transaction for one mutation that takes a person. Raises ``Unauthenticated`` and
        ``PersonsOnly``."""
        _ = self.person_id
        return self.begin_for_anyone()

    def begin_within_scopes(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Like ``begin`` for mutations that a scope stands for: programs with it may do them."""
        _ = self.caller_id
        return self.begin_for_anyone()

    def begin_for_anyone(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """One transaction for those who are about to sign up or in."""
        return self.unless_dry_run(self._services.begin(self._doer))

    async def audit_refusal(self, action: str, target: str, reason: str) -> None:
        """Record a rejected action; the reason is for administrators only. Many of one kind are an
        attack, which is logged."""
        self.end_dry_run()
        self._services.refusals.count(AT_ONE_ACCOUNT, target)
        await self._services.audit_refusal(self._doer, action, target, reason)

    async def audit(self, deed: Deed) -> None:
        """Note what somebody did that changes nothing."""
        self.end_dry_run()
        async with self.storage.begin() as uow:
            await audit.append(uow.session, self._doer, [deed])

    @property
    def _doer(self) -> Doer:
        request = self.request
        return Doer(
            actor_id=request.identity.id,
            request_id=request.request_id,
            origin=request.user_agent,
            client_address=request.client_address,
            key_id=request.identity.key_id,
        )

    @property
    def visit(self) -> Visit:
        """Where from and what with the caller asks, for the list of sessions."""
        return Visit(self.request.user_agent, self.request.client_address)

    def in_background(self, work: Work) -> None:
        """Do something after the answer, again when the database is busy; what goes wrong is
        logged."""
        self.end_dry_run()
        self._services.background.do(work)

    async def confirm_password(self, password: str, field: str = "password") -> None:
        """Before a grave step: is it still the same person? Raises ``WrongPassword`` for the
        argument ``field``."""
        self.end_dry_run()  # tries are counted
        user = await self.loaders.user.load(self.person_id)
        if user is None:
            raise WrongPassword(field)
        try:
            await confirm_password(
                self.storage, self.passwords, self.vault, user.row.email, password
            )
        except WrongPassword:
            await self.audit_refusal("user.password_confirmed", str(user.row.id), "wrong_password")
            raise WrongPassword(field) from None

    async def sign(self, opened: OpenSession) -> AccessToken:
        """An access token for a session."""
        return sign_access_token(
            opened.user,
            opened.belonging,
            opened.session,
            signer=await self._services.keys.signer(),
            settings=self.settings,
            now=utc_now(),
        )
