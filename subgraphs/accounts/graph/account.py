"""One's own account: moving it to another address, and a copy of all that is kept."""

from typing import Self, cast
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID

from trellis.schema.inputs import InputProblems, is_id_of
from trellis.schema.scalars import JSON
from trellis.subgraphs.accounts import checks, queries
from trellis.subgraphs.accounts.audit import Deed
from trellis.subgraphs.accounts.errors import UserNotFound
from trellis.subgraphs.accounts.graph.limits import PROOFS, VERIFICATION_LETTERS
from trellis.subgraphs.accounts.graph.people import UserPayload
from trellis.subgraphs.accounts.graph.security import LetterPayload
from trellis.subgraphs.accounts.graph.types import Ctx, User
from trellis.subgraphs.accounts.letters import (
    email_changed_letter,
    email_wanted_letter,
    email_warning_letter,
    new_email_letter,
)
from trellis.subgraphs.accounts.use_cases import email_change
from trellis.subgraphs.accounts.use_cases.export import export_person


@strawberry.input
class ChangeEmailInput:
    new_email: checks.Email
    password: str

    def checked_email(self) -> str:
        """The address in lower case. Raises ``BadUserInput``."""
        problems = InputProblems()
        email = checks.check_email(problems, self.new_email, field="newEmail")
        problems.raise_any()
        return email


@strawberry.federation.type(
    keys=["userId"],
    description="Everything that is stored about the caller, except secrets. Each subgraph adds a "
    "field.",
)
class PersonalData:
    user_id: ID

    @strawberry.federation.field(
        authenticated=True,
        description="What accounts stores about the caller, rows by table.",
    )
    async def accounts(self, info: Ctx) -> JSON | None:
        async with info.context.storage.read() as session:
            user = await queries.user_by_id(session, UUID(self.user_id))
            if user is None:
                raise UserNotFound
            return cast("JSON", await export_person(session, user))

    @classmethod
    async def resolve_reference(cls, info: Ctx, user_id: str) -> Self | None:
        """Nobody but the person themselves."""
        return cls(user_id=ID(user_id)) if is_id_of(user_id, info.context.caller.id) else None


@strawberry.type
class AccountQuery:
    @strawberry.federation.field(
        authenticated=True,
        description="Everything that is stored about the caller, in all subgraphs.",
    )
    async def export_my_data(self, info: Ctx) -> PersonalData | None:
        person_id = info.context.person_id
        await info.context.audit(Deed("user.exported", str(person_id)))
        return PersonalData(user_id=ID(str(person_id)))


@strawberry.type
class AccountMutation:
    @strawberry.federation.mutation(
        authenticated=True,
        description="Send an e-mail to a new address, with a link that makes it the address of the "
        "account. The response is the same whether or not another account has the address.",
        directives=VERIFICATION_LETTERS,
    )
    async def request_email_change(
        self, info: Ctx, input: ChangeEmailInput
    ) -> LetterPayload | None:
        context, email = info.context, input.checked_email()
        await context.confirm_password(input.password)
        async with context.begin() as uow:
            wanted = await email_change.request_email_change(uow, context.person_id, email)
        if wanted.link is not None:
            token, url = wanted.link.token, context.settings.public_url
            free = new_email_letter(email, token, url)
            context.postbox.post(email_wanted_letter(email) if wanted.is_taken else free)
            context.postbox.post(email_warning_letter(wanted.old_email))
        return LetterPayload(message="An e-mail has been sent to the new address.")

    @strawberry.mutation(
        description="Change the address of the account to the one that the link was sent to.",
        directives=PROOFS,
    )
    async def confirm_email_change(self, info: Ctx, token: str) -> UserPayload | None:
        async with info.context.begin_for_anyone() as uow:
            change = await email_change.confirm_email_change(uow, token)
        info.context.postbox.post(email_changed_letter(change.old_email))
        return UserPayload(user=User.of_themselves(change.user))
