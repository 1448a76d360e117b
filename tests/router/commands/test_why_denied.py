"""``trellis why-denied`` and ``trellis plan`` for a caller: what permissions took away, and why."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.office import composed_office, diary
from trellis.router.commands.cli import app

OFFICE = """
data_dir = "{folder}/data"
[subgraphs]
office = "tests.support.office:office"
billing = "tests.support.office:billing"
"""
QUERY = "{ projects { id budget } ledger }"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DATA_DIR", "AUTH__ISSUER", "AUTH__AUDIENCE"):  # set by commands, then undone
        monkeypatch.setenv(f"TRELLIS_{name}", "x")
        monkeypatch.delenv(f"TRELLIS_{name}")
    (tmp_path / "trellis.toml").write_text(OFFICE.format(folder=tmp_path), encoding="utf-8")
    diary.clear()
    return tmp_path


def run(folder: Path, command: str, *arguments: str, status: int) -> str:
    """What the command says; on standard error when it fails."""
    given = [command, *arguments, "-c", str(folder / "trellis.toml")]
    result = CliRunner().invoke(app, given)
    assert result.exit_code == status, result.output
    return result.stdout or result.stderr


def why_denied(folder: Path, *arguments: str, status: int = 3) -> Any:
    return json.loads(run(folder, "why-denied", *arguments, "--json", status=status))


def test_each_place_is_named_with_its_rule_and_the_object_denied(folder: Path):
    assert run(folder, "why-denied", QUERY, "--as", "ada", status=3) == (
        "caller   ada; roles none; tier none; scopes none\n"
        "\n"
        "denied   ledger   (Query.ledger)\n"
        '  rule   @policy(policies: [["auditor"]]) on Query.ledger: not met\n'
        "  policy auditor denies\n"
        "\n"
        "denied   projects.1.budget   (Project.budget)\n"
        '  rule   @policy(policies: [["owner:project"]]) on Project.budget: not met\n'
        "  policy owner:project denies: Project {'ownerName': 'bob'}\n"
    )


def test_json_says_the_same(folder: Path):
    found = why_denied(folder, QUERY, "--as", "bob@example.com")
    assert found["caller"] == {
        "username": "bob",
        "isAuthenticated": True,
        "roles": [],
        "scopes": [],
        "tier": None,
    }
    assert (found["kind"], found["isRefused"], found["isRun"]) == ("query", False, True)
    ledger, first, third = found["denied"]
    assert (ledger["path"], ledger["place"]) == (["ledger"], "Query.ledger")
    assert first == {
        "path": ["projects", 0, "budget"],
        "place": "Project.budget",
        "rules": [
            {
                "directive": '@policy(policies: [["owner:project"]])',
                "at": ["Project.budget"],
                "isMet": False,
            }
        ],
        "policies": [
            {
                "policy": "owner:project",
                "verdict": "denies",
                "object": {"__typename": "Project", "ownerName": "ada"},
            }
        ],
    }
    assert third["path"] == ["projects", 2, "budget"]


def test_whoever_may_everything_hears_so_with_status_0(folder: Path):
    said = run(folder, "why-denied", "{ projects { id } ledger }", "--as", "eve", status=0)
    assert said == "caller   eve; roles auditor; tier none; scopes none\nNothing is denied.\n"


def test_nobody_is_the_caller_unless_one_is_named(folder: Path):
    said = run(folder, "why-denied", "{ premium billing }", status=3)
    assert said.startswith("caller   anonymous\n")
    assert "  rule   @authenticated on Query.premium: not met\n" in said
    assert "  policy tier:pro was not evaluated: other rules had decided\n" in said


def test_an_anonymous_caller_left_with_nothing_is_refused(folder: Path):
    found = why_denied(folder, "{ premium }", "--as", "anonymous")
    assert (found["isRefused"], found["isRun"]) == (True, False)
    assert diary.resolved == []


def test_callers_can_be_made_up(folder: Path):
    found = why_denied(folder, "{ ledger books }", "--role", "auditor")
    assert [one["path"] for one in found["denied"]] == [["books"]]
    both = ("--role", "auditor", "--scope", "read:books")
    assert why_denied(folder, "{ ledger books }", *both, status=0)["denied"] == []


def test_an_unknown_caller_is_explained(folder: Path):
    said = run(folder, "why-denied", QUERY, "--as", "mallory", status=2)
    assert "No subgraph in this process knows a caller `mallory`" in said


def test_a_token_that_is_no_good_is_refused_as_at_every_door(folder: Path):
    said = run(folder, "why-denied", QUERY, "--token", "rubbish", status=1)
    assert "The access token is not valid" in said
    assert diary.resolved == []


def test_mutations_are_judged_and_never_run(folder: Path):
    touch = 'mutation { touch(id: "2") { budget } }'
    said = run(folder, "why-denied", touch, "--as", "ada", status=0)
    assert "Nothing is denied before execution." in said
    assert "The mutation was not run: policies may deny its objects as well." in said
    rename = 'mutation ($id: ID!) { rename(id: $id) { id } touch(id: "1") { id } }'
    found = why_denied(folder, rename, "--as", "ada", "--variables", '{"id": "2"}')
    assert found["isRefused"] is True
    (denied,) = found["denied"]
    assert denied["policies"] == [
        {
            "policy": "owner:project",
            "verdict": "denies",
            "object": {"__typename": "Mutation", "__field": "rename", "id": "2", "name": "new"},
        }
    ]
    assert diary.resolved == []


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("{ projects { ",), 1, "Syntax Error"),
        (("{ projekts { id } }",), 1, "Cannot query field 'projekts' on type 'OfficeQuery'"),
        (("nowhere.graphql",), 2, "neither a GraphQL document nor a readable file"),
        (("query ($id: ID!) { report(id: $id) }",), 1, "$id"),
        (("{ ledger }", "--variables", "[1]"), 2, "--variables must be a JSON object"),
        (("query A { ledger } query B { books }",), 1, "operation"),
    ],
)
def test_what_cannot_be_read_is_explained(
    folder: Path, arguments: tuple[str, ...], status: int, said: str
):
    text = run(folder, "why-denied", *arguments, "--as", "ada", status=status)
    assert said.replace("OfficeQuery", "Query") in " ".join(text.split())


# -- plans ------------------------------------------------------------------------------------


def test_the_plan_for_a_caller_lacks_what_permissions_removed(folder: Path):
    query = "{ ledger billing }"
    everything = run(folder, "plan", query, status=0)
    assert "{ledger}" in everything
    left = run(folder, "plan", query, "--caller", "ada", status=0)
    assert "{ledger}" not in left and "{billing}" in left
    assert "denied   ledger   (Query.ledger)" in left
    assert "{ledger}" in run(folder, "plan", query, "--role", "auditor", status=0)
    assert diary.resolved == []


def test_the_plan_for_a_caller_as_json_and_as_a_tree(folder: Path):
    query = "{ ledger books }"
    said = run(folder, "plan", query, "--role", "auditor", "--format", "json", status=0)
    found = json.loads(said)
    assert [step["operation"] for step in found["steps"]] == ["{ledger}"]
    assert [one["path"] for one in found["denied"]] == [["books"]]
    assert found["caller"]["roles"] == ["auditor"]
    tree = run(folder, "plan", query, "--role", "auditor", "--format", "tree", status=0)
    assert tree.startswith("QueryPlan {") and "denied   books   (Query.books)" in tree


def test_an_operation_that_is_refused_has_no_plan(folder: Path):
    rename = 'mutation { rename(id: "2") { id } }'
    said = run(folder, "plan", rename, "--caller", "ada", status=3)
    assert "The operation is refused as a whole; no subgraph is called." in said
    assert run(folder, "plan", rename, "--caller", "bob@example.com", status=0).startswith("0: ")


def test_a_supergraph_whose_subgraphs_are_elsewhere_can_be_planned_for_a_caller(folder: Path):
    (folder / "supergraph.graphql").write_text(composed_office(), encoding="utf-8")
    given = ("--supergraph", str(folder / "supergraph.graphql"), "--scope", "read:books")
    (folder / "trellis.toml").write_text("", encoding="utf-8")
    said = run(folder, "plan", "{ premium projects { id } }", *given, status=0)
    assert "{projects {id}}" in said
    assert "  policy tier:pro is not registered by any subgraph" in said
