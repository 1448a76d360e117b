from collections import Counter
from uuid import UUID

from trellis.db.seed.comments import demo_remarks
from trellis.db.seed.workflows import demo_executions, demo_workflows
from trellis.db.seed.world import PASSWORD, demo_id, demo_world


def test_the_world_has_the_size_that_is_documented():
    world = demo_world()

    assert [len(world.organizations), len(world.users), len(world.projects)] == [2, 12, 5]
    assert len(world.issues) == 400
    assert (world.users[0].email, PASSWORD) == ("ada@example.com", "trellis-demo")


def test_ids_are_the_same_on_every_machine():
    assert demo_world().users[0].id == UUID("d61fd979-fdf9-5230-b403-cd70adb78194")
    assert demo_id("issue", "ENG-1") == demo_world().issues[0].id


def test_no_id_is_used_twice():
    world = demo_world()
    everything = [
        *world.organizations, *world.teams, *world.users, *world.projects, *world.issues,
        *world.links, *world.comments, *world.attachments, *demo_workflows(), *demo_executions(),
        *demo_remarks(),
    ]  # fmt: skip
    everything += [part for one in demo_workflows() for part in (*one.states, *one.transitions)]

    assert len(everything) == 2 + 4 + 12 + 5 + 400 + 67 + 401 + 42 + 4 + 74 + 4 * (4 + 6) + 40
    assert [id for id, count in Counter(one.id for one in everything).items() if count > 1] == []


def test_people_work_only_in_projects_of_their_organization():
    world = demo_world()
    home = {user.id: user.organization_id for user in world.users}
    people = {project.id: {m.user_id for m in project.members} for project in world.projects}
    assert [len(people[project.id]) for project in world.projects] == [6, 4, 3, 4, 4]
    assert sum(issue.assignee_id is not None for issue in world.issues) == 344

    for project in world.projects:
        assert {home[member] for member in people[project.id]} == {project.organization_id}
    for issue in world.issues:
        assert issue.reporter_id in people[issue.project_id]
        assert issue.assignee_id is None or issue.assignee_id in people[issue.project_id]


def test_numbers_run_without_gap_in_each_project():
    world = demo_world()

    for project, count in zip(world.projects, (120, 90, 70, 70, 50), strict=True):
        numbers = [issue.number for issue in world.issues if issue.project_id == project.id]
        assert numbers == list(range(1, count + 1))


def test_links_stay_within_a_project():
    world = demo_world()
    home = {issue.id: issue.project_id for issue in world.issues}

    ends = [(home[link.source_id], home[link.target_id]) for link in world.links]
    assert [source for source, _ in ends] == [target for _, target in ends]
    linked = Counter(source for source, _ in ends)
    assert [linked[project.id] for project in world.projects] == [20, 15, 12, 12, 8]


def test_issues_with_a_workflow_stand_where_their_last_transition_has_led():
    active = {
        (one.project_id, issue_type): one.id
        for one in demo_workflows()
        for issue_type in one.issue_types
        if one.is_active
    }
    assert len(active) == sum(one.is_active for one in demo_workflows()) == 3
    places = {(one.project_id, one.issue_type): 0 for one in demo_world().issues}
    assert active.keys() <= places.keys()
    last = {one.issue_id: one for one in sorted(demo_executions(), key=lambda e: e.executed_at)}
    for issue in demo_world().issues:
        workflow = active.get((issue.project_id, issue.issue_type))
        reached = last[issue.id].transition.to_state if issue.id in last else "Open"
        assert reached == (issue.status if workflow else "Open")
