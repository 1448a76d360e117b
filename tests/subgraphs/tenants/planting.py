"""Writes a tenant into the three databases, something of every kind that they keep."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from tests.subgraphs.tenants.tenant import COUNTS, PEOPLE, Tenant
from tests.support.subgraphs import Running
from trellis.db.models import utc_now
from trellis.schema.events import accounts as events
from trellis.schema.events.event import Event
from trellis.schema.identity import Identity
from trellis.subgraphs.accounts import audit, models
from trellis.subgraphs.accounts.audit import Deed, Doer
from trellis.subgraphs.accounts.models import LinkPurpose, MembershipRole, Tier
from trellis.subgraphs.accounts.tokens import hash_of
from trellis.subgraphs.issues import models as issues
from trellis.subgraphs.projects import models as projects
from trellis.subgraphs.projects.models import MilestoneStatus, ProjectRole
from trellis.subgraphs.projects.settings import ProjectSettings

# Of "the password of everybody", with parameters that cost nothing.
_PASSWORD_HASH = (
    "$argon2id$v=19$m=8,t=1,p=1$dGVuYW50cy1hbmQtc2FsdA$XUbh6RODG3I6MVwS+tioOQbtStx9RFHv4JoCUVywm0M"
)
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_LATER = utc_now().replace(year=2099)
_PROJECT_ROLES = {
    "lead": ProjectRole.OWNER,
    "boss": ProjectRole.ADMIN,
    "member": ProjectRole.MEMBER,
}


async def plant(tenant: Tenant, accounts: Running, tracker: Running, board: Running) -> None:
    """``tracker`` is the subgraph of projects, ``board`` that of issues."""
    organization, people = _people_of(tenant)
    await _write(
        accounts,
        organization + people,
        _belongings_of(tenant),
        events=[event for person in PEOPLE for event in _events_of(tenant, person)],
    )
    async with accounts.context().storage.begin() as uow:
        for person in PEOPLE:
            doer = Doer(tenant.id("user", person), tenant.text("request"), tenant.text("browser"))
            await audit.append(uow.session, doer, [Deed("user.login", str(doer.actor_id))])
    await _write(tracker, _projects_of(tenant), _parts_of_projects(tenant))
    await _write(board, _copies_of(tenant), _issues_of(tenant), _parts_of_issues(tenant))


async def plant_outsider(who: Identity, accounts: Running, tracker: Running) -> None:
    """Somebody of no tenant."""
    assert who.id is not None and who.username is not None and who.email is not None
    person = models.User(
        id=who.id,
        email=who.email,
        username=who.username,
        username_key=who.username,
        display_name=who.username,
        roles=sorted(who.roles),
        password_hash=_PASSWORD_HASH,
        created_at=_EPOCH,
        updated_at=_EPOCH,
    )
    await _write(accounts, [person])
    await _write(tracker, [projects.Person(id=who.id, version=1)])


async def _write(subgraph: Running, *batches: Sequence[Any], events: Sequence[Event] = ()) -> None:
    async with subgraph.context().storage.begin() as uow:
        for batch in batches:
            uow.session.add_all(batch)
            await uow.session.flush()
        for event in events:
            uow.emit(event)


def _people_of(tenant: Tenant) -> tuple[list[Any], list[Any]]:
    organization = models.Organization(
        id=tenant.id("organization"),
        name=tenant.text("Organization"),
        domain=tenant.domain,
        description=tenant.text("What is made"),
        logo_url=f"https://{tenant.domain}/logo.png",
        tier=Tier.PRO,
        created_at=tenant.at(0),
        updated_at=tenant.at(0),
    )
    people = [
        models.User(
            id=tenant.id("user", person),
            email=tenant.email(person),
            username=tenant.username(person),
            username_key=tenant.username(person),
            display_name=tenant.text(person),
            first_name=tenant.text("First"),
            last_name=tenant.text("Last"),
            avatar_url=f"https://{tenant.domain}/{person}.png",
            phone="+49 30 123456",
            bio=tenant.text("Life"),
            country=tenant.text("Country"),
            city=tenant.text("City"),
            roles=list(roles),
            password_hash=_PASSWORD_HASH,
            is_active=person != "former",
            created_at=tenant.at(place),
            updated_at=tenant.at(place),
        )
        for place, (person, roles) in enumerate(PEOPLE.items())
    ]
    return [organization], people


def _belongings_of(tenant: Tenant) -> list[Any]:
    rows: list[Any] = []
    boss, organization_id = tenant.id("user", "boss"), tenant.id("organization")
    for number in range(COUNTS["team"]):
        rows.append(
            models.Team(
                id=tenant.id("team", number),
                organization_id=organization_id,
                name=tenant.text("Team"),
                description=tenant.text("Duty"),
                owner_id=boss,
                created_at=tenant.at(number),
                updated_at=tenant.at(number),
            )
        )
    for place, person in enumerate(PEOPLE):
        role = MembershipRole.ADMIN if person == "boss" else MembershipRole.MEMBER
        id, joined = tenant.id("user", person), tenant.at(place)
        seat = {"user_id": id, "role": role, "joined_at": joined}
        rows.append(models.OrganizationMember(organization_id=organization_id, **seat))
        rows.append(models.TeamMember(team_id=tenant.id("team", 0), **seat))
        rows += _proofs_of(tenant, person, place)
    rows += [
        models.Invitation(
            id=tenant.id("invitation", number),
            organization_id=organization_id,
            email=tenant.email(f"guest{number}"),
            role=MembershipRole.MEMBER,
            token_hash=hash_of(tenant.token(f"invitation{number}")),
            invited_by=boss,
            created_at=tenant.at(number),
            expires_at=_LATER,
        )
        for number in range(COUNTS["invitation"])
    ]
    return rows


def _proofs_of(tenant: Tenant, person: str, place: int) -> list[Any]:
    id = tenant.id("user", person)
    session = models.Session(
        id=tenant.id("session", person),
        user_id=id,
        profile=models.Profile.GRAPHQL,
        user_agent=tenant.text("Browser"),
        client_address="192.0.2.1",
        created_at=tenant.at(place),
        last_used_at=tenant.at(place),
        expires_at=_LATER,
    )
    key = models.ApiKey(
        id=tenant.id("api_key", person),
        user_id=id,
        name=tenant.text("Key"),
        prefix=tenant.word,
        secret_hash=hash_of(tenant.token(f"key-{person}")),
        scopes=["read:projects"],
        created_at=tenant.at(place),
    )
    link = models.MailedLink(
        token_hash=hash_of(tenant.token(f"link-{person}")),
        user_id=id,
        purpose=LinkPurpose.VERIFY_EMAIL,
        email=tenant.email(person),
        expires_at=_LATER,
    )
    return [session, key, link]


def _events_of(tenant: Tenant, person: str) -> list[Event]:
    """What the history of a person tells."""
    id, session = tenant.id("user", person), tenant.id("session", person)
    return [
        events.UserLoggedIn(user_id=id, session_id=session, profile=tenant.text("profile")),
        events.PasswordChanged(user_id=id),
        events.UserLoggedIn(user_id=id, session_id=session, profile=tenant.text("profile")),
    ]


def _project_key(tenant: Tenant, number: int) -> str:
    return f"{tenant.key}{number}"


def _projects_of(tenant: Tenant) -> list[Any]:
    organization_id = tenant.id("organization")
    people = [
        projects.Person(
            id=tenant.id("user", person),
            organization_id=organization_id,
            is_active=person != "former",
            version=1,
        )
        for person in PEOPLE
    ]
    teams = [projects.Team(id=id, organization_id=organization_id) for id in tenant.ids["team"]]
    return [*people, *teams] + [
        projects.Project(
            id=tenant.id("project", number),
            key=_project_key(tenant, number),
            name=tenant.text(f"Project {number}"),
            description=tenant.text("Purpose"),
            lead_id=tenant.id("user", "lead" if number else "boss"),
            owner_id=tenant.id("user", "lead"),
            organization_id=organization_id,
            team_id=tenant.id("team", 0),
            settings=ProjectSettings(issue_types=("Task", tenant.text("Type"))).stored(),
            created_at=tenant.at(number),
            updated_at=tenant.at(number),
        )
        for number in range(COUNTS["project"])
    ]


def _parts_of_projects(tenant: Tenant) -> list[Any]:
    rows: list[Any] = [
        projects.ProjectMember(
            project_id=id,
            user_id=tenant.id("user", person),
            role=role,
            joined_at=tenant.at(place),
        )
        for id in tenant.ids["project"]
        for place, (person, role) in enumerate(_PROJECT_ROLES.items())
    ]
    rows += [
        projects.Milestone(
            id=tenant.id("milestone", number),
            project_id=tenant.id("project", 0),
            title=tenant.text("Milestone"),
            description=tenant.text("Aim"),
            status=MilestoneStatus.PLANNED,
            created_by=tenant.id("user", "lead"),
            created_at=tenant.at(number),
            updated_at=tenant.at(number),
        )
        for number in range(COUNTS["milestone"])
    ]
    return rows


def _copies_of(tenant: Tenant) -> list[Any]:
    """What issues know of projects."""
    return [
        issues.Project(
            id=tenant.id("project", number),
            key=_project_key(tenant, number),
            organization_id=tenant.id("organization"),
            version=1,
        )
        for number in range(COUNTS["project"])
    ]


def _issues_of(tenant: Tenant) -> list[Any]:
    rows: list[Any] = []
    for id in tenant.ids["project"]:
        rows.append(issues.IssueCounter(project_id=id, last_number=COUNTS["issue"]))
        rows += [
            issues.ProjectMember(project_id=id, user_id=tenant.id("user", person), role=role.value)
            for person, role in _PROJECT_ROLES.items()
        ]
    statuses = ("Open", "In Progress", "Done")
    rows += [
        issues.Issue(
            id=tenant.id("issue", number),
            project_id=tenant.id("project", 0),
            number=number + 1,
            key=f"{_project_key(tenant, 0)}-{number + 1}",
            summary=tenant.text("Issue"),
            description=tenant.text("Trouble"),
            issue_type=tenant.text("Type") if number == COUNTS["issue"] - 1 else "Task",
            status=statuses[number % len(statuses)],
            priority=("High", tenant.text("Type"))[number % 2],
            assignee_id=tenant.id("user", ("boss", "member")[number % 2]),
            reporter_id=tenant.id("user", ("boss", "lead")[number % 2]),
            custom_fields={"note": tenant.text("Note")},
            created_at=tenant.at(number),
            updated_at=tenant.at(number),
        )
        for number in range(COUNTS["issue"])
    ]
    return rows


def _parts_of_issues(tenant: Tenant) -> list[Any]:
    first = tenant.id("issue", 0)
    comments = [
        issues.Comment(
            id=tenant.id("comment", number),
            issue_id=first,
            author_id=tenant.id("user", "member"),
            content=tenant.text("Opinion"),
            created_at=tenant.at(number),
            updated_at=tenant.at(number),
        )
        for number in range(COUNTS["comment"])
    ]
    attachments = [
        issues.Attachment(
            id=tenant.id("attachment", number),
            issue_id=first,
            filename=f"{tenant.word}.txt",
            mime_type="text/plain",
            size=len(tenant.word),
            created_at=tenant.at(number),
        )
        for number in range(COUNTS["attachment"])
    ]
    links = [
        issues.IssueLink(
            id=tenant.id("link", number),
            source_id=first,
            target_id=tenant.id("issue", number + 1),
            type=issues.LinkType.BLOCKS,
            created_at=tenant.at(number),
        )
        for number in range(COUNTS["link"])
    ]
    return [*comments, *attachments, *links]
