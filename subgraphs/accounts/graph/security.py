"""Sessions, passwords, mailed links and the second factor."""

from datetime import datetime
from functools import partial
from typing import Self

import strawberry
import strawberry.federation
from pyotp.totp import TOTP
from strawberry import ID

from trellis.db.models import utc_now
from trellis.schema.inputs import InputProblems, as_uuid
from trellis.schema.list_sizes import list_size
from trellis.subgraphs.accounts import checks, models, proof_queries, queries
from trellis.subgraphs.accounts.context import Context
from trellis.subgraphs.accounts.errors import SessionNotFound, UserNotFound, WrongCode
from trellis.subgraphs.accounts.graph.authentication import post_verification
from trellis.subgraphs.accounts.graph.limits import PROOFS, RESET_LETTERS, VERIFICATION_LETTERS
from trellis.subgraphs.accounts.graph.people import UserPayload
from trellis.subgraphs.accounts.graph.types import Ctx, User
from trellis.subgraphs.accounts.letters import reset_letter
from trellis.subgraphs.accounts.models import LinkPurpose, Profile, SessionEnd
from trellis.subgraphs.accounts.use_cases import links, passwords, second_factor, sessions
from trellis.subgraphs.accounts.use_cases.second_factor import RECOVERY_CODES, Verdict
from trellis.subgraphs.accounts.use_cases.sign_in import MOST_SESSIONS

_ISSUER = "Trellis"


@strawberry.type(description="A session of the caller: one sign-in.")
class Session:
    id: ID
    profile: Profile
    user_agent: str | None
    client_address: str | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    is_current: bool

    @classmethod
    def of(cls, info: Ctx, row: models.Session) -> Self:
        return cls(
            id=ID(str(row.id)),
            profile=row.profile,
            user_agent=row.user_agent,
            client_address=row.client_address,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            expires_at=row.expires_at,
            is_current=row.id == info.context.caller.session_id,
        )


@strawberry.type(description="Whether signing in requires a second factor.")
class MfaStatus:
    enabled: bool
    method: str | None
    recovery_codes_left: int


@strawberry.type
class SecurityQuery:
    @strawberry.federation.field(
        directives=[list_size(MOST_SESSIONS)],
        authenticated=True,
        description="The open sessions of the caller, most recently used first.",
    )
    async def sessions(self, info: Ctx) -> list[Session] | None:
        async with info.context.storage.read() as session:
            rows = await proof_queries.open_sessions(session, info.context.person_id, utc_now())
        return [Session.of(info, row) for row in rows]

    @strawberry.federation.field(authenticated=True)
    async def mfa_status(self, info: Ctx) -> MfaStatus | None:
        async with info.context.storage.read() as session:
            device = await session.get(models.Authenticator, info.context.person_id)
            left = await proof_queries.unused_recovery_codes(session, info.context.person_id)
        enabled = device is not None and device.confirmed_at is not None
        return MfaStatus(
            enabled=enabled, method="totp" if enabled else None, recovery_codes_left=left
        )


@strawberry.input
class ChangePasswordInput:
    current_password: str
    new_password: checks.NewPassword


@strawberry.input
class ResetPasswordInput:
    token: str = strawberry.field(description="from the e-mail")
    new_password: checks.NewPassword
    profile: Profile = Profile.GRAPHQL


@strawberry.input
class DisableMfaInput:
    password: str
    code: str = strawberry.field(description="from the authenticator, or a recovery code")


@strawberry.type
class RevokeSessionPayload:
    revoked_session_id: ID


@strawberry.type
class RevokeSessionsPayload:
    revoked_sessions: int


@strawberry.type
class PasswordPayload:
    message: str
    revoked_sessions: int | None = None


@strawberry.type
class LetterPayload:
    message: str


@strawberry.type(description="The secret for an authenticator app, as text and as a QR code's URI.")
class EnableMfaPayload:
    secret: str
    uri: str


_CODES = list_size(RECOVERY_CODES)


@strawberry.type(description="Shown only once. Keep them apart from the authenticator.")
class ConfirmMfaPayload:
    recovery_codes: list[str] = strawberry.field(directives=[_CODES])


@strawberry.type(description="The result of a step of setting up a second factor.")
class SetUpMfaPayload:
    enabled: bool
    secret: str | None = None
    uri: str | None = None
    recovery_codes: list[str] | None = strawberry.field(default=None, directives=[_CODES])


@strawberry.type
class SecurityMutation:
    @strawberry.federation.mutation(authenticated=True, description="End a session of the caller.")
    async def revoke_session(self, info: Ctx, id: ID) -> RevokeSessionPayload | None:
        wanted = as_uuid(id)
        if wanted is None:
            raise SessionNotFound
        async with info.context.begin() as uow:
            await sessions.revoke_session(uow, info.context.caller, wanted)
        return RevokeSessionPayload(revoked_session_id=ID(str(wanted)))

    @strawberry.federation.mutation(
        authenticated=True, description="End all sessions of the caller except the current one."
    )
    async def revoke_all_sessions(
        self, info: Ctx, include_current: bool = False
    ) -> RevokeSessionsPayload | None:
        caller = info.context.caller
        keep = None if include_current else caller.session_id
        async with info.context.begin() as uow:
            count = await sessions.revoke_sessions(
                uow, info.context.person_id, SessionEnd.ENDED_BY_USER, keep=keep
            )
        return RevokeSessionsPayload(revoked_sessions=count)

    @strawberry.federation.mutation(
        authenticated=True, description="All other sessions of the caller end."
    )
    async def change_password(
        self, info: Ctx, input: ChangePasswordInput
    ) -> PasswordPayload | None:
        context = info.context
        _check_password(input.new_password, Profile.GRAPHQL)
        await context.confirm_password(input.current_password, "currentPassword")
        password_hash = await context.passwords.hash(input.new_password)
        async with context.begin() as uow:
            user = await queries.user_for_update(uow.session, context.person_id)
            if user is None:
                raise UserNotFound
            ended = await passwords.replace_password(
                uow, user, password_hash, keep=context.caller.session_id
            )
        return PasswordPayload(message="Password changed", revoked_sessions=ended)

    @strawberry.mutation(
        description="Send an e-mail with a link to reset the password. The response is the same "
        "for every address.",
        directives=RESET_LETTERS,
    )
    async def request_password_reset(self, info: Ctx, email: checks.Email) -> LetterPayload | None:
        problems = InputProblems()
        wanted = checks.check_email(problems, email)
        problems.raise_any()
        # In the background: how long it takes would tell whether there is such an account.
        info.context.in_background(partial(_mail_reset_link, info.context, wanted))
        return LetterPayload(message="If the account exists, an e-mail has been sent.")

    @strawberry.mutation(
        description="Set a new password with the link from the e-mail; all sessions of the "
        "account end.",
        directives=PROOFS,
    )
    async def reset_password(self, info: Ctx, input: ResetPasswordInput) -> PasswordPayload | None:
        context = info.context
        _check_password(input.new_password, input.profile)
        await links.check_reset_token(context.storage, input.token)
        password_hash = await context.passwords.hash(input.new_password)
        async with context.begin_for_anyone() as uow:
            await links.reset_password(uow, input.token, password_hash)
        return PasswordPayload(message="Password changed; sign in with the new one.")

    @strawberry.mutation(
        description="Confirm an e-mail address with the code from the e-mail.", directives=PROOFS
    )
    async def verify_user(
        self, info: Ctx, token: str, user_id: ID | None = None
    ) -> UserPayload | None:
        wanted = as_uuid(user_id) if user_id is not None else None
        if user_id is not None and wanted is None:
            raise UserNotFound
        async with info.context.begin_for_anyone() as uow:
            user = await links.verify_email(uow, token, user_id=wanted)
        return UserPayload(user=User.of_themselves(user))

    @strawberry.federation.mutation(
        authenticated=True,
        description="Send another e-mail to confirm the caller's address.",
        directives=VERIFICATION_LETTERS,
    )
    async def request_verification(self, info: Ctx) -> LetterPayload | None:
        async with info.context.begin() as uow:
            user = await queries.user_for_update(uow.session, info.context.person_id)
            is_needed = user is not None and user.email_verified_at is None
            link = (
                await links.make_link(uow, user, LinkPurpose.VERIFY_EMAIL)
                if user is not None and is_needed
                else None
            )
        post_verification(info, link)
        done = "Your address is confirmed already."
        return LetterPayload(message="An e-mail has been sent." if is_needed else done)

    @strawberry.federation.mutation(
        authenticated=True,
        description="Start to set up a second factor; it takes effect when it is confirmed.",
    )
    async def enable_mfa(self, info: Ctx, password: str) -> EnableMfaPayload | None:
        secret, uri = await _enrol(info.context, password)
        return EnableMfaPayload(secret=secret, uri=uri)

    @strawberry.federation.mutation(
        authenticated=True,
        description="Confirm the second factor with a code of the authenticator.",
    )
    async def confirm_mfa(self, info: Ctx, code: str) -> ConfirmMfaPayload | None:
        async with info.context.begin() as uow:
            codes = await second_factor.confirm(
                uow, info.context.vault, info.context.person_id, code
            )
        return ConfirmMfaPayload(recovery_codes=codes)

    @strawberry.federation.mutation(
        authenticated=True,
        description="Both steps of the set-up in one field: with a password it returns a new "
        "secret, with a code it confirms the secret.",
    )
    async def set_up_mfa(
        self, info: Ctx, password: str | None = None, code: str | None = None
    ) -> SetUpMfaPayload | None:
        if code is None:
            if not password:
                problems = InputProblems()
                message = "Give password to begin, or code to confirm."
                problems.add("password", "REQUIRED_FIELD_MISSING", message)
                problems.raise_any()
            secret, uri = await _enrol(info.context, password or "")
            return SetUpMfaPayload(enabled=False, secret=secret, uri=uri)
        async with info.context.begin() as uow:
            codes = await second_factor.confirm(
                uow, info.context.vault, info.context.person_id, code
            )
        return SetUpMfaPayload(enabled=True, recovery_codes=codes)

    @strawberry.federation.mutation(authenticated=True)
    async def disable_mfa(self, info: Ctx, input: DisableMfaInput) -> MfaStatus | None:
        context = info.context
        await context.confirm_password(input.password)
        async with context.begin() as uow:
            verdict = await second_factor.check(uow, context.vault, context.person_id, input.code)
            if verdict is Verdict.PASSED:
                await second_factor.disable(uow, context.person_id)
        if verdict is not Verdict.PASSED:
            raise WrongCode
        return MfaStatus(enabled=False, method=None, recovery_codes_left=0)


async def _enrol(context: Context, password: str) -> tuple[str, str]:
    """The secret for the caller's authenticator, as text and as a QR code's URI."""
    await context.confirm_password(password)
    async with context.begin() as uow:
        secret = await second_factor.enrol(uow, context.vault, context.person_id)
    name = context.caller.email or str(context.person_id)
    return secret, TOTP(secret).provisioning_uri(name=name, issuer_name=_ISSUER)


async def _mail_reset_link(context: Context, email: str) -> None:
    async with context.begin_for_anyone() as uow:
        link = await links.make_reset_link(uow, email)
    if link is not None:
        context.postbox.post(reset_letter(link.email, link.token, context.settings.public_url))


def _check_password(password: str, profile: Profile) -> None:
    problems = InputProblems()
    checks.check_new_password(problems, password, profile, field="newPassword")
    problems.raise_any()
