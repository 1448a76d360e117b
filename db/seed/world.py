"""The demo world as plain data: the same ids, times and texts on every machine.

Two organizations with six people each. Log in as ``ada@example.com`` with ``trellis-demo``: she
is an administrator and sees all five projects. Everybody has the same password; the others see
what they are members of, for example ``hedy@example.com`` of the other organization.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from uuid import NAMESPACE_URL, UUID, uuid5

PASSWORD = "trellis-demo"
_EPOCH = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DemoOrganization:
    id: UUID
    name: str
    domain: str
    description: str
    plan: str
    owner_id: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DemoTeam:
    id: UUID
    organization_id: UUID
    name: str
    description: str
    owner_id: UUID
    member_ids: tuple[UUID, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DemoUser:
    id: UUID
    organization_id: UUID
    username: str
    email: str
    first_name: str
    last_name: str
    roles: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DemoMember:
    user_id: UUID
    role: str
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class DemoMilestone:
    id: UUID
    project_id: UUID
    title: str
    description: str
    due_date: date
    status: str
    created_by: UUID
    completed_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DemoProject:
    id: UUID
    organization_id: UUID
    team_id: UUID
    key: str
    name: str
    description: str
    status: str
    lead_id: UUID
    start_date: date
    end_date: date
    members: tuple[DemoMember, ...]
    milestones: tuple[DemoMilestone, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DemoIssue:
    id: UUID
    project_id: UUID
    number: int
    summary: str
    description: str
    issue_type: str
    status: str
    priority: str
    assignee_id: UUID | None
    reporter_id: UUID
    story_points: int
    sprint: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class DemoLink:
    id: UUID
    source_id: UUID
    target_id: UUID
    type: str


@dataclass(frozen=True, slots=True)
class DemoComment:
    id: UUID
    issue_id: UUID
    author_id: UUID
    content: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DemoAttachment:
    id: UUID
    issue_id: UUID
    filename: str
    mime_type: str
    size: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class World:
    """Everything in it, in the order in which it was made."""

    organizations: tuple[DemoOrganization, ...]
    teams: tuple[DemoTeam, ...]
    users: tuple[DemoUser, ...]
    projects: tuple[DemoProject, ...]
    issues: tuple[DemoIssue, ...]
    links: tuple[DemoLink, ...]
    comments: tuple[DemoComment, ...]
    attachments: tuple[DemoAttachment, ...]


# fmt: off
_ORGANIZATIONS = (
    ("Analytical Engines", "analytical.example.com", "Machines that weave algebra", "pro"),
    ("Harbour Radio", "harbour.example.com", "Signals that find their way", "basic"),
)
_PEOPLE = (
    ("ada", "Ada", "Lovelace", ("user", "admin")),
    ("grace", "Grace", "Hopper", ("user", "project_admin")),
    ("alan", "Alan", "Turing", ("user",)),
    ("katherine", "Katherine", "Johnson", ("user",)),
    ("edsger", "Edsger", "Dijkstra", ("user",)),
    ("barbara", "Barbara", "Liskov", ("user", "instructor")),
    ("hedy", "Hedy", "Lamarr", ("user", "project_admin")),
    ("radia", "Radia", "Perlman", ("user", "instructor")),
    ("margaret", "Margaret", "Hamilton", ("user",)),
    ("donald", "Donald", "Davies", ("user",)),
    ("annie", "Annie", "Easley", ("user",)),
    ("tommy", "Tommy", "Flowers", ("user",)),
)
_TEAMS = (  # organization, name, people
    (0, "Mills", (0, 1, 2)),
    (0, "Stores", (3, 4, 5)),
    (1, "Antennas", (6, 7, 8)),
    (1, "Bridges", (9, 10, 11)),
)
_PROJECTS = (  # organization, team, key, name, description, people, lead first, issues
    (0, 0, "ENG", "Analytical Engine", "A mill, a store and cards to steer them",
     (0, 1, 2, 3, 4, 5), 120),
    (0, 0, "COMP", "Compiler Workshop", "From words to machine orders", (1, 0, 4, 5), 90),
    (0, 1, "ORBIT", "Orbit Tables", "Where the capsule comes down", (3, 0, 2), 70),
    (1, 2, "HOP", "Frequency Hopping", "A signal that cannot be jammed", (6, 7, 8, 11), 70),
    (1, 3, "TREE", "Spanning Tree", "Bridges that agree on one way", (7, 6, 9, 10), 50),
)
_VERBS = ("Align", "Document", "Measure", "Repair", "Replace", "Simplify", "Speed up", "Test")
_THINGS = (
    "the card reader", "the carry mechanism", "the decoder", "the error report", "the first run",
    "the index of parts", "the listening post", "the number wheels", "the order codes",
    "the power supply", "the printing press", "the route table", "the timing chain",
)
_TYPES = ("Task", "Bug", "Story", "Task", "Bug", "Epic")
_STATUSES = ("Open", "In Progress", "Done", "Open", "Closed", "Done", "Open", "In Progress")
_PRIORITIES = ("Medium", "High", "Low", "Medium", "Critical")
_REMARKS = (
    "I can reproduce this.", "Who has the drawings?", "Fixed in the workshop, please look again.",
    "This waits for parts.", "Agreed, let us do it.", "See the notes of Tuesday.",
)
# fmt: on


def demo_id(kind: str, name: str | int) -> UUID:
    """The fixed id of a demo thing: ``demo_id("user", "ada")``, ``demo_id("issue", "ENG-1")``."""
    return uuid5(NAMESPACE_URL, f"https://trellis.example/demo/{kind}/{name}")


@cache
def demo_world() -> World:
    """The world, made once per process."""
    projects = tuple(_projects())
    issues = tuple(_issues(projects))
    return World(
        organizations=tuple(_organizations()),
        teams=tuple(_teams()),
        users=tuple(_users()),
        projects=projects,
        issues=issues,
        links=tuple(_links(projects, issues)),
        comments=tuple(_comments(projects, issues)),
        attachments=tuple(_attachments(issues)),
    )


def _person(index: int) -> UUID:
    return demo_id("user", _PEOPLE[index][0])


def _organizations() -> Iterator[DemoOrganization]:
    for index, (name, domain, description, plan) in enumerate(_ORGANIZATIONS):
        organization_id = demo_id("organization", domain)
        yield DemoOrganization(
            organization_id, name, domain, description, plan, _person(index * 6), _EPOCH
        )


def _organization_id(index: int) -> UUID:
    return demo_id("organization", _ORGANIZATIONS[index][1])


def _teams() -> Iterator[DemoTeam]:
    for organization, name, people in _TEAMS:
        members = tuple(_person(person) for person in people)
        yield DemoTeam(
            id=demo_id("team", name),
            organization_id=_organization_id(organization),
            name=name,
            description=f"Those who build {name.lower()}",
            owner_id=members[0],
            member_ids=members,
            created_at=_EPOCH + timedelta(hours=1),
        )


def _users() -> Iterator[DemoUser]:
    for index, (username, first, last, roles) in enumerate(_PEOPLE):
        yield DemoUser(
            id=demo_id("user", username),
            organization_id=_organization_id(index // 6),
            username=username,
            email=f"{username}@example.com",
            first_name=first,
            last_name=last,
            roles=roles,
            created_at=_EPOCH + timedelta(minutes=index),
        )


def _projects() -> Iterator[DemoProject]:
    for index, (organization, team, key, name, description, people, _) in enumerate(_PROJECTS):
        made = _EPOCH + timedelta(days=1 + index)
        project_id = demo_id("project", key)
        yield DemoProject(
            id=project_id,
            organization_id=_organization_id(organization),
            team_id=demo_id("team", _TEAMS[team][1]),
            key=key,
            name=name,
            description=description,
            status="on_hold" if key == "TREE" else "active",
            lead_id=_person(people[0]),
            start_date=made.date(),
            end_date=date(2026, 12, 18),
            members=tuple(
                DemoMember(
                    _person(person),
                    "owner" if place == 0 else "admin" if place == 1 else "member",
                    made + timedelta(hours=place),
                )
                for place, person in enumerate(people)
            ),
            milestones=tuple(_milestones(project_id, key, _person(people[0]), made)),
            created_at=made,
        )


def _milestones(
    project_id: UUID, key: str, lead_id: UUID, made: datetime
) -> Iterator[DemoMilestone]:
    plan = (("Drawings", "completed", 40), ("Prototype", "in_progress", 120), ("Release", "", 300))
    for title, status, days in plan:
        yield DemoMilestone(
            id=demo_id("milestone", f"{key}/{title}"),
            project_id=project_id,
            title=title,
            description=f"{title} of {key} are accepted",
            due_date=(made + timedelta(days=days)).date(),
            status=status or "planned",
            created_by=lead_id,
            completed_at=made + timedelta(days=days - 2) if status == "completed" else None,
            created_at=made + timedelta(hours=2),
        )


def _issues(projects: tuple[DemoProject, ...]) -> Iterator[DemoIssue]:
    for project, (*_, count) in zip(projects, _PROJECTS, strict=True):
        people = [member.user_id for member in project.members]
        for number in range(1, count + 1):
            made = project.created_at + timedelta(hours=5 * number)
            thing = _THINGS[number % len(_THINGS)]
            yield DemoIssue(
                id=demo_id("issue", f"{project.key}-{number}"),
                project_id=project.id,
                number=number,
                summary=f"{_VERBS[number % len(_VERBS)]} {thing}",
                description=f"Noticed in {project.name}: {thing} needs care.",
                issue_type=_TYPES[number % len(_TYPES)],
                status=_STATUSES[number % len(_STATUSES)],
                priority=_PRIORITIES[number % len(_PRIORITIES)],
                assignee_id=None if number % 7 == 0 else people[number % len(people)],
                reporter_id=people[(number * 3 + 1) % len(people)],
                story_points=(1, 2, 3, 5, 8)[number % 5],
                sprint=f"Sprint {1 + number // 15}",
                created_at=made,
                updated_at=made + timedelta(hours=number % 48),
            )


def _links(projects: tuple[DemoProject, ...], issues: tuple[DemoIssue, ...]) -> Iterator[DemoLink]:
    for project in projects:
        own = [issue for issue in issues if issue.project_id == project.id]
        for source, target in zip(own[::6], own[3::6], strict=False):
            kind = "blocks" if source.number % 4 == 1 else "relates_to"
            yield DemoLink(demo_id("link", f"{source.id}/{target.id}"), source.id, target.id, kind)


def _comments(
    projects: tuple[DemoProject, ...], issues: tuple[DemoIssue, ...]
) -> Iterator[DemoComment]:
    people = {project.id: [m.user_id for m in project.members] for project in projects}
    for issue in issues:
        for place in range(issue.number % 3):
            authors = people[issue.project_id]
            yield DemoComment(
                id=demo_id("comment", f"{issue.id}/{place}"),
                issue_id=issue.id,
                author_id=authors[(issue.number + place) % len(authors)],
                content=_REMARKS[(issue.number + place) % len(_REMARKS)],
                created_at=issue.created_at + timedelta(minutes=30 * (place + 1)),
            )


def _attachments(issues: tuple[DemoIssue, ...]) -> Iterator[DemoAttachment]:
    for issue in issues:
        if issue.number % 9 == 0:
            yield DemoAttachment(
                id=demo_id("attachment", str(issue.id)),
                issue_id=issue.id,
                filename=f"drawing-{issue.number}.png",
                mime_type="image/png",
                size=1024 * issue.number,
                created_at=issue.created_at + timedelta(minutes=5),
            )
