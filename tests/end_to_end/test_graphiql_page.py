"""GraphiQL in headless Chromium against the real server, used as a newcomer would."""

import os
import re
import tomllib
from collections.abc import Sequence
from typing import Any

import pytest
from graphql import build_client_schema, get_introspection_query, parse, validate

from tests.support.npm_clients import require_chromium, run_client
from tests.support.shared import ROOT
from tests.support.trellis_server import TrellisServer
from trellis.db.seed.world import demo_id

pytestmark = pytest.mark.xdist_group("server")

EXPLORER = ROOT / "persisted_queries" / "explorer"
# Set it to a folder to look at what the browser showed.
SCREENSHOTS = os.environ.get("TRELLIS_SCREENSHOTS")
RENAME_ISSUE = """
mutation RenameIssue($id: ID!, $text: String!) {
  updateIssue(id: $id, input: { summary: $text }) { issue { id } }
}
"""


UNAUTHORIZED = "Failed to load resource: the server responded with a status of 401 (Unauthorized)"


def use_page(
    server: TrellisServer, *steps: tuple[Any, ...], told: Sequence[str] = (), **settings: Any
) -> list[Any]:
    """The results of the steps. On the way the browser's console may tell what is in ``told``, in
    this order and nothing else, and no request may leave the server's host."""
    seen = run_client(
        "graphiql_page.mjs",
        url=f"{server.url}/",
        chromium=require_chromium(),
        screenshots=SCREENSHOTS,
        steps=steps,
        **settings,
    )
    assert seen["foreign"] == []
    assert seen["problems"] == [*told]
    assert seen["requests"] > 10
    return seen["results"]


def starting_operations() -> list[str]:
    """The names of the operations that explorer.toml lists, in its order."""
    names = tomllib.loads((EXPLORER / "explorer.toml").read_text(encoding="utf-8"))["tabs"]
    documents = [(EXPLORER / f"{name}.graphql").read_text(encoding="utf-8") for name in names]
    found = [re.search(r"^(?:query|mutation|subscription) (\w+)", text, re.M) for text in documents]
    return [one[1] for one in found if one is not None]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_opens_with_the_starting_operations_and_asks_no_other_host(
    server: TrellisServer, scheme: str
):
    [tabs, docs, _] = use_page(
        server,
        ("open",),
        ("panel", "Documentation Explorer"),
        ("screenshot", f"first-{scheme}"),
        colorScheme=scheme,
    )
    assert tabs == starting_operations()
    assert {"ProjectBoard", "MoveIssue", "MyFiles", "MyHours", "LogIn"} <= set(tabs)
    for root in ("query: Query", "mutation: Mutation", "subscription: Subscription"):
        assert root in docs


def test_whoever_runs_the_board_unknown_is_asked_to_sign_in_and_then_sees_it(
    server: TrellisServer,
):
    results = use_page(
        server,
        ("open",),
        ("run",),
        ("isAskedToSignIn",),
        ("screenshot", "asked"),
        ("refusedSignIn", "not the password"),
        ("signInWith", "trellis-demo"),
        ("run",),
        ("answer", "Analytical Engine"),
        ("panel", "Query plan"),
        ("screenshot", "board"),
        told=[UNAUTHORIZED],
    )
    refused, person, board, plan = results[4], results[5], results[7], results[8]
    assert refused != ""
    assert "trellis-demo" not in refused
    assert person == "Ada Lovelace"
    assert '"errors"' not in board
    assert "queryPlan" not in board  # it has its own panel
    for subgraph in ("projects", "accounts", "issues"):
        assert subgraph in plan


def test_a_subscription_shows_what_another_client_changes(server: TrellisServer, token: str):
    results = use_page(
        server,
        ("open",),
        ("signIn",),
        ("tab", "IssueUpdates"),
        ("run",),
        (
            "changeUntilSeen",
            server.graphql_url,
            token,
            RENAME_ISSUE,
            {"id": str(demo_id("issue", "ENG-2"))},
            "seen in the browser",
        ),
        ("screenshot", "subscription"),
    )
    assert '"issueUpdated"' in results[4]


def test_every_starting_operation_is_valid_in_the_graph_that_is_served(server: TrellisServer):
    schema = build_client_schema(server.query(get_introspection_query())["data"])
    documents = sorted(EXPLORER.glob("*.graphql"))
    assert len(documents) >= len(starting_operations()) > 7
    for document in documents:
        assert validate(schema, parse(document.read_text("utf-8"))) == [], document.name
