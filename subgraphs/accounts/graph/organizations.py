"""Changing organizations and teams."""

import strawberry
import strawberry.federation
from strawberry import ID

from trellis.schema.inputs import as_uuid
from trellis.subgraphs.accounts.errors import InvitationNotFound
from trellis.subgraphs.accounts.graph.inputs import (
    CreateOrganizationInput,
    CreateTeamInput,
    InviteInput,
    OrganizationMemberInput,
    TeamMemberInput,
)
from trellis.subgraphs.accounts.graph.types import Ctx, Invitation, Member, Organization, Team
from trellis.subgraphs.accounts.letters import invitation_letter
from trellis.subgraphs.accounts.use_cases import invitations, organizations


@strawberry.type
class OrganizationPayload:
    organization: Organization


@strawberry.type
class TeamPayload:
    team: Team


@strawberry.type
class MemberPayload:
    member: Member


@strawberry.type
class RemoveMemberPayload:
    removed_user_id: ID


@strawberry.type
class InvitationPayload:
    invitation: Invitation


@strawberry.type
class OrganizationsMutation:
    @strawberry.federation.mutation(
        authenticated=True, description="Mail an invitation into an organization one administers."
    )
    async def invite_to_organization(
        self, info: Ctx, input: InviteInput
    ) -> InvitationPayload | None:
        organization_id, email, role = input.checked()
        context = info.context
        async with context.begin() as uow:
            new = await invitations.invite(uow, context.caller, organization_id, email, role)
        url = context.settings.public_url
        context.postbox.post(invitation_letter(email, new.organization.name, new.token, url))
        return InvitationPayload(invitation=Invitation.of(new.invitation))

    @strawberry.federation.mutation(authenticated=True)
    async def withdraw_invitation(self, info: Ctx, id: ID) -> InvitationPayload | None:
        wanted = as_uuid(id)
        if wanted is None:
            raise InvitationNotFound
        async with info.context.begin() as uow:
            row = await invitations.withdraw(uow, info.context.caller, wanted)
        return InvitationPayload(invitation=Invitation.of(row))

    @strawberry.federation.mutation(
        authenticated=True, description="Join by an invitation sent to the caller's own address."
    )
    async def accept_invitation(self, info: Ctx, token: str) -> OrganizationPayload | None:
        async with info.context.begin() as uow:
            row = await invitations.accept(uow, info.context.caller, token)
        return OrganizationPayload(organization=Organization.of(row))

    @strawberry.federation.mutation(
        authenticated=True, description="Make an organization; the caller administers it."
    )
    async def create_organization(
        self, info: Ctx, input: CreateOrganizationInput
    ) -> OrganizationPayload | None:
        wish = input.checked()
        async with info.context.begin() as uow:
            row = await organizations.create_organization(uow, info.context.caller, **wish)
        return OrganizationPayload(organization=Organization.of(row))

    @strawberry.federation.mutation(authenticated=True)
    async def add_organization_member(
        self, info: Ctx, input: OrganizationMemberInput
    ) -> MemberPayload | None:
        organization_id, user_id, role = input.checked()
        async with info.context.begin() as uow:
            row = await organizations.add_member(
                uow, info.context.caller, organization_id, user_id, role
            )
        return MemberPayload(member=Member.of(row))

    @strawberry.federation.mutation(
        authenticated=True, description="Appoint or dismiss an administrator."
    )
    async def change_organization_role(
        self, info: Ctx, input: OrganizationMemberInput
    ) -> MemberPayload | None:
        organization_id, user_id, role = input.checked()
        async with info.context.begin() as uow:
            row = await organizations.change_member_role(
                uow, info.context.caller, organization_id, user_id, role
            )
        return MemberPayload(member=Member.of(row))

    @strawberry.federation.mutation(
        authenticated=True, description="Put somebody out, or leave oneself; the role is ignored."
    )
    async def remove_organization_member(
        self, info: Ctx, input: OrganizationMemberInput
    ) -> RemoveMemberPayload | None:
        organization_id, user_id, _ = input.checked()
        async with info.context.begin() as uow:
            await organizations.remove_member(uow, info.context.caller, organization_id, user_id)
        return RemoveMemberPayload(removed_user_id=ID(str(user_id)))

    @strawberry.federation.mutation(
        authenticated=True,
        description="Make a team in an organization that the caller administers.",
    )
    async def create_team(self, info: Ctx, input: CreateTeamInput) -> TeamPayload | None:
        wish = input.checked()
        async with info.context.begin() as uow:
            row = await organizations.create_team(uow, info.context.caller, **wish)
        return TeamPayload(team=Team.of(row))

    @strawberry.federation.mutation(authenticated=True)
    async def add_team_member(self, info: Ctx, input: TeamMemberInput) -> MemberPayload | None:
        team_id, user_id, role = input.checked()
        async with info.context.begin() as uow:
            row = await organizations.add_team_member(
                uow, info.context.caller, team_id, user_id, role
            )
        return MemberPayload(member=Member.of(row))

    @strawberry.federation.mutation(
        authenticated=True, description="Put somebody out, or leave oneself; the role is ignored."
    )
    async def remove_team_member(
        self, info: Ctx, input: TeamMemberInput
    ) -> RemoveMemberPayload | None:
        team_id, user_id, _ = input.checked()
        async with info.context.begin() as uow:
            await organizations.remove_team_member(uow, info.context.caller, team_id, user_id)
        return RemoveMemberPayload(removed_user_id=ID(str(user_id)))
