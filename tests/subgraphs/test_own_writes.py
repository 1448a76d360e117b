"""What a mutation has answered is seen by the same caller in every subgraph's next answer.

Readers are slowed down here: whoever did not wait for them would be answered by what was before.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.subgraphs import caller
from tests.support.whole_graph import WholeGraph, whole_graph
from trellis.db.consumer import Consumer
from trellis.db.outbox import Envelope
from trellis.db.seed.world import demo_id
from trellis.db.settings import DataSettings

ADA, GRACE, ALAN = (caller(name) for name in ("ada", "grace", "alan"))

CREATE = """mutation($i: CreateProjectInput!) {
  createProject(input: $i) { project { id statistics { totalIssues } } }
}"""
PROJECT = "query($id: ID!) { project(id: $id) { statistics { totalIssues } } }"
UPDATE = """mutation($id: ID!, $i: UpdateProjectInput!) {
  updateProject(id: $id, input: $i) { project { id } }
}"""
DELETE = "mutation($id: ID!) { deleteProject(id: $id) { deletedProjectId } }"
ADD = "mutation($i: AddProjectMemberInput!) { addProjectMember(input: $i) { member { role } } }"
REMOVE = """mutation($i: RemoveProjectMemberInput!) {
  removeProjectMember(input: $i) { project { id } }
}"""
ISSUE = "mutation($i: CreateIssueInput!) { createIssue(input: $i) { issue { id } } }"
SEEN = "query($id: ID!) { issue(id: $id) { summary } }"
USER = "mutation($i: CreateUserInput!) { createUser(input: $i) { user { id } } }"
SEAT = """mutation($i: OrganizationMemberInput!) {
  addOrganizationMember(input: $i) { member { role } }
}"""
CLOSE = "mutation($id: ID!) { deactivateUser(id: $id) { user { id } } }"
TEAM = "mutation($i: CreateTeamInput!) { createTeam(input: $i) { team { id } } }"
WORKFLOW = """mutation($i: CreateWorkflowInput!) {
  createWorkflow(input: $i) { workflow { id transitions { id } } }
}"""
EXECUTE = """mutation($i: ExecuteTransitionInput!) {
  executeTransition(input: $i) { issue { status transitionExecutions { totalCount } } }
}"""
DRAWN = {
    "name": "Tasks",
    "issueTypes": ["Task"],
    "states": [{"name": "To Do", "type": "INITIAL"}, {"name": "Done", "type": "FINAL"}],
    "transitions": [{"name": "Complete", "fromState": "To Do", "toState": "Done"}],
}
HOME = str(demo_id("organization", "analytical.example.com"))


@pytest.fixture(params=["one process", "apart"])
async def graph(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[WholeGraph]:
    handle = Consumer._try_to_handle

    async def handle_late(self: Consumer, envelope: Envelope) -> None:
        await asyncio.sleep(0.1)
        await handle(self, envelope)

    redis_url = request.getfixturevalue("redis_url") if request.param == "apart" else None
    async with whole_graph(DataSettings(data_dir=tmp_path), redis_url=redis_url) as graph:
        monkeypatch.setattr(Consumer, "_try_to_handle", handle_late)
        yield graph


async def new_project(graph: WholeGraph, **wish: Any) -> str:
    made = await graph.ask(CREATE, GRACE, i={"name": "Compilers", **wish})
    return made["createProject"]["project"]["id"]


async def new_issue(graph: WholeGraph, project: str, **wish: Any) -> str:
    made = await graph.ask(ISSUE, GRACE, i={"projectId": project, "summary": "x", **wish})
    return made["createIssue"]["issue"]["id"]


async def test_a_new_project_has_its_statistics_at_once(graph: WholeGraph):
    made = await graph.ask(CREATE, GRACE, i={"name": "Compilers"})
    project = made["createProject"]["project"]
    assert project["statistics"] == {"totalIssues": 0}
    found = await graph.ask(PROJECT, GRACE, id=project["id"])
    assert found == {"project": {"statistics": {"totalIssues": 0}}}


async def test_issues_go_by_what_a_project_was_changed_to(graph: WholeGraph):
    """The replica of projects: settings, members, and that it is gone."""
    project = await new_project(graph)
    await graph.ask(UPDATE, GRACE, id=project, i={"settings": {"issueTypes": ["Idea"]}})
    issue = await new_issue(graph, project, issueType="Idea")

    seat = {"projectId": project, "userId": str(ALAN.id)}
    await graph.ask(ADD, GRACE, i={**seat, "role": "MEMBER"})
    assert (await graph.ask(SEEN, ALAN, id=issue))["issue"] == {"summary": "x"}
    await graph.ask(REMOVE, GRACE, i=seat)
    assert (await graph.ask(SEEN, ALAN, id=issue))["issue"] is None

    await graph.ask(DELETE, GRACE, id=project)
    assert (await graph.ask(SEEN, GRACE, id=issue))["issue"] is None


async def test_projects_know_who_has_joined_and_who_is_out(graph: WholeGraph):
    """The replica of people."""
    project = await new_project(graph)
    wish = {"email": "mary@example.com", "password": "correct horse battery"}
    mary = (await graph.ask(USER, ADA, i=wish))["createUser"]["user"]["id"]
    seat = {"organizationId": HOME, "userId": mary, "role": "MEMBER"}
    await graph.ask(SEAT, ADA, i=seat)
    chosen = {"projectId": project, "userId": mary, "role": "MEMBER"}
    await graph.ask(ADD, GRACE, i=chosen)

    other = await new_project(graph)
    await graph.ask(CLOSE, ADA, id=mary)
    refused = await graph.answer(ADD, GRACE, i={**chosen, "projectId": other})
    assert [error["extensions"]["code"] for error in refused.errors] == ["BAD_USER_INPUT"]


async def test_projects_know_a_team_that_was_made_a_moment_ago(graph: WholeGraph):
    """The replica of teams."""
    made = await graph.ask(TEAM, ADA, i={"organizationId": HOME, "name": "Loom"})
    assert await new_project(graph, teamId=made["createTeam"]["team"]["id"])


async def test_issues_go_by_a_new_workflow_and_workflows_know_of_the_move(graph: WholeGraph):
    """The replicas of projects and moves in workflows, and of workflows in issues."""
    project = await new_project(graph)
    made = await graph.ask(WORKFLOW, GRACE, i={"projectId": project, **DRAWN})
    workflow = made["createWorkflow"]["workflow"]
    issue = await new_issue(graph, project)
    [transition] = workflow["transitions"]
    wish = {"workflowId": workflow["id"], "issueId": issue, "transitionId": transition["id"]}

    done = await graph.ask(EXECUTE, GRACE, i=wish)
    moved = {"status": "Done", "transitionExecutions": {"totalCount": 1}}
    assert done["executeTransition"]["issue"] == moved


async def test_two_workers_over_one_folder_answer_by_what_either_has_changed(tmp_path: Path):
    """Without Redis each has a bus of its own; what readers keep is in the database of both."""
    settings = DataSettings(data_dir=tmp_path)
    async with whole_graph(settings) as one, whole_graph(settings) as other:
        for writer, reader in ((one, other), (other, one)) * 2:
            project = await new_project(writer)
            found = await reader.ask(PROJECT, GRACE, id=project)
            assert found == {"project": {"statistics": {"totalIssues": 0}}}
