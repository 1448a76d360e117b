"""The issue tracker: signing in, users, projects and members, issues, comments, workflows."""

from collections.abc import Mapping

import httpx

from tests.conformance.rest.asking import Ask, Asking, Case, by, changed
from tests.conformance.rest.world import AVATAR, World

INVALID = (422, "VALIDATION_ERROR")
FORBIDDEN = (403, "INSUFFICIENT_PERMISSIONS")
EXISTS = (409, "RESOURCE_ALREADY_EXISTS")
NO_TRANSITION = (409, "WORKFLOW_TRANSITION_INVALID")
INVALID_TOKEN = (401, "TOKEN_INVALID")


def without_rights(ask: Asking) -> Asking:
    """The same request by somebody without any scopes."""
    return by(ask, lambda world: world.nobody())


def login(world: World) -> Ask:
    person = with_picture(world)
    return Ask(body={"email": person.email, "password": person.password})


def with_picture(world: World):
    person = world.fresh(profile="TRACKER")
    ask = Ask(token=person.token, path={"id": person.id}, body={"avatar_url": AVATAR})
    ask.send(world, "PUT", "/tracker/api/v1/users/{id}")
    return person


def bearer_for_an_hour(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    told = (data["expires_in"], data["token_type"])
    return [] if told == (3600, "Bearer") else [f"told {told}"]


def refresh(world: World) -> Ask:
    return Ask(body={"refresh_token": world.fresh(profile="TRACKER").refresh_token})


def logout(world: World) -> Ask:
    return Ask(token=world.fresh(profile="TRACKER").token)


def is_signed_out(world: World, ask: Ask, _response: httpx.Response) -> list[str]:
    again = ask.send(world, "GET", "/tracker/api/v1/projects")
    return [] if again.status_code == 401 else ["the token still works"]


def user(world: World) -> Ask:
    return Ask(token=world.token("alan"), path={"id": world.person_id("grace")})


def update_user(world: World) -> Ask:
    person = world.fresh()
    return Ask(
        token=person.token,
        path={"id": person.id},
        body={
            "first_name": "John",
            "last_name": "Doe",
            "avatar_url": "https://example.com/new-avatar.jpg",
        },
    )


def update_colleague(world: World) -> Ask:
    ask = Ask(token=world.token("alan"), path={"id": world.person_id("grace")})
    return Ask(token=ask.token, path=ask.path, body={"first_name": "Not Grace"})


def members_changed(_world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    return [name for name, value in ask.body.items() if data.get(name) != value]


def new_user(world: World) -> Ask:
    address, username = world.new_names()
    return Ask(
        token=world.token("ada"),
        body={
            "email": address,
            "username": username,
            "password": "password123",
            "first_name": "New",
            "last_name": "User",
            "roles": ["user"],
        },
    )


def is_active(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    right = data["is_active"] is True and data["roles"] == ["user"]
    return [] if right else [f"is_active {data['is_active']}, roles {data['roles']}"]


def known_user(world: World) -> Ask:
    return changed(new_user, email=world.fresh().email)(world)


def projects(world: World) -> Ask:
    return Ask(token=world.token("alan"), query={"search": "engine", "status": "active"})


def too_many(world: World) -> Ask:
    return Ask(token=world.token("alan"), query={"per_page": 101})


def search_finds(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    found = [item["key"] for item in response.json()["data"]]
    return [] if found == ["ENG"] else [f"found {found}"]


def new_project(world: World) -> Ask:
    key = f"N{world.new_names()[1][-6:].upper()}"
    return Ask(
        token=world.token("ada"),
        body={
            "key": key,
            "name": "New Project",
            "description": "Description of the new project",
            "project_type": "software",
            "lead_id": world.person_id("ada"),
        },
    )


def starts_active(_world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    right = data["status"] == "active" and data["key"] == ask.body["key"]
    return [] if right else [f"status {data['status']}, key {data['key']}"]


def project(world: World) -> Ask:
    return Ask(token=world.token("alan"), path={"id": world.project})


def statistics_add_up(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    told = response.json()["data"]["statistics"]
    parts = told["open_issues"] + told["in_progress_issues"] + told["closed_issues"]
    return [] if parts == told["total_issues"] > 0 else [f"statistics: {told}"]


def update_project(world: World) -> Ask:
    return Ask(
        token=world.token("ada"),
        path={"id": world.new_project()},
        body={
            "name": "Updated Project Name",
            "description": "Updated description",
            "lead_id": world.person_id("ada"),
        },
    )


def project_changed(_world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    return [name for name in ("name", "description") if data[name] != ask.body[name]]


def delete_project(world: World) -> Ask:
    return Ask(token=world.token("ada"), path={"id": world.new_project()})


def project_is_gone(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    again = ask.send(world, "GET", "/tracker/api/v1/projects/{id}")
    right = response.json()["data"] == {"message": "Project deleted successfully"}
    return [] if right and again.status_code == 404 else ["the project is still there"]


def members(world: World) -> Ask:
    return Ask(token=world.token("alan"), path={"id": world.project})


def new_member(world: World) -> Ask:
    return Ask(
        token=world.token("ada"),
        path={"id": world.new_project()},
        body={"user_id": world.person_id("alan"), "role": "member"},
    )


def known_member(world: World) -> Ask:
    ask = new_member(world)
    ask.send(world, "POST", "/tracker/api/v1/projects/{id}/members")
    return ask


def is_member(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    right = (data["user"]["id"], data["role"]) == (world.person_id("alan"), "member")
    return [] if right else [f"added {data}"]


def issues(world: World) -> Ask:
    return Ask(
        token=world.token("alan"),
        query={
            "project_id": world.project,
            "assignee_id": world.person_id("alan"),
            "status": "Open",
            "per_page": 5,
        },
    )


def filters_hold(world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    return [
        f"not asked for: {item['key']}"
        for item in response.json()["data"]
        if (item["project"]["id"], item["assignee"]["id"], item["status"])
        != (world.project, world.person_id("alan"), "Open")
    ]


def new_issue(world: World) -> Ask:
    return Ask(
        token=world.token("alan"),
        body={
            "project_id": world.project,
            "summary": "New issue summary",
            "description": "Detailed description of the issue",
            "issue_type": "Bug",
            "priority": "Medium",
            "assignee_id": world.person_id("grace"),
        },
    )


def in_no_project(world: World) -> Ask:
    return changed(new_issue, project_id=world.person_id("alan"))(world)


def is_open_and_ours(world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    right = data["status"] == "Open" and data["key"].startswith("ENG-")
    reporter = data["reporter"]["id"] == world.person_id("alan")
    return [] if right and reporter else [f"reported {data}"]


def issue(world: World) -> Ask:
    return Ask(token=world.token("alan"), path={"id": world.issue})


def update_issue(world: World) -> Ask:
    return Ask(
        token=world.token("alan"),
        path={"id": world.new_issue()},
        body={
            "summary": "Updated issue summary",
            "description": "Updated description",
            "status": "Done",
            "assignee_id": world.person_id("grace"),
        },
    )


def issue_changed(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    wrong = [name for name in ("summary", "description", "status") if data[name] != ask.body[name]]
    if data["assignee"]["id"] != world.person_id("grace") or data["issue_type"] != "Task":
        wrong.append(f"assignee or type of {data}")
    return wrong


def delete_issue(world: World) -> Ask:
    return Ask(token=world.token("ada"), path={"id": world.new_issue()})


def linked_issue(world: World) -> Ask:
    issue = world.new_issue()
    world.link(issue, world.new_issue())
    return Ask(token=world.token("ada"), path={"id": issue})


def issue_is_gone(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    again = ask.send(world, "GET", "/tracker/api/v1/issues/{id}")
    return [] if not response.content and again.status_code == 404 else ["still there"]


def comments(world: World) -> Ask:
    return Ask(token=world.token("alan"), path={"id": world.discussed_issue})


def oldest_first(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    times = [item["created_at"] for item in response.json()["data"]]
    return [] if times == sorted(times) else [f"order: {times}"]


def new_comment(world: World) -> Ask:
    return Ask(
        token=world.token("alan"),
        path={"id": world.new_issue()},
        body={"content": "This is a new comment"},
    )


def by_caller(world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    author = response.json()["data"]["author"]["id"]
    return [] if author == world.person_id("alan") else [f"author {author}"]


def workflows(world: World) -> Ask:
    """Those of a project with one that is active and one that is not."""
    project = world.new_project()
    world.new_workflow(project)
    world.new_workflow(project, isActive=False)
    return Ask(token=world.token("ada"), query={"project_id": project, "active": "true"})


def only_active(_world: World, ask: Ask, response: httpx.Response) -> list[str]:
    told = [(item["project_id"], item["is_active"]) for item in response.json()["data"]]
    return [] if told == [(ask.query["project_id"], True)] else [f"listed {told}"]


def new_workflow(world: World) -> Ask:
    return Ask(
        token=world.token("ada"),
        body={
            "name": "New Workflow",
            "description": "Description of the new workflow",
            "project_id": world.new_project(),
            "issue_types": ["Task"],
            "states": [{"name": "To Do", "type": "initial"}, {"name": "Done", "type": "final"}],
            "transitions": [{"name": "Complete", "from_state": "To Do", "to_state": "Done"}],
        },
    )


def without_a_final_state(world: World) -> Ask:
    return changed(new_workflow, states=[{"name": "To Do", "type": "initial"}])(world)


def has_ids(_world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    states = [{"name": one["name"], "type": one["type"]} for one in data["states"]]
    ids = {one["id"] for one in (*data["states"], *data["transitions"])}
    right = states == ask.body["states"] and data["is_active"] is True and len(ids) == 3
    return [] if right else [f"made {data}"]


def transition(world: World) -> Ask:
    """Of an issue in the state that it leads from."""
    project = world.new_project()
    workflow = world.new_workflow(project)
    return Ask(
        token=world.token("ada"),
        path={"id": workflow["id"]},
        body={
            "issue_id": world.new_issue("ada", projectId=project),
            "transition_id": workflow["transitions"][0]["id"],
            "comment": "Moving to next state",
        },
    )


def taken_transition(world: World) -> Ask:
    ask = transition(world)
    ask.send(world, "POST", "/tracker/api/v1/workflows/{id}/execute")
    return ask


def is_moved(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    moved = (data["issue_id"], data["from_state"], data["to_state"])
    wrong = [] if moved == (ask.body["issue_id"], "To Do", "Done") else [f"moved {data}"]
    issue = Ask(token=ask.token, path={"id": data["issue_id"]})
    status = issue.send(world, "GET", "/tracker/api/v1/issues/{id}").json()["data"]["status"]
    comments = issue.send(world, "GET", "/tracker/api/v1/issues/{id}/comments").json()["data"]
    said = [comment["content"] for comment in comments]
    return wrong + ([] if (status, said) == ("Done", [ask.body["comment"]]) else [status, *said])


def move_without_transition(world: World) -> Ask:
    project = world.new_project()
    world.new_workflow(project)
    issue = world.new_issue("ada", projectId=project)
    return Ask(token=world.token("ada"), path={"id": issue}, body={"status": "Closed"})


TRACKER: Mapping[str, Case] = {
    "S1-auth-login": Case(
        login,
        {
            INVALID: changed(login, password=None),
            (401, "INVALID_CREDENTIALS"): changed(login, password="something else"),
        },
        bearer_for_an_hour,
    ),
    "S1-auth-refresh": Case(
        refresh,
        {
            INVALID: changed(refresh, refresh_token=None),
            (401, "REFRESH_TOKEN_EXPIRED"): changed(refresh, refresh_token="no-such-token"),
        },
        bearer_for_an_hour,
        unprovoked={
            INVALID_TOKEN: "an unknown refresh token cannot be told from an expired one",
        },
    ),
    "S1-auth-logout": Case(logout, check=is_signed_out),
    "S1-users-get": Case(user, unprovoked={FORBIDDEN: "strangers do not exist: 404"}),
    "S1-users-update": Case(
        update_user,
        {INVALID: changed(update_user, avatar_url="no address"), FORBIDDEN: update_colleague},
        members_changed,
    ),
    "S1-users-create": Case(
        new_user,
        {
            INVALID: changed(new_user, password="short"),
            EXISTS: known_user,
            FORBIDDEN: by(new_user, lambda world: world.token("alan")),
        },
        is_active,
    ),
    "S1-projects-list": Case(projects, {INVALID: too_many}, search_finds),
    "S1-projects-create": Case(
        new_project,
        {
            INVALID: changed(new_project, name=None),
            EXISTS: changed(new_project, key="ENG"),
            FORBIDDEN: without_rights(new_project),
        },
        starts_active,
    ),
    "S1-projects-get": Case(project, {FORBIDDEN: without_rights(project)}, statistics_add_up),
    "S1-projects-update": Case(
        update_project,
        {INVALID: changed(update_project, name=""), FORBIDDEN: without_rights(update_project)},
        project_changed,
    ),
    "S1-projects-delete": Case(
        delete_project,
        {FORBIDDEN: by(delete_project, lambda world: world.token("alan"))},
        project_is_gone,
    ),
    "S1-members-list": Case(members, {FORBIDDEN: without_rights(members)}),
    "S1-members-add": Case(
        new_member,
        {
            INVALID: changed(new_member, role="emperor"),
            (409, "PROJECT_MEMBER_ALREADY_EXISTS"): known_member,
            FORBIDDEN: without_rights(new_member),
        },
        is_member,
    ),
    "S1-issues-list": Case(issues, {INVALID: too_many}, filters_hold),
    "S1-issues-create": Case(
        new_issue,
        {
            INVALID: changed(new_issue, priority="Whenever"),
            (404, "RESOURCE_NOT_FOUND"): in_no_project,
            FORBIDDEN: without_rights(new_issue),
        },
        is_open_and_ours,
    ),
    "S1-issues-get": Case(
        issue,
        {FORBIDDEN: without_rights(issue)},
    ),
    "S1-issues-update": Case(
        update_issue,
        {
            INVALID: changed(update_issue, status="Nowhere"),
            FORBIDDEN: without_rights(update_issue),
            NO_TRANSITION: move_without_transition,
        },
        issue_changed,
    ),
    "S1-issues-delete": Case(
        delete_issue,
        {
            (409, "ISSUE_CANNOT_BE_DELETED"): linked_issue,
            FORBIDDEN: without_rights(delete_issue),
        },
        issue_is_gone,
    ),
    "S1-workflows-list": Case(workflows, {FORBIDDEN: without_rights(workflows)}, only_active),
    "S1-workflows-create": Case(
        new_workflow,
        {INVALID: without_a_final_state, FORBIDDEN: without_rights(new_workflow)},
        has_ids,
    ),
    "S1-workflows-execute": Case(
        transition,
        {
            INVALID: changed(transition, transition_id="x"),
            FORBIDDEN: without_rights(transition),
            NO_TRANSITION: taken_transition,
        },
        is_moved,
    ),
    "S1-issue-comments-list": Case(comments, {FORBIDDEN: without_rights(comments)}, oldest_first),
    "S1-issue-comments-add": Case(
        new_comment,
        {INVALID: changed(new_comment, content=" "), FORBIDDEN: without_rights(new_comment)},
        by_caller,
    ),
}
