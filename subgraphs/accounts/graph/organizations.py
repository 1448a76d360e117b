"""Changing organizations and teams."""

import strawberry
import strawberry.federation
from strawberry import ID

from trellis.schema.inputs import known_id
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
        authenticated=True,
        description="Send an e-mail with an invitation to an organization that the caller "
        "administers.",
    )
    async def invite_to_organization(
        self, info: Ctx, input: InviteInput
    ) -> InvitationPayload | None:
        context, wanted = info.context, input.checked()
        new = await info.context.transact(invitations.invite, wanted)
        url = context.settings.public_url
        context.postbox.post(invitation_letter(wanted.email, new.organization.name, new.token, url))
        return InvitationPayload(invitation=Invitation.of(new.invitation))

    @strawberry.federation.mutation(authenticated=True)
    async def withdraw_invitation(self, info: Ctx, id: ID) -> InvitationPayload | None:
        wanted = known_id(id, lambda _: InvitationNotFound())
        row = await info.context.transact(invitations.withdraw, wanted)
        return InvitationPayload(invitation=Invitation.of(row))

    @strawberry.federation.mutation(
        authenticated=True,
        description="Accept an invitation that was sent to the caller's address.",
    )
    async def accept_invitation(self, info: Ctx, token: str) -> OrganizationPayload | None:
        row = await info.context.transact(invitations.accept, token)
        return OrganizationPayload(organization=Organization.of(row))

    @strawberry.federation.mutation(
        authenticated=True,
        description="Create an organization; the caller becomes its administrator.",
    )
    async def create_organization(
        self, info: Ctx, input: CreateOrganizationInput
    ) -> OrganizationPayload | None:
        row = await info.context.transact(organizations.create_organization, input.checked())
        return OrganizationPayload(organization=Organization.of(row))

    @strawberry.federation.mutation(authenticated=True)
    async def add_organization_member(
        self, info: Ctx, input: OrganizationMemberInput
    ) -> MemberPayload | None:
        row = await info.context.transact(organizations.add_member, input.checked())
        return MemberPayload(member=Member.of(row))

    @strawberry.federation.mutation(
        authenticated=True, description="Appoint or dismiss an administrator."
    )
    async def change_organization_role(
        self, info: Ctx, input: OrganizationMemberInput
    ) -> MemberPayload | None:
        row = await info.context.transact(organizations.change_member_role, input.checked())
        return MemberPayload(member=Member.of(row))

    @strawberry.federation.mutation(
        authenticated=True, description="Remove a member, or leave; the role is ignored."
    )
    async def remove_organization_member(
        self, info: Ctx, input: OrganizationMemberInput
    ) -> RemoveMemberPayload | None:
        seat = input.checked()
        await info.context.transact(organizations.remove_member, seat.organization_id, seat.user_id)
        return RemoveMemberPayload(removed_user_id=ID(str(seat.user_id)))

    @strawberry.federation.mutation(
        authenticated=True,
        description="Create a team in an organization that the caller administers.",
    )
    async def create_team(self, info: Ctx, input: CreateTeamInput) -> TeamPayload | None:
        row = await info.context.transact(organizations.create_team, input.checked())
        return TeamPayload(team=Team.of(row))

    @strawberry.federation.mutation(authenticated=True)
    async def add_team_member(self, info: Ctx, input: TeamMemberInput) -> MemberPayload | None:
        row = await info.context.transact(organizations.add_team_member, input.checked())
        return MemberPayload(member=Member.of(row))

    @strawberry.federation.mutation(
        authenticated=True, description="Remove a member, or leave; the role is ignored."
    )
    async def remove_team_member(
        self, info: Ctx, input: TeamMemberInput
    ) -> RemoveMemberPayload | None:
        seat = input.checked()
        await info.context.transact(organizations.remove_team_member, seat.team_id, seat.user_id)
        return RemoveMemberPayload(removed_user_id=ID(str(seat.user_id)))
