"""The npm client graphql-ws against the real server: what an SPA developer's browser does."""

from typing import Any

import pytest

from tests.support.npm_clients import run_client
from tests.support.trellis_server import TrellisServer
from trellis.db.seed.world import demo_id

pytestmark = pytest.mark.xdist_group("server")

PROJECT, ISSUE = demo_id("project", "COMP"), demo_id("issue", "COMP-1")
ISSUE_UPDATED = """
subscription IssueUpdated($projectId: ID!) {
  issueUpdated(projectId: $projectId) { id summary project { name } }
}
"""
RENAME_ISSUE = """
mutation RenameIssue($id: ID!, $text: String!) {
  updateIssue(id: $id, input: { summary: $text }) { issue { id } }
}
"""


def run(server: TrellisServer, scenario: str, **settings: Any) -> dict[str, Any]:
    return run_client(
        "ws_client.mjs",
        scenario=scenario,
        wsUrl=server.ws_url,
        httpUrl=server.graphql_url,
        **settings,
    )


def test_a_query_is_answered_once_and_completed(server: TrellisServer):
    seen = run(server, "operation", query="{ __typename }")
    assert seen["answers"] == [{"data": {"__typename": "Query"}}]
    assert seen["end"] == "complete"


def test_the_token_of_connection_init_says_who_asks(server: TrellisServer, token: str):
    seen = run(server, "operation", query="{ me { email } }", token=token)
    assert seen["answers"] == [{"data": {"me": {"email": "ada@example.com"}}}]


def test_a_subscriber_sees_changes_until_it_completes_and_the_socket_stays_open(
    server: TrellisServer, token: str
):
    seen = run(
        server,
        "subscription",
        token=token,
        query=ISSUE_UPDATED,
        variables={"projectId": PROJECT},
        mutation={"query": RENAME_ISSUE, "variables": {"id": ISSUE}},
    )
    event = seen["first"]["data"]["issueUpdated"]
    assert event["id"] == str(ISSUE)
    assert event["summary"] in seen["sent"]
    assert event["project"] == {"name": "Compiler Workshop"}
    assert seen["late"] == 0
    assert seen["probe"] == {"data": {"__typename": "Query"}}


def test_a_bad_token_closes_the_socket_with_4403(server: TrellisServer):
    seen = run(server, "operation", query="{ __typename }", token="not.a.token")
    assert seen["answers"] == []
    assert seen["end"]["close"] == 4403


def test_a_subscription_without_a_token_is_refused_before_its_first_event(
    server: TrellisServer,
):
    seen = run(server, "operation", query=ISSUE_UPDATED, variables={"projectId": PROJECT})
    assert seen["answers"] == []
    assert [e["extensions"]["code"] for e in seen["end"]["errors"]] == ["UNAUTHENTICATED"]


def test_an_invalid_operation_ends_with_its_errors_and_the_socket_stays_open(
    server: TrellisServer,
):
    seen = run(server, "operation", query="{ nothingLikeThis }")
    assert seen["answers"] == []
    [error] = seen["end"]["errors"]
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert [close["code"] for close in seen["closes"]] in ([], [1000])


def test_pings_are_answered_while_a_subscription_waits(server: TrellisServer, token: str):
    seen = run(
        server,
        "keepAlive",
        token=token,
        keepAlive=200,
        query=ISSUE_UPDATED,
        variables={"projectId": demo_id("project", "TREE")},
    )
    assert seen["pongs"] is True
