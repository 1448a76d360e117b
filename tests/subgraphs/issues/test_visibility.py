"""Who sees which issues, on every way to one: a table of callers over one planted world."""

from collections.abc import Set
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete

from tests.subgraphs import seeing
from tests.subgraphs.seeing import ADMIN, BOSS, INSIDER, OURS, id_of, person, representation
from tests.support.kept import kept
from tests.support.subgraphs import Running
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.subgraphs.issues import queries
from trellis.subgraphs.issues.models import (
    Attachment,
    Comment,
    Issue,
    IssueCounter,
    IssueLink,
    LinkType,
    Project,
    ProjectMember,
)

# GONE was deleted, and the news of its members and issues has not been worked through.
PROJECTS: dict[str, tuple[UUID | None, tuple[str, ...]]] = {
    **seeing.PROJECTS,
    "GONE": (OURS, ("insider", "boss")),
}
SEES = (
    *seeing.SEES,
    # Here whoever administers issues sees what whoever administers projects does.
    (person("boss", OURS, scopes=frozenset({"admin:issues"})), {"OURS", "EMPTY", "FREE"}),
)

EVERY_WAY = f"""query($reps: [_Any!]!) {{
  issues(first: 100) {{ ...Keys }}
  {" ".join(f'i{key}: issue(id: "{id_of("issue", key)}") {{ key }}' for key in PROJECTS)}
  {" ".join(f'k{key}: issueByKey(key: "{key}-1") {{ key }}' for key in PROJECTS)}
  _entities(representations: $reps) {{
    ... on Issue {{ key }}
    ... on Comment {{ content }}
    ... on Attachment {{ filename }}
    ... on User {{ assignedIssues {{ ...Keys }} reportedIssues {{ ...Keys }} }}
    ... on Project {{
      issues {{ ...Keys }} statistics {{ totalIssues }} issueStatistics {{ openIssues }}
    }}
  }}
}}
fragment Keys on IssueConnection {{ totalCount edges {{ node {{ key }} }} }}"""
REPRESENTATIONS = [
    *(representation("Issue", id=id_of("issue", key)) for key in PROJECTS),
    *(representation("Issue", key=f"{key}-1") for key in PROJECTS),
    *(representation("Comment", id=id_of("comment", key)) for key in PROJECTS),
    *(representation("Attachment", id=id_of("attachment", key)) for key in PROJECTS),
    *(representation("Project", id=id_of("project", key)) for key in PROJECTS),
    representation("User", id=id_of("user", "assignee")),
    representation("User", id=id_of("user", "reporter")),
]


async def plant(issues: Running) -> None:
    """The world of ``PROJECTS`` in place of the demo's: in each an issue with all that hangs on
    it, and the issue of OURS linked with every other one, to and fro."""
    async with issues.context().storage.begin() as uow:
        for table in (IssueLink, Issue, IssueCounter, ProjectMember, Project):
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
            uow.session.add(IssueCounter(project_id=project_id, last_number=1))
            uow.session.add_all(
                ProjectMember(project_id=project_id, user_id=id_of("user", name), role="member")
                for name in members
            )
            uow.session.add(
                Issue(
                    id=id_of("issue", key), project_id=project_id, number=1, key=f"{key}-1",
                    summary=key, issue_type="Task", status="Open", priority="Low",
                    assignee_id=id_of("user", "assignee"), reporter_id=id_of("user", "reporter"),
                )
            )  # fmt: skip
        await uow.session.flush()
        for key in PROJECTS:
            issue_id, author = id_of("issue", key), id_of("user", "reporter")
            uow.session.add(
                Comment(id=id_of("comment", key), issue_id=issue_id, author_id=author, content=key)
            )
            uow.session.add(
                Attachment(
                    id=id_of("attachment", key), issue_id=issue_id, filename=key,
                    mime_type="text/plain", size=1,
                )
            )  # fmt: skip
        uow.session.add_all(
            IssueLink(
                id=id_of("link", f"{source}/{target}"), source_id=id_of("issue", source),
                target_id=id_of("issue", target), type=LinkType.BLOCKS,
            )
            for key in PROJECTS.keys() - {"OURS"}
            for source, target in (("OURS", key), (key, "OURS"))
        )  # fmt: skip


def keys_in(connection: dict[str, Any]) -> Set[str]:
    """The projects of a list of issues, which holds one of each at most."""
    keys = [edge["node"]["key"].removesuffix("-1") for edge in connection["edges"]]
    assert connection["totalCount"] == len(keys) == len(set(keys))
    return set(keys)


async def test_everybody_sees_the_same_issues_on_every_way(issues: Running):
    await plant(issues)
    count = len(PROJECTS)
    for who, keys in SEES:
        data = await issues.ask(EVERY_WAY, who, reps=REPRESENTATIONS)
        entities = data.pop("_entities")
        seen = [{"key": f"{key}-1"} if key in keys else None for key in PROJECTS]
        assert keys_in(data.pop("issues")) == keys, who
        assert list(data.values()) == [*seen, *seen], who
        assert entities[: 2 * count] == [*seen, *seen], who
        for place, field in ((2, "content"), (3, "filename")):
            assert entities[place * count : (place + 1) * count] == [
                {field: key} if key in keys else None for key in PROJECTS
            ], who
        for key, project in zip(PROJECTS, entities[4 * count : 5 * count], strict=True):
            assert keys_in(project["issues"]) == keys & {key}, who
            told = project["statistics"], project["issueStatistics"]
            assert told == (
                ({"totalIssues": 1}, {"openIssues": 1}) if key in keys else (None, None)
            ), who
        assignee, reporter = entities[5 * count :]
        assert keys_in(assignee["assignedIssues"]) == keys_in(reporter["reportedIssues"]) == keys
        assert keys_in(assignee["reportedIssues"]) == keys_in(reporter["assignedIssues"]) == set()


@pytest.mark.parametrize("who", [ADMIN, BOSS, INSIDER], ids=lambda who: who.username)
async def test_links_lead_only_to_issues_that_are_seen(issues: Running, who: Identity):
    await plant(issues)
    [keys] = [keys for one, keys in SEES if one is who]
    data = await issues.ask('{ issueByKey(key: "OURS-1") { links { type issue { key } } } }', who)

    links = [(link["type"], link["issue"]["key"]) for link in data["issueByKey"]["links"]]
    assert sorted(links) == sorted(
        (type, f"{key}-1") for key in keys - {"OURS"} for type in ("blocks", "is_blocked_by")
    )


async def test_a_link_is_found_only_by_those_who_see_both_of_its_ends(issues: Running):
    await plant(issues)
    others = PROJECTS.keys() - {"OURS"}
    for who, keys in SEES:
        async with issues.context().storage.read() as session:
            for key in others:
                for ends in (f"OURS/{key}", f"{key}/OURS"):
                    found = await queries.link(session, who, id_of("link", ends))
                    assert (found is not None) is ({"OURS", key} <= keys), (who, ends)


CHANGES = """mutation($id: ID!, $ours: ID!, $project: ID!, $to: ID!, $fro: ID!) {
  create: createIssue(input: {projectId: $project, summary: "x"}) { issue { id } }
  update: updateIssue(id: $id, input: {summary: "x"}) { issue { id } }
  delete: deleteIssue(id: $id) { deletedIssueId }
  link: linkIssues(input: {sourceId: $id, targetId: $ours, type: RELATES_TO}) { linkId }
  linkBack: linkIssues(input: {sourceId: $ours, targetId: $id, type: RELATES_TO}) { linkId }
  unlink: unlinkIssues(linkId: $to) { source { id } }
  unlinkBack: unlinkIssues(linkId: $fro) { source { id } }
  comment: addComment(input: {issueId: $id, content: "x"}) { comment { id } }
}"""
OF_SERVICE = ("create", "link", "linkBack", "unlink", "unlinkBack", "comment")


async def test_whatever_somebody_does_not_see_is_not_found_by_any_change(issues: Running):
    """Links too: both of their ends have to be seen."""
    await plant(issues)
    before = await kept(issues)
    tried = 0
    for who, keys in SEES:
        if who not in (ADMIN, BOSS, INSIDER, ANONYMOUS):
            continue
        for key in PROJECTS.keys() - keys - {"OURS"}:
            variables = {
                "id": id_of("issue", key),
                "ours": id_of("issue", "OURS"),
                "project": id_of("project", key),
                "to": id_of("link", f"OURS/{key}"),
                "fro": id_of("link", f"{key}/OURS"),
            }
            result = await issues.answer(CHANGES, who, **{k: str(v) for k, v in variables.items()})
            codes = {error.path[0]: error.extensions["code"] for error in result.errors}
            of_service = "NOT_FOUND" if who.is_authenticated else "UNAUTHENTICATED"
            expected = dict.fromkeys(("update", "delete"), "NOT_FOUND")
            assert codes == expected | dict.fromkeys(OF_SERVICE, of_service), (who, key)
            tried += 1
    assert tried == 1 + 3 + 4 + 5
    assert await kept(issues) == before


@pytest.mark.parametrize("key", ["GONE", "THEIRS"])
async def test_nobody_listens_to_a_project_that_they_do_not_see(issues: Running, key: str):
    await plant(issues)
    stream: Any = await issues.subgraph.schema.subscribe(
        "subscription($p: ID!) { issueUpdated(projectId: $p) { key } }",
        variable_values={"p": str(id_of("project", key))},
        context_value=issues.context(BOSS),
    )
    first = await anext(stream)
    assert [error.extensions["code"] for error in first.errors] == ["NOT_FOUND"]
