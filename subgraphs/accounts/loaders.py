"""Per-request batches: whatever the number of rows, one statement per kind of question."""

from trellis.db.loaders import BatchLoaders
from trellis.db.storage import Storage
from trellis.schema.identity import Identity
from trellis.subgraphs.accounts import queries
from trellis.subgraphs.accounts.profiles import Profiles


class Loaders(BatchLoaders):
    def __init__(self, storage: Storage, caller: Identity, profiles: Profiles) -> None:
        super().__init__(storage, caller)
        self.user = self.rows(profiles.users_by_id)
        self.user_by_username = self.rows(queries.users_by_username)
        self.organization = self.rows(queries.organizations_by_id)
        self.team = self.rows(queries.teams_by_id)
        self.memberships = self.rows(queries.memberships_by_user)
        self.organization_role = self.rows(queries.organization_roles)
        self.team_role = self.rows(queries.team_roles)
        self.organization_in_force = self.parts(queries.organizations_in_force)
        self.organization_size = self.parts(queries.organization_sizes)
        self.team_size = self.parts(queries.team_sizes)
        self.invitations = self.parts(queries.invitations_by_organization)
        self.organization_members = self.lists(queries.organization_members_of)
        self.team_members = self.lists(queries.team_members_of)
        self.teams = self.lists(queries.teams_of)
