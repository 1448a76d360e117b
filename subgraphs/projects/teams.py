"""What projects keeps of the teams in accounts, so that no project names somebody else's."""

from uuid import UUID

from trellis.db.consumer import Consumer
from trellis.db.outbox import Envelope
from trellis.db.unit_of_work import UnitOfWork
from trellis.subgraphs.projects.models import Team

_CREATED = "team.created"


def team_consumer() -> Consumer:
    """Reads the accounts stream into the team table; by a name of its own, so that it begins with
    the first event where people have been read for long."""
    return Consumer("accounts", take_team, name="teams-from-accounts")


async def take_team(uow: UnitOfWork, envelope: Envelope) -> None:
    """Keep the team as the event tells it; events about other things are passed over."""
    if envelope.topic != _CREATED:
        return
    news = envelope.payload
    await uow.session.merge(
        Team(id=UUID(news["team_id"]), organization_id=UUID(news["organization_id"]))
    )
