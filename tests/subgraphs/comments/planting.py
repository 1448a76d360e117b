"""What the comments subgraph keeps of a tenant."""

from typing import Any

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.tenants.tenant import PEOPLE, Tenant
from tests.subgraphs.tenants.writing import write
from tests.support.subgraphs import Running
from trellis.db.bus import EventBus
from trellis.db.settings import DataSettings
from trellis.schema.identity import Identity
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.comments import models as comments
from trellis.subgraphs.comments.graph import make_subgraph
from trellis.subgraphs.comments.models import ReactionType, SubjectType

_AUTHORS = "boss", "member"
_ROLES = {"lead": "owner", "boss": "admin", "member": "member"}


def make(settings: DataSettings | None, bus: EventBus | None, letters: Letters) -> Subgraph:
    return make_subgraph(settings, bus)


async def plant(tenant: Tenant, talk: Running) -> None:
    copies = [*_projects_of(tenant), *_people_of(tenant), *_subjects_of(tenant)]
    rows = [*_on_issues(tenant), *_on_projects(tenant)]
    await write(talk, copies, _members_of(tenant), rows, _parts_of(tenant))


async def plant_outsider(who: Identity, talk: Running) -> None:
    assert who.id is not None
    person = comments.Person(id=who.id, handle=str(who.username), organization_id=who.tenant_id)
    await write(talk, [person])


def _projects_of(tenant: Tenant) -> list[Any]:
    return [
        comments.Project(
            id=tenant.id("project", number),
            key=tenant.project_key(number),
            organization_id=tenant.id("organization"),
            version=1,
        )
        for number in range(len(tenant.ids["project"]))
    ]


def _people_of(tenant: Tenant) -> list[Any]:
    return [
        comments.Person(
            id=tenant.id("user", person),
            organization_id=tenant.id("organization"),
            handle=tenant.username(person),
            roles=list(roles),
            is_active=person != "former",
            version=1,
        )
        for person, roles in PEOPLE.items()
    ]


def _subjects_of(tenant: Tenant) -> list[Any]:
    first = tenant.id("project", 0)
    within = {
        SubjectType.ISSUE: tenant.ids["issue"],
        SubjectType.TASK: tenant.ids["task"],
        SubjectType.MILESTONE: tenant.ids["milestone"],
        SubjectType.FILE: tenant.ids["commented_file"],
    }
    rows = [
        comments.Subject(id=id, type=kind, project_id=first, owner_id=tenant.id("user", "boss"))
        for kind, ids in within.items()
        for id in ids
    ]
    rows += [
        comments.Subject(id=id, type=SubjectType.PROJECT, project_id=id)
        for id in tenant.ids["project"]
    ]
    rows += [
        comments.Subject(
            id=tenant.id("personal_task", person),
            type=SubjectType.TASK,
            owner_id=tenant.id("user", person),
        )
        for person in PEOPLE
    ]
    return rows


def _members_of(tenant: Tenant) -> list[Any]:
    return [
        comments.ProjectMember(project_id=id, user_id=tenant.id("user", person), role=role)
        for id in tenant.ids["project"]
        for person, role in _ROLES.items()
    ]


def _on_issues(tenant: Tenant) -> list[Any]:
    """The same as in ``tests.subgraphs.issues.planting``, and one on a file."""
    note = comments.Comment(
        id=tenant.id("note"),
        subject_id=tenant.id("commented_file"),
        subject_type=SubjectType.FILE,
        project_id=tenant.id("project", 0),
        author_id=tenant.id("user", "lead"),
        content=tenant.text("Note"),
        created_at=tenant.at(9),
        updated_at=tenant.at(9),
    )
    return [
        note,
        *(
            comments.Comment(
                id=tenant.id("comment", number),
                subject_id=tenant.id("issue", 0),
                subject_type=SubjectType.ISSUE,
                project_id=tenant.id("project", 0),
                author_id=tenant.id("user", "member"),
                content=tenant.text("Opinion"),
                created_at=tenant.at(number),
                updated_at=tenant.at(number),
            )
            for number in range(len(tenant.ids["comment"]))
        ),
    ]


def _on_projects(tenant: Tenant) -> list[Any]:
    return [
        comments.Comment(
            id=tenant.id("remark", number),
            subject_id=tenant.id("project", 0),
            subject_type=SubjectType.PROJECT,
            project_id=tenant.id("project", 0),
            author_id=tenant.id("user", _AUTHORS[number % 2]),
            content=f"@{tenant.username(_AUTHORS[number % 2])} {tenant.text('Remark')}",
            created_at=tenant.at(number),
            updated_at=tenant.at(number),
        )
        for number in range(len(tenant.ids["remark"]))
    ]


def _parts_of(tenant: Tenant) -> list[Any]:
    mentions = [
        comments.CommentMention(
            comment_id=id,
            user_id=tenant.id("user", _AUTHORS[number % 2]),
            handle=tenant.username(_AUTHORS[number % 2]),
            place=0,
        )
        for number, id in enumerate(tenant.ids["remark"])
    ]
    reactions = [
        comments.Reaction(
            comment_id=tenant.id("remark", 0),
            type=ReactionType.HEART,
            user_id=tenant.id("user", person),
            created_at=tenant.at(0),
        )
        for person in ("lead", "member")
    ]
    return [*mentions, *reactions]
