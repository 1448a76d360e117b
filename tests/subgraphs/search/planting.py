"""What the search subgraph keeps of a tenant: what the owners of all that is found tell."""

from collections.abc import Iterator

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.tenants.tenant import PEOPLE, Tenant
from tests.subgraphs.tenants.writing import write
from tests.support.subgraphs import Running
from trellis.db.bus import EventBus
from trellis.db.settings import DataSettings
from trellis.schema.identity import Identity
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.search import models
from trellis.subgraphs.search.documents import Found, store
from trellis.subgraphs.search.graph import make_subgraph
from trellis.subgraphs.search.models import DocumentType

_ROLES = {"lead": "owner", "boss": "admin", "member": "member"}


def make(settings: DataSettings | None, bus: EventBus | None, letters: Letters) -> Subgraph:
    return make_subgraph(settings, bus)


async def plant(tenant: Tenant, search: Running) -> None:
    organization = tenant.id("organization")
    projects = [
        models.Project(
            id=id, key=tenant.project_key(number), organization_id=organization, version=1
        )
        for number, id in enumerate(tenant.ids["project"])
    ]
    members = [
        models.ProjectMember(project_id=id, user_id=tenant.id("user", person), role=role)
        for id in tenant.ids["project"]
        for person, role in _ROLES.items()
    ]
    people = [
        models.Membership(user_id=tenant.id("user", person), organization_id=organization)
        for person in PEOPLE
    ]
    await write(search, projects, [*members, *people])
    courses = [
        models.Course(id=id, instructor_id=tenant.id("user", "boss"), is_published=False, version=1)
        for id in tenant.ids["course"]
    ]
    learners = [
        models.Learner(id=id, course_id=tenant.id("course"), user_id=tenant.id("user", person))
        for id, person in zip(tenant.ids["enrollment"], ("lead", "member", "viewer"), strict=True)
    ]
    await write(search, courses, learners)
    async with search.context().storage.begin() as uow:
        await store(uow.session, [*_things_of(tenant), *_people_of(tenant)])


async def plant_outsider(who: Identity, search: Running) -> None:
    assert who.id is not None and who.username is not None
    person = Found(
        id=who.id, type=DocumentType.USER, version=1, key=who.username, title=who.username
    )
    async with search.context().storage.begin() as uow:
        await store(uow.session, [person])


def _things_of(tenant: Tenant) -> Iterator[Found]:
    for number, id in enumerate(tenant.ids["project"]):
        yield Found(
            id=id,
            type=DocumentType.PROJECT,
            version=1,
            project_id=id,
            key=tenant.project_key(number),
            title=tenant.text(f"Project {number}"),
            body=tenant.text("Purpose"),
        )
    first = tenant.id("project", 0)
    for number, id in enumerate(tenant.ids["issue"]):
        yield Found(
            id=id,
            type=DocumentType.ISSUE,
            version=1,
            project_id=first,
            key=f"{tenant.project_key(0)}-{number + 1}",
            title=tenant.text("Issue"),
            body=tenant.text("Trouble"),
        )
    for id in tenant.ids["task"]:
        yield Found(
            id=id,
            type=DocumentType.TASK,
            version=1,
            project_id=first,
            title=tenant.text("Task"),
            body=tenant.text("Steps"),
        )

    for id in tenant.ids["course"]:
        yield Found(
            id=id,
            type=DocumentType.COURSE,
            version=1,
            title=tenant.text("Course"),
            body=tenant.text("All that is known of the course"),
        )


def _people_of(tenant: Tenant) -> Iterator[Found]:
    for person in PEOPLE:
        yield Found(
            id=tenant.id("user", person),
            type=DocumentType.USER,
            version=1,
            key=tenant.username(person),
            title=tenant.text(person),
        )
