"""What the accounts subgraph keeps of a tenant, and of somebody of no tenant."""

from datetime import UTC, datetime
from typing import Any

from tests.subgraphs.accounts.cheap_passwords import cheap_passwords
from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.tenants.tenant import PEOPLE, Tenant
from tests.subgraphs.tenants.writing import write
from tests.support.subgraphs import Running
from trellis.db.bus import EventBus
from trellis.db.models import utc_now
from trellis.db.settings import DataSettings
from trellis.schema.events import accounts as events
from trellis.schema.events.event import Event
from trellis.schema.identity import Identity
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.accounts import audit, models
from trellis.subgraphs.accounts.audit import Deed, Doer
from trellis.subgraphs.accounts.graph import make_subgraph
from trellis.subgraphs.accounts.models import LinkPurpose, MembershipRole, Tier
from trellis.subgraphs.accounts.tokens import hash_of

# Of "the password of everybody", with parameters that cost nothing.
_PASSWORD_HASH = (
    "$argon2id$v=19$m=8,t=1,p=1$dGVuYW50cy1hbmQtc2FsdA$XUbh6RODG3I6MVwS+tioOQbtStx9RFHv4JoCUVywm0M"
)
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_LATER = utc_now().replace(year=2099)


def make(settings: DataSettings | None, bus: EventBus | None, letters: Letters) -> Subgraph:
    return make_subgraph(settings, bus, mailer=letters, passwords=cheap_passwords())


async def plant(tenant: Tenant, accounts: Running) -> None:
    organization, people = _people_of(tenant)
    await write(
        accounts,
        organization + people,
        _belongings_of(tenant),
        events=[event for person in PEOPLE for event in _events_of(tenant, person)],
    )
    async with accounts.context().storage.begin() as uow:
        for person in PEOPLE:
            doer = Doer(tenant.id("user", person), tenant.text("request"), tenant.text("browser"))
            await audit.append(uow.session, doer, [Deed("user.login", str(doer.actor_id))])


async def plant_outsider(who: Identity, accounts: Running) -> None:
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
    await write(accounts, [person])


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
    for number in range(len(tenant.ids["team"])):
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
        for number in range(len(tenant.ids["invitation"]))
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
