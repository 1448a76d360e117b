"""What the notifications subgraph keeps of a tenant."""

from typing import Any

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.notifications.idle import make_idle
from tests.subgraphs.notifications.webhooks import planting as webhooks
from tests.subgraphs.tenants.tenant import PEOPLE, Tenant
from tests.subgraphs.tenants.writing import write
from tests.support.subgraphs import Running
from trellis.db.bus import EventBus
from trellis.db.settings import DataSettings
from trellis.schema.identity import Identity
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.notifications import models
from trellis.subgraphs.notifications.models import NotificationKind, SubjectType

_ROLES = {"lead": "owner", "boss": "admin", "member": "member"}


def make(settings: DataSettings | None, bus: EventBus | None, letters: Letters) -> Subgraph:
    # What is due would be sent while transcripts are compared.
    return make_idle(settings, bus)


async def plant(tenant: Tenant, notices: Running) -> None:
    projects = [
        models.Project(
            id=id,
            key=tenant.project_key(number),
            organization_id=tenant.id("organization"),
            version=1,
        )
        for number, id in enumerate(tenant.ids["project"])
    ]
    members = [
        models.ProjectMember(project_id=id, user_id=tenant.id("user", person), role=role)
        for id in tenant.ids["project"]
        for person, role in _ROLES.items()
    ]
    people = [
        models.Person(
            id=tenant.id("user", person),
            organization_id=tenant.id("organization"),
            username=tenant.username(person),
            display_name=tenant.text(person),
            roles=list(roles),
            is_active=person != "former",
            version=1,
        )
        for person, roles in PEOPLE.items()
    ]
    contacts = [
        models.Contact(id=tenant.id("user", person), email=tenant.email(person), version=1)
        for person in PEOPLE
    ]
    async with notices.context().storage.begin() as uow:
        # The same in every world, since it belongs to no tenant.
        await uow.session.merge(models.PushKey(public_key="of-the-server", sealed=b"sealed"))
    await write(notices, [*projects, *people, *contacts], [*members, *_told(tenant)])
    await webhooks.plant(tenant, notices)


def _told(tenant: Tenant) -> list[Any]:
    """Everybody was told of a task, and has a browser and a choice."""
    told: list[Any] = []
    for number, person in enumerate(PEOPLE):
        user_id = tenant.id("user", person)
        told += [
            models.Notification(
                id=tenant.id("notification", person),
                user_id=user_id,
                occasion=f"planted:{person}",
                kind=NotificationKind.TASK_ASSIGNED,
                type="task_assigned",
                title=tenant.text("Task"),
                message=tenant.text("Message"),
                data={"task_title": tenant.text("Task")},
                event={"assigned_to": str(user_id)},
                project_id=tenant.id("project"),
                subject_type=SubjectType.TASK,
                subject_id=tenant.id("task"),
                actor_id=tenant.id("user", "boss"),
                created_at=tenant.at(number),
            ),
            models.PushSubscription(
                id=tenant.id("push_subscription", person),
                user_id=user_id,
                endpoint_hash=str(tenant.id("endpoint", person)),
                sealed=b"sealed",
                label=tenant.text("Browser"),
                created_at=tenant.at(number),
            ),
            models.Preference(
                user_id=user_id,
                channel=models.Channel.EMAIL,
                kind=NotificationKind.MENTIONS,
                is_enabled=False,
            ),
        ]
    return told


async def plant_outsider(who: Identity, notices: Running) -> None:
    """Who belongs to no tenant was told nothing."""
