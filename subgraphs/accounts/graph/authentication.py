"""Signing up, in and out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self, cast

import strawberry
import strawberry.federation
from strawberry.types.nodes import SelectedField, Selection

from trellis.schema.events.accounts import (
    UserLoggedIn,
)
from trellis.subgraphs.accounts.errors import MfaRequired, RefreshTokenRefused, WrongCredentials
from trellis.subgraphs.accounts.graph.inputs import LoginInput, RefreshTokenInput, RegisterInput
from trellis.subgraphs.accounts.graph.limits import LOGINS, REGISTRATIONS
from trellis.subgraphs.accounts.graph.types import Ctx, User
from trellis.subgraphs.accounts.letters import verification_letter
from trellis.subgraphs.accounts.models import LinkPurpose
from trellis.subgraphs.accounts.use_cases import (
    links,
    registration,
    second_factor,
    sessions,
    sign_in,
)
from trellis.subgraphs.accounts.use_cases.links import NewLink
from trellis.subgraphs.accounts.use_cases.registration import NewUser
from trellis.subgraphs.accounts.use_cases.second_factor import Verdict
from trellis.subgraphs.accounts.use_cases.sign_in import OpenSession, Proof


@strawberry.type(
    description="Tokens for the client: the access token is sent as Bearer, the refresh token "
    "gets new ones."
)
class AuthPayload:
    access_token: str
    refresh_token: str | None = strawberry.field(
        description="null if the refresh token that was used remains valid"
    )
    token_type: str
    expires_in: int = strawberry.field(description="seconds until the access token expires")
    user: User

    @classmethod
    async def of(cls, info: Ctx, opened: OpenSession) -> Self:
        token = await info.context.sign(opened)
        return cls(
            access_token=token.text,
            refresh_token=opened.refresh_token,
            token_type="Bearer",
            expires_in=token.expires_in,
            user=User.of_themselves(opened.user),
        )


@strawberry.type
class RegisterPayload(AuthPayload):
    message: str = "Registration successful. Please verify your email."


@dataclass(frozen=True, slots=True)
class _Registered:
    """What ``RegisterPayload`` has for those who asked for no tokens: there are none."""

    user: User
    message: str = RegisterPayload.message


# The members of ``RegisterPayload`` that a session stands behind.
_OF_SESSION = frozenset({"accessToken", "refreshToken", "tokenType", "expiresIn"})


def _selects(selections: Iterable[Selection], names: frozenset[str]) -> bool:
    """Whether one of the fields is selected, also in fragments."""
    return any(
        one.name in names if isinstance(one, SelectedField) else _selects(one.selections, names)
        for one in selections
    )


@strawberry.type
class LogoutPayload:
    message: str = "Successfully logged out"


def post_verification(info: Ctx, link: NewLink | None) -> None:
    """Mail a link, if there is one, after its transaction has committed."""
    if link is not None:
        context = info.context
        letter = verification_letter(link.email, link.token, context.settings.public_url)
        context.postbox.post(letter)


async def _audit_refused_login(info: Ctx, login: str, refusal: WrongCredentials) -> None:
    # Hashed with a key: people type passwords into the wrong field.
    unknown = f"login:{info.context.vault.fingerprint(login.strip().lower())[:32]}"
    target = str(refusal.user_id) if refusal.user_id is not None else unknown
    await info.context.audit_refusal(UserLoggedIn.topic, target, refusal.reason)


@strawberry.type
class AuthenticationMutation:
    @strawberry.mutation(
        description="Create an account and sign in with it. If no token is selected, nobody is "
        "signed in.",
        directives=REGISTRATIONS,
    )
    async def register(self, info: Ctx, input: RegisterInput) -> RegisterPayload | None:
        new = input.checked()
        signs_in = any(_selects(one.selections, _OF_SESSION) for one in info.selected_fields)
        opened = None
        password_hash = await info.context.passwords.hash(new.password)
        async with info.context.begin_for_anyone() as uow:
            user = await registration.register(
                uow,
                NewUser(
                    email=new.email,
                    password_hash=password_hash,
                    username=new.username,
                    first_name=new.first_name,
                    last_name=new.last_name,
                    display_name=new.display_name,
                    phone=new.phone,
                    roles=new.roles,
                ),
            )
            link = await links.make_link(uow, user, LinkPurpose.VERIFY_EMAIL)
            if signs_in:
                opened = await sign_in.open_session(
                    uow, Proof(user.id, None), profile=new.profile, visit=info.context.visit
                )
        post_verification(info, link)
        if opened is None:
            return cast("RegisterPayload", _Registered(User.of_themselves(user)))
        return await RegisterPayload.of(info, opened)

    @strawberry.mutation(
        description="Sign in with a password; the response is the same for every failure.",
        directives=LOGINS,
    )
    async def login(self, info: Ctx, input: LoginInput) -> AuthPayload | None:
        context = info.context
        login = input.login()
        context.end_dry_run()  # tries are counted
        try:
            proof = await sign_in.prove_password(
                context.storage, context.passwords, context.vault, login, input.password
            )
        except WrongCredentials as refusal:
            await _audit_refused_login(info, login, refusal)
            raise
        opened = None
        # The transaction commits in any case: tries of the second factor are counted.
        async with context.begin_for_anyone() as uow:
            await sign_in.take_back_guess(uow, proof)
            verdict = await second_factor.check(uow, context.vault, proof.user_id, input.mfa_code)
            if verdict is Verdict.PASSED:
                opened = await sign_in.open_session(
                    uow, proof, profile=input.profile, visit=context.visit
                )
        if verdict is Verdict.MISSING:
            raise MfaRequired
        if opened is None:
            refusal = WrongCredentials("wrong_code", proof.user_id)
            await _audit_refused_login(info, login, refusal)
            raise refusal
        return await AuthPayload.of(info, opened)

    @strawberry.mutation(
        description="Get a new access token. A refresh token that was used before ends its "
        "session; one that was issued in another dialect is rejected and remains "
        "valid."
    )
    async def refresh_token(self, info: Ctx, input: RefreshTokenInput) -> AuthPayload | None:
        async with info.context.begin_for_anyone() as uow:
            opened = await sign_in.use_refresh_token(uow, input.refresh_token, input.profile)
        if opened is None:
            raise RefreshTokenRefused
        return await AuthPayload.of(info, opened)

    @strawberry.federation.mutation(
        authenticated=True, description="End the session of the access token of this request."
    )
    async def logout(self, info: Ctx) -> LogoutPayload | None:
        async with info.context.begin() as uow:
            await sessions.log_out(uow, info.context.caller)
        return LogoutPayload()
