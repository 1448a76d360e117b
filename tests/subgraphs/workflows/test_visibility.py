"""Who sees which workflows, on every way to one: a table of callers over one planted world."""

from collections.abc import Set
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete

from tests.subgraphs import seeing
from tests.subgraphs.seeing import BOSS, OURS, id_of, person, representation
from tests.subgraphs.workflows.making import wish
from tests.support.kept import kept
from tests.support.subgraphs import Running
from trellis.subgraphs.workflows.models import (
    ActiveWorkflow,
    Project,
    ProjectMember,
    TransitionExecution,
    Workflow,
)

# GONE was deleted, and the news of its members and workflows has not been worked through.
PROJECTS: dict[str, tuple[UUID | None, tuple[str, ...]]] = {
    **seeing.PROJECTS,
    "GONE": (OURS, ("insider", "boss")),
}
SEES = (
    *seeing.SEES,
    # Here whoever administers workflows sees what whoever administers projects does.
    (person("boss", OURS, scopes=frozenset({"admin:workflows"})), {"OURS", "EMPTY", "FREE"}),
)

EVERY_WAY = f"""query($reps: [_Any!]!) {{
  workflows(first: 100) {{ ...Names }}
  {" ".join(f'w{key}: workflow(id: "{id_of("workflow", key)}") {{ name }}' for key in PROJECTS)}
  _entities(representations: $reps) {{
    ... on Workflow {{ name executions {{ totalCount }} }}
    ... on TransitionExecution {{ transitionName workflow {{ name }} }}
    ... on Project {{ workflows {{ ...Names }} }}
    ... on Issue {{
      workflow {{ name }} availableTransitions {{ name }} transitionExecutions {{ totalCount }}
    }}
  }}
}}
fragment Names on WorkflowConnection {{ totalCount edges {{ node {{ name }} }} }}"""
REPRESENTATIONS: list[dict[str, Any]] = [
    *(representation("Workflow", id=id_of("workflow", key)) for key in PROJECTS),
    *(representation("TransitionExecution", id=id_of("execution", key)) for key in PROJECTS),
    *(representation("Project", id=id_of("project", key)) for key in PROJECTS),
    *(
        {
            **representation("Issue", id=id_of("issue", key), status="Open", issueType="Bug"),
            "project": {"id": str(id_of("project", key))},
        }
        for key in PROJECTS
    ),
]


async def plant(workflows: Running) -> None:
    """The world of ``PROJECTS`` in place of the demo's: in each a workflow with its history."""
    async with workflows.context().storage.begin() as uow:
        for table in (ActiveWorkflow, TransitionExecution, Workflow, ProjectMember, Project):
            await uow.session.execute(delete(table))
        uow.session.add_all(
            Project(
                id=id_of("project", key), key=key, organization_id=organization, version=1,
                is_deleted=key == "GONE",
            )
            for key, (organization, _) in PROJECTS.items()
        )  # fmt: skip
        await uow.session.flush()
        for key, (_, members) in PROJECTS.items():
            project_id = id_of("project", key)
            uow.session.add_all(
                ProjectMember(project_id=project_id, user_id=id_of("user", name), role="member")
                for name in members
            )
            step = {"id": str(id_of("step", key)), "name": key, "from_state": "Open"}
            uow.session.add(
                Workflow(
                    id=id_of("workflow", key), project_id=project_id, name=key, states=[],
                    issue_types=["Bug"], is_active=True, transitions=[{**step, "to_state": "Done"}],
                )
            )  # fmt: skip
        await uow.session.flush()
        for key in PROJECTS:
            about: Any = {
                "project_id": id_of("project", key),
                "workflow_id": id_of("workflow", key),
            }
            uow.session.add(ActiveWorkflow(issue_type="Bug", **about))
            uow.session.add(
                TransitionExecution(
                    id=id_of("execution", key), issue_id=id_of("issue", key), issue_key=f"{key}-1",
                    transition_id=id_of("step", key), transition_name=key, from_state="Open",
                    to_state="Done", executed_by=id_of("user", "insider"), **about,
                )
            )  # fmt: skip


def names_in(connection: dict[str, Any]) -> Set[str]:
    names = [edge["node"]["name"] for edge in connection["edges"]]
    assert connection["totalCount"] == len(names) == len(set(names))
    return set(names)


async def test_everybody_sees_the_same_workflows_on_every_way(workflows: Running):
    await plant(workflows)
    count = len(PROJECTS)
    for who, keys in SEES:
        data = await workflows.ask(EVERY_WAY, who, reps=REPRESENTATIONS)
        entities = data.pop("_entities")
        assert names_in(data.pop("workflows")) == keys, who
        assert list(data.values()) == [
            {"name": key} if key in keys else None for key in PROJECTS
        ], who
        assert entities[:count] == [
            {"name": key, "executions": {"totalCount": 1}} if key in keys else None
            for key in PROJECTS
        ], who
        assert entities[count : 2 * count] == [
            {"transitionName": key, "workflow": {"name": key}} if key in keys else None
            for key in PROJECTS
        ], who
        for place, key in enumerate(PROJECTS):
            project, issue = entities[2 * count + place], entities[3 * count + place]
            assert names_in(project["workflows"]) == keys & {key}, who
            seen = {"name": key} if key in keys else None
            assert issue == {
                "workflow": seen,
                "availableTransitions": [seen] if seen else [],
                "transitionExecutions": {"totalCount": 1 if seen else 0},
            }, who


CHANGES = """mutation($id: ID!, $new: CreateWorkflowInput!) {
  create: createWorkflow(input: $new) { workflow { id } }
  update: updateWorkflow(id: $id, input: {name: "x"}) { workflow { id } }
  activate: activateWorkflow(id: $id) { workflow { id } }
  deactivate: deactivateWorkflow(id: $id) { workflow { id } }
}"""


async def test_whatever_somebody_does_not_see_is_not_found_by_any_change(workflows: Running):
    await plant(workflows)
    before = await kept(workflows)
    tried = 0
    for who, keys in SEES:
        for key in PROJECTS.keys() - keys:
            new = wish(projectId=str(id_of("project", key)), isActive=False)
            told = await workflows.answer(CHANGES, who, id=str(id_of("workflow", key)), new=new)
            codes = {error.path[0]: error.extensions["code"] for error in told.errors}
            of_service = "NOT_FOUND" if who.is_authenticated else "UNAUTHENTICATED"
            others = ("update", "activate", "deactivate")
            assert codes == dict.fromkeys(others, "NOT_FOUND") | {"create": of_service}, (who, key)
            tried += 1
    assert tried > 30
    assert await kept(workflows) == before


@pytest.mark.parametrize("key", ["GONE", "THEIRS"])
async def test_nobody_listens_to_a_project_that_they_do_not_see(workflows: Running, key: str):
    await plant(workflows)
    stream: Any = await workflows.subgraph.schema.subscribe(
        "subscription($p: ID!) { workflowUpdated(projectId: $p) { name } }",
        variable_values={"p": str(id_of("project", key))},
        context_value=workflows.context(BOSS),
    )
    first = await anext(stream)
    assert [error.extensions["code"] for error in first.errors] == ["NOT_FOUND"]
