"""What projects keeps of the people in accounts, so that nobody unknown becomes a member."""

from uuid import UUID

from db.consumer import Consumer
from db.outbox import Envelope
from db.unit_of_work import UnitOfWork
from subgraphs.projects.models import Person

_GONE = ("user.deactivated", "user.deleted")


def people_consumer() -> Consumer:
    """Reads the accounts stream into the person table."""
    return Consumer("accounts", take_person)


async def take_person(uow: UnitOfWork, envelope: Envelope) -> None:
    """Note who the event speaks of; events about other things are passed over."""
    news = envelope.payload
    if not envelope.topic.startswith("user.") or "organization_id" not in news:
        if envelope.topic in _GONE:
            person = await uow.session.get(Person, UUID(news["user_id"]))
            if person is not None:
                person.is_active = False
        return
    organization = news["organization_id"]
    await uow.session.merge(
        Person(
            id=UUID(news["user_id"]),
            organization_id=UUID(organization) if organization else None,
            is_active=envelope.topic not in _GONE and news.get("is_active", True),
        )
    )
