"""``trellis db`` as an operator types it."""

import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trellis.db.commands import app

CONFIG = """
[subgraphs]
projects = "trellis.subgraphs.projects.graph:subgraph"
issues = { module = "trellis.subgraphs.issues.graph:subgraph" }
elsewhere = "http://127.0.0.1:9/graphql"
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("TRELLIS_DATA_DIR", str(tmp_path / "data"))
    for name in ("TRELLIS_DATABASE_URL", "TRELLIS_REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "trellis.toml"
    file.write_text(CONFIG)
    return str(file)


def run(*arguments: str, answer: str | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments), input=answer)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def count(data: Path, subgraph: str, table: str) -> int:
    with sqlite3.connect(data / f"{subgraph}.sqlite3") as connection:
        [(rows,)] = connection.execute(f"select count(*) from {table}")
    connection.close()
    return rows


def test_upgrade_makes_the_tables_of_every_subgraph_that_runs_here(config: str, tmp_path: Path):
    code, output = run("upgrade", "--config", config)

    assert (code, "projects is up to date" in output, "elsewhere" in output) == (0, True, False)
    assert count(tmp_path / "data", "issues", "issue") == 0


def test_seeding_twice_writes_the_demo_world_once(config: str, tmp_path: Path):
    for _ in range(2):
        assert run("seed", "--config", config)[0] == 0

    data = tmp_path / "data"
    assert count(data, "projects", "project") == 5
    assert count(data, "issues", "issue") == 400
    assert count(data, "issues", "outbox") == 0


def test_reset_asks_and_then_leaves_empty_tables(config: str, tmp_path: Path):
    run("seed", "--config", config)

    assert run("reset", "--config", config, answer="n\n")[0] == 1
    assert count(tmp_path / "data", "issues", "issue") == 400
    assert run("reset", "--config", config, answer="y\n")[0] == 0
    assert count(tmp_path / "data", "issues", "issue") == 0


def test_a_missing_file_is_named_with_what_to_do():
    assert run("upgrade", "--config", "nowhere.toml") == (
        1,
        "✗ There is no nowhere.toml. Name one with --config.\n",
    )


@pytest.mark.parametrize("target", ["no.such:thing", "trellis.subgraphs.issues.graph:thing"])
def test_a_subgraph_that_cannot_be_loaded_is_named(tmp_path: Path, target: str):
    file = tmp_path / "trellis.toml"
    file.write_text(f'[subgraphs]\nx = "{target}"\n')

    code, output = run("upgrade", "--config", str(file))

    assert code == 1
    assert f"The subgraph x cannot be loaded from '{target}'" in output.replace("\n", " ")


def test_a_migration_is_written_for_a_subgraph_that_is_named_only(config: str):
    code, output = run("revision", "nobody", "add a column", "--config", config)

    assert code == 1
    assert output == "✗ No subgraph 'nobody': trellis.toml names projects, issues.\n"


def test_parked_events_are_listed_and_sent_again_only_when_asked_for(config: str, tmp_path: Path):
    run("upgrade", "--config", config)
    with sqlite3.connect(tmp_path / "data" / "issues.sqlite3") as connection:
        connection.execute(
            "insert into outbox (event_id, topic, key, payload, headers, occurred_at,"
            " available_at, is_dead, error, attempts) values (?, 'issue.updated', 'k', '{}', '{}',"
            " 1767225600000000, 1767225600000000, 1, 'no way', 5)",
            ("0" * 31 + "7",),
        )
    connection.close()

    for _ in range(2):
        code, output = run("parked", "issues")
        assert code == 0
        assert "issue.updated  k  no way" in output
        assert "waiting" not in output
    assert "1 events are waiting to be sent." in run("parked", "issues", "--again")[1]
    assert run("parked", "issues", "--config", config) == (0, "No event of issues is parked.\n")


def test_no_events_are_looked_for_under_a_name_that_is_no_subgraph(config: str, tmp_path: Path):
    code, output = run("parked", "nosuch", "--config", config)

    assert (code, output) == (1, "✗ No subgraph 'nosuch': trellis.toml names projects, issues.\n")
    assert not (tmp_path / "data" / "nosuch.sqlite3").exists()
