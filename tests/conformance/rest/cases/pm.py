"""The project management suite: signing in, profiles, organizations, teams and projects."""

from collections.abc import Mapping

import httpx

from tests.conformance.rest.asking import Ask, Asking, Case, by, changed
from tests.conformance.rest.world import AVATAR, LEARN_PASSWORD, World

VALIDATION = (400, "VALIDATION_ERROR")
FORBIDDEN = (403, "AUTHORIZATION_FAILED")
NOT_FOUND = (404, "RESOURCE_NOT_FOUND")
CONFLICT = (409, "RESOURCE_CONFLICT")
UNAUTHENTICATED = (401, "AUTHENTICATION_FAILED")


def register(world: World) -> Ask:
    address, username = world.new_names()
    return Ask(
        body={
            "email": address,
            "username": username,
            "password": "SecurePassword123!",
            "first_name": "John",
            "last_name": "Doe",
        }
    )


def register_again(world: World) -> Ask:
    return changed(register, email=world.fresh().email)(world)


def registered(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    user = response.json()["data"]["user"]
    wrong = [] if user["email_verified"] is False else ["email_verified is not false"]
    if user["email"] != ask.body["email"] or "password" in str(response.json()).lower():
        wrong.append("not the account that was asked for")
    world.code_mailed_to(ask.body["email"], "Confirm")
    return wrong


def login(world: World) -> Ask:
    person = world.fresh()
    return Ask(body={"email": person.email, "password": person.password})


def promises_an_hour(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    told = response.json()["data"]["expires_in"]
    return [] if told == 3600 else [f"expires_in is {told}"]


def refresh(world: World) -> Ask:
    person = world.fresh(profile="PM")
    return Ask(token=person.refresh_token)


def refresh_at_root(world: World) -> Ask:
    """C-21: a refresh token works in its own dialect, at the root in that of a sign-in there."""
    return Ask(token=world.fresh(profile="TRACKER").refresh_token)


def stays_usable(world: World, ask: Ask, _response: httpx.Response) -> list[str]:
    again = ask.send(world, "POST", "/pm/api/v1/auth/refresh")
    return [] if again.status_code == 200 else ["the refresh token does not stay usable"]


def forgot(world: World) -> Ask:
    return Ask(body={"email": world.fresh().email})


def answers_alike(world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    unknown = Ask(body={"email": world.new_names()[0]})
    other = unknown.send(world, "POST", "/pm/api/v1/auth/forgot-password")
    same = (other.status_code, other.json()["data"]) == (200, response.json()["data"])
    return [] if same else ["the answer tells whether there is an account"]


def reset(world: World) -> Ask:
    person = world.fresh()
    forgot = Ask(body={"email": person.email})
    forgot.send(world, "POST", "/pm/api/v1/auth/forgot-password")
    code = world.code_mailed_to(person.email, "password")
    return Ask(body={"token": code, "new_password": "NewSecurePassword123!"})


def works_once(world: World, ask: Ask, _response: httpx.Response) -> list[str]:
    again = ask.send(world, "POST", "/pm/api/v1/auth/reset-password")
    return [] if again.status_code == 401 else ["the token works twice"]


def profile(world: World) -> Ask:
    person = world.fresh(firstName="John")
    Ask(token=person.token, body={"avatar_url": AVATAR, "bio": "Senior Developer"}).send(
        world, "PUT", "/pm/api/v1/users/profile"
    )
    return Ask(token=person.token)


def update_profile(world: World) -> Ask:
    return Ask(
        token=world.fresh().token,
        body={
            "first_name": "John",
            "last_name": "Smith",
            "bio": "Full Stack Developer",
            "timezone": "America/New_York",
            "notification_preferences": {"email": True, "push": True, "in_app": True},
        },
    )


def profile_kept(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    wrong = [name for name, value in ask.body.items() if data[name] != value]
    part = Ask(token=ask.token, body={"notification_preferences": {"push": False}})
    part.send(world, "PUT", "/pm/api/v1/users/profile")
    now = Ask(token=ask.token).send(world, "GET", "/pm/api/v1/users/profile").json()["data"]
    kept = {**data, "notification_preferences": {"email": True, "push": False, "in_app": True}}
    return wrong if now == kept else [*wrong, f"absent members were not kept: {now}"]


def new_organization(world: World) -> Ask:
    return Ask(
        token=world.fresh().token,
        body={
            "name": "New Organization",
            "domain": f"{world.new_names()[1]}.com",
            "description": "A new organization",
            "logo_url": "https://example.com/logos/new.png",
        },
    )


def make_organization(world: World) -> tuple[str, str, str]:
    """Its id, and the token of the one who administers it and of a stranger."""
    ask = new_organization(world)
    made = ask.send(world, "POST", "/pm/api/v1/organizations").json()["data"]
    assert ask.token is not None
    return made["id"], ask.token, world.fresh().token


def organizations(world: World) -> Ask:
    return Ask(token=make_organization(world)[1])


def role_is_admin(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    role = data[0]["role"] if isinstance(data, list) else data["role"]
    return [] if role == "admin" else [f"role is {role}"]


def same_domain(world: World) -> Ask:
    ask = new_organization(world)
    ask.send(world, "POST", "/pm/api/v1/organizations")
    return ask


def teams(world: World) -> Ask:
    organization, token, _ = make_organization(world)
    query = "mutation Make($input: CreateTeamInput!) { createTeam(input: $input) { team { id } } }"
    given = {"organizationId": organization, "name": "Development", "description": "Core team"}
    world.graph(query, {"input": given}, token)
    return Ask(token=token, query={"organization_id": organization})


def foreign_teams(world: World) -> Ask:
    return Ask(token=world.token("hedy"), query={"organization_id": organization_of(world, "alan")})


def organization_of(world: World, username: str) -> str:
    ask = Ask(token=world.token(username))
    return ask.send(world, "GET", "/pm/api/v1/organizations").json()["data"][0]["id"]


def invite(world: World) -> Ask:
    organization, token, _ = make_organization(world)
    return Ask(
        token=token,
        path={"org_id": organization},
        body={"email": world.new_names()[0], "role": "member"},
    )


def invite_again(world: World) -> Ask:
    ask = invite(world)
    ask.send(world, "POST", "/pm/api/v1/organizations/{org_id}/invitations")
    return ask


def invite_without_office(world: World) -> Ask:
    return Ask(
        token=world.token("alan"),
        path={"org_id": organization_of(world, "alan")},
        body={"email": world.new_names()[0], "role": "member"},
    )


def projects(world: World) -> Ask:
    return Ask(
        token=world.token("alan"),
        query={"status": "active", "sort_by": "name", "sort_order": "asc", "per_page": 2},
    )


def pages_add_up(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    page, data = response.json()["pagination"], response.json()["data"]
    pages = -(-page["total"] // page["per_page"])
    wrong = [] if page["total_pages"] == pages else [f"total_pages of {page}"]
    names = [item["name"] for item in data]
    return wrong if names == sorted(names) else [*wrong, f"not sorted: {names}"]


def new_project(world: World) -> Ask:
    organization = organization_of(world, "grace")
    return Ask(
        token=world.token("grace"),
        body={
            "name": "New Project",
            "description": "Project description",
            "start_date": "2024-02-01",
            "end_date": "2024-08-31",
            "organization_id": organization,
            "team_id": team_of(world, "grace", organization),
            "settings": {"time_tracking": True, "file_attachments": True},
        },
    )


def team_of(world: World, username: str, organization: str) -> str:
    ask = Ask(token=world.token(username), query={"organization_id": organization})
    return ask.send(world, "GET", "/pm/api/v1/teams").json()["data"][0]["id"]


def owned_by_caller(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    where = Ask(token=ask.token, path={"project_id": data["id"]})
    members = where.send(world, "GET", "/pm/api/v1/projects/{project_id}").json()["data"]["members"]
    owner = world.person_id("grace")
    found = [(member["id"], member["role"]) for member in members]
    right = data["owner_id"] == owner and found == [(owner, "owner")]
    return [] if right else [f"not owned by its maker: {found}"]


def project(world: World) -> Ask:
    return Ask(token=world.token("alan"), path={"project_id": world.project})


def own_project(world: World) -> Ask:
    return Ask(
        token=world.token("ada"),
        path={"project_id": world.new_project(startDate="2024-01-01", endDate="2024-06-30")},
        body={
            "name": "Updated Project Name",
            "description": "Updated description",
            "status": "on_hold",
            "end_date": "2024-09-30",
        },
    )


def project_changed(_world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    wrong = [name for name, value in ask.body.items() if data[name] != value]
    if data["start_date"] != "2024-01-01" or data["updated_at"] < data["created_at"]:
        wrong.append("members that were absent changed")
    return wrong


def milestones(world: World) -> Ask:
    return Ask(token=world.token("alan"), path={"project_id": world.project})


def new_milestone(world: World) -> Ask:
    return Ask(
        token=world.token("ada"),
        path={"project_id": world.new_project()},
        body={
            "title": "Beta Release",
            "description": "Beta version release",
            "due_date": "2024-05-15",
        },
    )


def milestone_is_open(world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    right = data["created_by"] == world.person_id("ada") and data["completed_at"] is None
    return [] if right else [f"not an open milestone of its maker: {data}"]


def without_rights(ask: Asking) -> Asking:
    """The same request by somebody without any scopes."""
    return by(ask, lambda world: world.nobody())


PM: Mapping[str, Case] = {
    "S0-auth-register": Case(
        register,
        {
            VALIDATION: changed(register, email="not-an-address", password="short"),
            CONFLICT: register_again,
        },
        registered,
    ),
    "S0-auth-login": Case(
        login,
        {
            VALIDATION: changed(login, email=None),
            (401, "INVALID_CREDENTIALS"): changed(login, password="something else"),
        },
        promises_an_hour,
    ),
    "S0-auth-refresh": Case(
        refresh,
        {UNAUTHENTICATED: lambda _: Ask(token="no-such-token")},
        stays_usable,
        ask_at_root=refresh_at_root,
    ),
    "S0-auth-forgot-password": Case(
        forgot, {VALIDATION: changed(forgot, email="nobody")}, answers_alike
    ),
    "S0-auth-reset-password": Case(
        reset,
        {
            VALIDATION: changed(reset, new_password="short"),
            UNAUTHENTICATED: lambda _: Ask(
                body={"token": "no-such-token", "new_password": LEARN_PASSWORD}
            ),
        },
        works_once,
    ),
    "S0-users-profile-get": Case(profile),
    "S0-users-profile-update": Case(
        update_profile, {VALIDATION: changed(update_profile, timezone="Nowhere")}, profile_kept
    ),
    "S0-organizations-list": Case(organizations, check=role_is_admin),
    "S0-organizations-create": Case(
        new_organization,
        {VALIDATION: changed(new_organization, name=None), CONFLICT: same_domain},
        role_is_admin,
    ),
    "S0-teams-list": Case(teams, {FORBIDDEN: foreign_teams}),
    "S0-organizations-invite": Case(
        invite,
        {
            VALIDATION: changed(invite, role="emperor"),
            FORBIDDEN: invite_without_office,
            CONFLICT: invite_again,
        },
    ),
    "S0-projects-list": Case(projects, check=pages_add_up),
    "S0-projects-create": Case(
        new_project,
        {
            VALIDATION: changed(new_project, end_date="2023-01-01"),
            FORBIDDEN: without_rights(new_project),
        },
        owned_by_caller,
    ),
    "S0-projects-get": Case(project, {FORBIDDEN: without_rights(project)}),
    "S0-projects-update": Case(
        own_project,
        {
            VALIDATION: changed(own_project, status="asleep"),
            FORBIDDEN: without_rights(own_project),
        },
        project_changed,
    ),
    "S0-milestones-list": Case(milestones, {FORBIDDEN: without_rights(milestones)}),
    "S0-milestones-create": Case(
        new_milestone,
        {
            VALIDATION: changed(new_milestone, due_date="soon"),
            FORBIDDEN: without_rights(new_milestone),
        },
        milestone_is_open,
    ),
}
