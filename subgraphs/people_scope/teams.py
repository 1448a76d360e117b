"""A domain's replica of teams, to reject teams of other organizations."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel

from trellis.db.replica import Replica
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.accounts import STREAM, TeamCreated


class TeamCopy(SQLModel):
    """Which teams there are: a domain declares its own table over its own metadata."""

    __tablename__ = "team"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)
    organization_id: UUID


def team_replica(team: type[TeamCopy]) -> Replica[TeamCreated]:
    """Keeps the table ``team``; by a name of its own, so that it begins with the first event
    where people have been read for long."""

    async def take(uow: UnitOfWork, event: TeamCreated) -> None:
        await uow.session.merge(team(id=event.team_id, organization_id=event.organization_id))

    return Replica(STREAM, (TeamCreated,), take, name="teams-from-accounts")


async def belongs_to(
    session: AsyncSession, team: type[TeamCopy], id: UUID, organization_id: UUID | None
) -> bool:
    """Whether there is such a team in the organization."""
    found = await session.get(team, id)
    return found is not None and found.organization_id == organization_id
