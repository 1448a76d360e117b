"""Tokens for somebody who has signed in with a provider."""

import strawberry

from trellis.db.models import utc_now
from trellis.schema.events.accounts import UserLoggedIn
from trellis.subgraphs.accounts.errors import MfaRequired, SignInCodeRefused, WrongCredentials
from trellis.subgraphs.accounts.graph.authentication import AuthPayload
from trellis.subgraphs.accounts.graph.limits import PROOFS
from trellis.subgraphs.accounts.graph.types import Ctx
from trellis.subgraphs.accounts.models import Profile
from trellis.subgraphs.accounts.providers.linking import usable_code
from trellis.subgraphs.accounts.use_cases import second_factor, sign_in
from trellis.subgraphs.accounts.use_cases.second_factor import Verdict
from trellis.subgraphs.accounts.use_cases.sign_in import Proof


@strawberry.input
class SignInWithCodeInput:
    code: str = strawberry.field(
        description="from the URL fragment with which the browser returned"
    )
    verifier: str = strawberry.field(
        description="the PKCE code verifier: the challenge of the sign-in is its SHA-256 hash"
    )
    mfa_code: str | None = strawberry.field(
        default=None,
        description="from the authenticator, or a recovery code; only if it is required",
    )
    profile: Profile = Profile.GRAPHQL


@strawberry.type
class ProvidersMutation:
    @strawberry.mutation(
        description="Get tokens for a sign-in with an identity provider; each code can be used "
        "once.",
        directives=PROOFS,
    )
    async def sign_in_with_code(self, info: Ctx, input: SignInWithCodeInput) -> AuthPayload | None:
        context, opened = info.context, None
        # The transaction commits in any case: tries of the second factor are counted.
        async with context.begin_for_anyone() as uow:
            code = await usable_code(uow, input.code, input.verifier, utc_now())
            if code is None:
                raise SignInCodeRefused
            user_id = code.user_id
            verdict = await second_factor.check(uow, context.vault, user_id, input.mfa_code)
            if verdict is Verdict.PASSED:
                await uow.session.delete(code)
                opened = await sign_in.open_session(
                    uow, Proof(user_id, None), profile=input.profile, visit=context.visit
                )
        if verdict is Verdict.MISSING:
            raise MfaRequired
        if opened is None:
            await context.audit_refusal(UserLoggedIn.topic, str(user_id), "wrong_code")
            raise WrongCredentials("wrong_code", user_id)
        return await AuthPayload.of(info, opened)
