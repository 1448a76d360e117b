"""The REST documentation in headless Chromium against the real server, used as a newcomer would."""

import json
import os
from typing import Any

import pytest

from tests.support.npm_clients import require_chromium, run_client
from tests.support.trellis_server import TrellisServer
from trellis.db.seed.world import demo_id

pytestmark = pytest.mark.xdist_group("server")

# Set it to a folder to look at what the browser showed.
SCREENSHOTS = os.environ.get("TRELLIS_SCREENSHOTS")
PROJECT = str(demo_id("project", "TREE"))


def use_page(server: TrellisServer, path: str, *steps: tuple[Any, ...], **settings: Any) -> Any:
    """The results of the steps; the browser's console stays silent, no other host is asked."""
    seen = run_client(
        "rest_docs_page.mjs",
        url=f"{server.url}{path}",
        chromium=require_chromium(),
        screenshots=SCREENSHOTS,
        steps=steps,
        **settings,
    )
    assert seen["foreign"] == []
    assert seen["problems"] == []
    return seen["results"]


def test_a_newcomer_reads_signs_in_and_tries_an_operation(server: TrellisServer):
    opened, profiles, person, told, answer, curl, sent, _ = use_page(
        server,
        "/tracker/docs/",
        ("open",),
        ("profiles",),
        ("signIn",),
        ("operation", "op-getProject"),
        ("answerOf", "op-getProject", "200"),
        ("curl", "op-getProject"),
        ("send", "op-getProject", {"id": PROJECT}),
        ("screenshot", "rest-docs"),
    )
    assert opened[0] == "Issue tracker"
    assert opened[1] == opened[2] > 10
    assert profiles == ["all", "pm", "tracker", "commerce", "todo", "learn"]
    assert person == "Ada Lovelace"
    assert "Needs read:projects." in told
    assert "ETag" in answer and "display_name" in answer
    assert "/tracker/api/v1/projects/id" in curl and "Bearer $TOKEN" in curl
    status, body = sent
    assert status == "200"
    assert json.loads(body)["data"]["key"] == "TREE"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_all_dialects_lists_what_the_document_has(server: TrellisServer, scheme: str):
    [opened, found, _] = use_page(
        server,
        "/docs/",
        ("open",),
        ("filter", "post login"),
        ("screenshot", f"rest-docs-all-{scheme}"),
        colorScheme=scheme,
    )
    assert opened[0] == "REST API"
    assert opened[1] == opened[2] > 20
    assert 1 <= found < opened[1]
