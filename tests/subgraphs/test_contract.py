"""The GraphQL contract of the issue tracker is contained in the composed graph."""

from pathlib import Path

import pytest
from graphql import GraphQLObjectType, GraphQLSchema, build_schema, parse, print_ast, validate

from tests.support.subgraphs import caller
from tests.support.whole_graph import whole_graph
from trellis.db.seed.world import demo_id
from trellis.db.settings import DataSettings
from trellis.router.composition.compose import Subgraph, compose
from trellis.subgraphs.accounts.graph import subgraph as accounts
from trellis.subgraphs.issues.graph import subgraph as issues
from trellis.subgraphs.projects.graph import subgraph as projects

CONTRACT = {
    "Query": """me: User
        projects(first: Int, after: String): ProjectConnection
        issues(first: Int, after: String, filters: IssueFilters): IssueConnection
        issue(id: ID!): Issue
        project(id: ID!): Project""",
    "Mutation": """createIssue(input: CreateIssueInput!): CreateIssuePayload
        updateIssue(id: ID!, input: UpdateIssueInput!): UpdateIssuePayload
        deleteIssue(id: ID!): DeleteIssuePayload
        createProject(input: CreateProjectInput!): CreateProjectPayload""",
    "Subscription": """issueUpdated(projectId: ID!): Issue
        projectUpdated(id: ID!): Project""",
    "User": """id: ID!
        username: String!
        email: String!
        displayName: String!
        avatarUrl: String
        createdAt: DateTime!""",
    "Project": """id: ID!
        key: String!
        name: String!
        description: String
        lead: User!
        issues(first: Int, after: String): IssueConnection
        members: [ProjectMember!]!
        createdAt: DateTime!""",
    "Issue": """id: ID!
        key: String!
        summary: String!
        description: String
        issueType: String!
        status: String!
        priority: String!
        project: Project!
        assignee: User
        reporter: User!
        comments(first: Int, after: String): CommentConnection
        attachments: [Attachment!]!
        createdAt: DateTime!
        updatedAt: DateTime!""",
}

BOARD = """query ProjectBoard($id: ID!) { project(id: $id) {
  id key name status lead { id displayName avatarUrl }
  members { role joinedAt user { id displayName } } milestones { id title }
  issues(first: 20) { edges { node { id key summary status assignee { displayName }
    comments(first: 3) { edges { node { content author { displayName } } } } } } } } }"""

GET_PROJECT_ISSUES = """query GetProjectIssues($projectId: ID!, $first: Int!) {
  project(id: $projectId) { id name issues(first: $first) {
    edges { node { id key summary status assignee { username displayName } } }
    pageInfo { hasNextPage endCursor } } } }"""


@pytest.fixture(scope="module")
def graph() -> GraphQLSchema:
    parts = [
        Subgraph(one.name, f"local:{one.name}", one.schema.as_str())
        for one in (accounts, projects, issues)
    ]
    composed = compose(parts)
    assert composed.errors == ()
    return build_schema(composed.api_sdl)


@pytest.mark.parametrize("name", CONTRACT)
def test_every_field_of_the_contract_is_there_with_its_type_and_arguments(
    graph: GraphQLSchema, name: str
):
    kind = graph.type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    wanted = parse(f"type T {{ {CONTRACT[name]} }}").definitions[0]
    for field in wanted.fields:  # type: ignore[attr-defined]
        here = kind.fields[field.name.value]
        written = print_ast(field.type)
        assert str(here.type) == written, field.name.value
        for argument in field.arguments or ():
            assert str(here.args[argument.name.value].type) == print_ast(argument.type)


@pytest.mark.parametrize("query", [BOARD, GET_PROJECT_ISSUES])
def test_the_queries_of_the_contract_are_valid(graph: GraphQLSchema, query: str):
    assert validate(graph, parse(query)) == []


async def test_the_issues_of_a_project_come_as_the_contract_asks_for_them(tmp_path: Path):
    id, seen = str(demo_id("project", "ENG")), caller("alan")
    async with whole_graph(DataSettings(data_dir=tmp_path)) as graph:
        page = await graph.ask(GET_PROJECT_ISSUES, seen, projectId=id, first=2)

    project = page["project"]
    nodes = [edge["node"] for edge in project["issues"]["edges"]]
    assert (project["id"], project["name"]) == (id, "Analytical Engine")
    assert [node["key"] for node in nodes] == ["ENG-120", "ENG-119"]
    assert all(node["assignee"]["displayName"] for node in nodes if node["assignee"])
    assert any(node["assignee"] for node in nodes)
    assert project["issues"]["pageInfo"]["hasNextPage"] is True
    assert project["issues"]["pageInfo"]["endCursor"]
