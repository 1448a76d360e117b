"""The copies of the documents: written once, and forgotten with their dialect."""

import json
from pathlib import Path

from tests.support.rest_routes import small_supergraph
from trellis.router.commands.openapi_files import write_documents
from trellis.router.config import Config

MOTTO = 'query Motto @rest(method: GET, path: "/api/v1/motto") { motto }'
SUPERGRAPH = small_supergraph().sdl


def configured(folder: Path, *profiles: str) -> Config:
    for profile in profiles:
        place = folder / "operations" / "rest" / profile / "things"
        place.mkdir(parents=True, exist_ok=True)
        (place / "motto.graphql").write_text(MOTTO, encoding="utf-8")
    return Config(schema_dir=folder / "schema", operations_dir=folder / "operations")


def names(paths: list[Path]) -> set[str]:
    return {path.name for path in paths}


def test_documents_are_written_once(tmp_path: Path):
    config = configured(tmp_path, "pm", "tracker")
    every = {"openapi.json", "pm.json", "tracker.json", "dialects.json"}
    assert names(write_documents(SUPERGRAPH, config, dry_run=True)) == every
    assert not (tmp_path / "schema").exists()
    assert names(write_documents(SUPERGRAPH, config)) == every
    assert write_documents(SUPERGRAPH, config) == []
    written = json.loads((tmp_path / "schema" / "openapi" / "pm.json").read_text("utf-8"))
    assert list(written["paths"]) == ["/api/v1/motto"]
    tags = json.loads((tmp_path / "schema" / "dialects.json").read_text("utf-8"))
    assert tags == {"Query.motto": ["pm", "tracker"]}


def test_a_dialect_that_is_gone_loses_its_document(tmp_path: Path):
    write_documents(SUPERGRAPH, configured(tmp_path, "pm", "tracker"))
    (tmp_path / "operations" / "rest" / "pm" / "things" / "motto.graphql").unlink()
    assert names(write_documents(SUPERGRAPH, configured(tmp_path))) == {"pm.json", "dialects.json"}
    assert not (tmp_path / "schema" / "openapi" / "pm.json").exists()


def test_a_graph_without_routes_has_no_documents(tmp_path: Path):
    assert write_documents(SUPERGRAPH, configured(tmp_path)) == []
    assert not (tmp_path / "schema").exists()
