"""Who changes their name is called by the new one wherever they are referred to."""

from pathlib import Path
from typing import Any

from tests.support.subgraphs import caller
from tests.support.whole_graph import whole_graph
from trellis.db.settings import DataSettings

PROJECT = "mutation($i: CreateProjectInput!) { createProject(input: $i) { project { id } } }"
ISSUE = "mutation($i: CreateIssueInput!) { createIssue(input: $i) { issue { id } } }"
COMMENT = "mutation($i: AddCommentInput!) { addComment(input: $i) { comment { id } } }"
RENAME = "mutation($i: UpdateProfileInput!) { updateMyProfile(input: $i) { user { id } } }"
NAMES = """
query($project: ID!, $issue: ID!) {
  project(id: $project) {
    lead { displayName } owner { displayName } members { user { displayName } }
    issues { edges { node {
      assignee { displayName } reporter { displayName }
      comments { edges { node { author { displayName } } } }
    } } }
  }
  issue(id: $issue) { reporter { displayName } }
}
"""


def names_in(answer: Any) -> list[str]:
    """Every ``displayName`` of an answer."""
    if isinstance(answer, list):
        return [name for one in answer for name in names_in(one)]
    if not isinstance(answer, dict):
        return []
    own = [answer["displayName"]] if "displayName" in answer else []
    return own + [name for one in answer.values() for name in names_in(one)]


async def test_a_renamed_person_has_the_new_name_in_every_subgraph(tmp_path: Path):
    who = caller("grace")
    async with whole_graph(DataSettings(data_dir=tmp_path)) as graph:
        made = await graph.ask(PROJECT, who, i={"name": "Compilers"})
        project = made["createProject"]["project"]["id"]
        wish = {"projectId": project, "summary": "COBOL", "assigneeId": str(who.id)}
        issue = (await graph.ask(ISSUE, who, i=wish))["createIssue"]["issue"]["id"]
        await graph.ask(COMMENT, who, i={"issueId": issue, "content": "soon"})
        where = {"project": project, "issue": issue}
        assert names_in(await graph.ask(NAMES, who, **where)) == ["Grace Hopper"] * 7

        await graph.ask(RENAME, who, i={"firstName": "Amazing"})

        assert names_in(await graph.ask(NAMES, who, **where)) == ["Amazing Hopper"] * 7
