"""What can be done with workflows, and what is announced."""

from tests.subgraphs.workflows.making import (
    ACTIVATE,
    CREATE,
    DEACTIVATE,
    ENG,
    GRACE,
    UPDATE,
    create,
    events,
    state,
    step,
    wish,
)
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id

ROLE = {"name": "role", "parameters": {"roles": ["owner"]}}
ASSIGNED = {"name": "has_assignee", "parameters": {}}


async def test_a_new_workflow_is_active_has_ids_and_is_announced(workflows: Running):
    made = await create(
        workflows, transitions=[step("Complete", "To Do", "Done", validators=[ASSIGNED])]
    )

    assert {**made, "states": [], "transitions": []} == {
        "id": made["id"],
        "name": "New Workflow",
        "description": None,
        "isActive": True,
        "issueTypes": ["Task"],
        "version": 1,
        "states": [],
        "transitions": [],
    }
    assert [(s["name"], s["type"]) for s in made["states"]] == [
        ("To Do", "INITIAL"),
        ("Done", "FINAL"),
    ]
    [transition] = made["transitions"]
    ids = {transition["id"], *(s["id"] for s in made["states"])}
    assert len(ids) == 3
    assert transition["validators"] == [ASSIGNED]
    [created] = await events(workflows)
    assert (created.topic, created.key) == ("workflow.created", made["id"])
    assert created.payload["project_id"] == ENG
    assert created.payload["state"]["transitions"][0]["id"] == transition["id"]


async def test_rules_are_kept_as_they_were_given(workflows: Running):
    rules = [
        {"name": "field_required", "parameters": {"field": "resolution"}},
        {"name": "all_links_closed", "parameters": {"types": ["is_blocked_by"]}},
    ]
    made = await create(
        workflows,
        transitions=[step("Any", "*", "Done", conditions=[ROLE], validators=rules)],
    )

    [transition] = made["transitions"]
    assert transition["fromState"] == "*"
    assert (transition["conditions"], transition["validators"]) == ([ROLE], rules)


async def test_an_update_changes_only_what_is_given_and_tells_what(workflows: Running):
    made = await create(workflows)
    data = await workflows.ask(UPDATE, GRACE, id=made["id"], i={"name": "Renamed"})

    assert data["updateWorkflow"]["workflow"] == {**made, "name": "Renamed", "version": 2}
    _, updated = await events(workflows)
    assert (updated.topic, updated.payload["changed"]) == ("workflow.updated", ["name"])
    assert updated.payload["version"] == 2
    await workflows.ask(UPDATE, GRACE, id=made["id"], i={"name": "Renamed"})
    assert len(await events(workflows)) == 2


async def test_what_keeps_its_name_keeps_its_id(workflows: Running):
    made = await create(workflows)
    drawing = {
        "states": [
            state("To Do", "INITIAL"),
            state("Doing", "INTERMEDIATE"),
            state("Done", "FINAL"),
        ],
        "transitions": [step("Complete", "To Do", "Doing"), step("Complete", "Doing", "Done")],
    }
    data = await workflows.ask(UPDATE, GRACE, id=made["id"], i=drawing)

    now = data["updateWorkflow"]["workflow"]
    before = {s["name"]: s["id"] for s in made["states"]}
    after = {s["name"]: s["id"] for s in now["states"]}
    assert before.items() <= after.items()
    first, second = now["transitions"]
    assert first == {**made["transitions"][0], "toState": "Doing"}
    assert second["id"] != first["id"]


async def test_one_is_active_for_an_issue_type_at_a_time(workflows: Running):
    first = await create(workflows, issueTypes=["Task", "Story"])
    again = wish(issueTypes=["Story", "Bug"])
    refusal = await workflows.refusal(CREATE, GRACE, i=again)
    assert refusal == {"code": "CONFLICT", "issueTypes": ["Story"]}

    second = await create(workflows, issueTypes=["Story", "Bug"], isActive=False)
    assert (await workflows.refusal(ACTIVATE, GRACE, id=second["id"]))["code"] == "CONFLICT"
    await workflows.ask(DEACTIVATE, GRACE, id=first["id"])
    data = await workflows.ask(ACTIVATE, GRACE, id=second["id"])
    assert data == {"activateWorkflow": {"workflow": {"isActive": True, "version": 2}}}
    told = [(event.topic, event.payload["state"]["is_active"]) for event in await events(workflows)]
    assert told == [
        ("workflow.created", True),
        ("workflow.created", False),
        ("workflow.updated", False),
        ("workflow.updated", True),
    ]


async def test_the_issue_types_of_an_active_one_can_move(workflows: Running):
    first = await create(workflows, issueTypes=["Task"])
    await workflows.ask(UPDATE, GRACE, id=first["id"], i={"issueTypes": ["Story"]})
    await create(workflows, issueTypes=["Task"])

    taken = {"issueTypes": ["Story", "Task"]}
    refusal = await workflows.refusal(UPDATE, GRACE, id=first["id"], i=taken)
    assert refusal == {"code": "CONFLICT", "issueTypes": ["Task"]}


async def test_in_another_project_the_same_issue_type_has_another_one(workflows: Running):
    await create(workflows)
    await create(workflows, projectId=str(demo_id("project", "COMP")))


async def test_to_activate_twice_changes_nothing(workflows: Running):
    made = await create(workflows)
    data = await workflows.ask(ACTIVATE, GRACE, id=made["id"])
    assert data["activateWorkflow"]["workflow"] == {"isActive": True, "version": 1}
    assert len(await events(workflows)) == 1


async def test_the_demo_world_has_moved_along_its_workflows(workflows: Running):
    query = """query($p: ID!) { workflows(filters: {projectId: $p, isActive: true}) {
      totalCount edges { node { name issueTypes executions(first: 1) {
        totalCount edges { node { transitionName fromState toState executedAt
          executedBy { id } issue { id } workflow { name } } } } } } } }"""
    data = await workflows.ask(query, caller("alan"), p=str(demo_id("project", "ORBIT")))

    [edge] = data["workflows"]["edges"]
    assert (edge["node"]["name"], edge["node"]["issueTypes"]) == ("Bug Workflow", ["Bug"])
    history = edge["node"]["executions"]
    assert history["totalCount"] > 20
    assert history["edges"][0]["node"]["workflow"] == {"name": "Bug Workflow"}
