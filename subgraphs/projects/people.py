"""What projects keeps of the people in accounts, so that nobody unknown becomes a member."""

from uuid import UUID

from trellis.db.consumer import Consumer
from trellis.db.outbox import Envelope
from trellis.db.unit_of_work import UnitOfWork
from trellis.subgraphs.projects import service
from trellis.subgraphs.projects.models import Person

_DELETED = "user.deleted"
_GONE = ("user.deactivated", _DELETED)


def people_consumer() -> Consumer:
    """Reads the accounts stream into the person table."""
    return Consumer("accounts", take_person)


async def take_person(uow: UnitOfWork, envelope: Envelope) -> None:
    """Keep the person as the event tells it; events about other things are passed over."""
    news = envelope.payload
    if not envelope.topic.startswith("user.") or "version" not in news:
        return
    id, organization = UUID(news["user_id"]), news["organization_id"]
    known = await uow.session.get(Person, id)
    if known is not None and known.version > news["version"]:
        return  # events of one version are in order: the later one holds
    await uow.session.merge(
        Person(
            id=id,
            organization_id=UUID(organization) if organization else None,
            is_active=envelope.topic not in _GONE and news["is_active"],
            version=news["version"],
        )
    )
    if envelope.topic == _DELETED:
        await service.forget_person(uow, id)
