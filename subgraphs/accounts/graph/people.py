"""Changing users."""

from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID

from trellis.schema.inputs import known_id
from trellis.subgraphs.accounts.errors import AdministratorsOnly, UserNotFound
from trellis.subgraphs.accounts.graph.inputs import (
    CreateUserInput,
    UpdateProfileInput,
    UpdateUserInput,
)
from trellis.subgraphs.accounts.graph.types import Ctx, User
from trellis.subgraphs.accounts.use_cases import deletion, people, registration
from trellis.subgraphs.accounts.use_cases.registration import NewUser

WRITE = [["write:profile"]]


@strawberry.type
class UserPayload:
    user: User


@strawberry.type
class DeleteUserPayload:
    deleted_user_id: ID


@strawberry.type
class PeopleMutation:
    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def update_my_profile(self, info: Ctx, input: UpdateProfileInput) -> UserPayload | None:
        context, changes = info.context, input.checked()
        async with context.begin_within_scopes() as uow:
            row = await people.update_user(
                uow, context.caller, context.caller_id, changes, version=input.version
            )
        return UserPayload(user=User.of(info, row))

    @strawberry.federation.mutation(
        requires_scopes=WRITE,
        description="Change a profile: your own, or as an administrator that of any user.",
    )
    async def update_user(self, info: Ctx, id: ID, input: UpdateUserInput) -> UserPayload | None:
        wanted, changes = _user_id(id), input.checked()
        async with info.context.begin_within_scopes() as uow:
            row = await people.update_user(
                uow, info.context.caller, wanted, changes, version=input.version
            )
        return UserPayload(user=User.of(info, row))

    @strawberry.federation.mutation(
        authenticated=True, description="Create an account for another person; administrators only."
    )
    async def create_user(self, info: Ctx, input: CreateUserInput) -> UserPayload | None:
        if not info.context.caller.is_admin:
            # Before the password is hashed: nobody else may make us work.
            raise AdministratorsOnly
        new = input.checked()
        password_hash = await info.context.passwords.hash(new.password)
        async with info.context.begin() as uow:
            row = await registration.create_user(
                uow,
                info.context.caller,
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
        return UserPayload(user=User.of(info, row))

    @strawberry.federation.mutation(
        authenticated=True,
        description="Close an account: your own, or as an administrator that of any user; its "
        "sessions end.",
    )
    async def deactivate_user(self, info: Ctx, id: ID) -> UserPayload | None:
        wanted = _user_id(id)
        row = await info.context.transact(people.deactivate_user, wanted)
        return UserPayload(user=User.of(info, row))

    @strawberry.federation.mutation(
        authenticated=True, description="Reopen a closed account; administrators only."
    )
    async def reactivate_user(self, info: Ctx, id: ID) -> UserPayload | None:
        wanted = _user_id(id)
        row = await info.context.transact(people.reactivate_user, wanted)
        return UserPayload(user=User.of(info, row))

    @strawberry.federation.mutation(
        authenticated=True,
        description="Erase a person: yourself, or as an administrator any user. Name, address, "
        "memberships and sessions are deleted permanently.",
    )
    async def delete_user(self, info: Ctx, id: ID) -> DeleteUserPayload | None:
        wanted = _user_id(id)
        await info.context.transact(deletion.delete_user, wanted)
        return DeleteUserPayload(deleted_user_id=ID(str(wanted)))


def _user_id(id: str) -> UUID:
    return known_id(id, lambda _: UserNotFound())
