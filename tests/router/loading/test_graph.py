"""The graph that a configuration names: a supergraph file, or its subgraphs composed."""

from pathlib import Path

import pytest

from tests.support.library import SUPERGRAPH
from trellis.router.config import Config, SubgraphSource
from trellis.router.errors import ConfigError
from trellis.router.loading.graph import load_graph

OFFICE = {
    name: SubgraphSource(module=f"tests.support.office:{name}") for name in ("office", "billing")
}


def file_config(folder: Path, sdl: str) -> Config:
    file = folder / "supergraph.graphql"
    file.write_text(sdl, encoding="utf-8")
    return Config(supergraph=file, data_dir=folder)


def test_subgraphs_are_composed_and_lead_to_their_python_lines(tmp_path: Path):
    graph = load_graph(Config(subgraphs=OFFICE, data_dir=tmp_path))

    assert [member.name for member in graph.members] == ["office", "billing"]
    assert graph.composition is not None
    assert graph.sdl == graph.composition.supergraph_sdl
    line = graph.locate("Query.ledger")
    assert line is not None
    assert "tests/support/office.py:" in line


def test_a_supergraph_file_is_taken_as_it_is(tmp_path: Path):
    graph = load_graph(file_config(tmp_path, SUPERGRAPH))

    assert (graph.sdl, graph.composition) == (SUPERGRAPH, None)
    assert [member.name for member in graph.members] == ["books", "readers"]
    assert graph.locate("Query.books") is None


def test_a_supergraph_can_be_read_though_nobody_knows_where_its_subgraphs_are(tmp_path: Path):
    nowhere = SUPERGRAPH.replace('"http://books.test"', '""')
    assert nowhere != SUPERGRAPH
    graph = load_graph(file_config(tmp_path, nowhere))

    assert graph.sdl == nowhere
    with pytest.raises(ConfigError, match="books: the supergraph has no URL"):
        _ = graph.members
