"""Every shared graph that composes gives schemas that graphql-core accepts, as do its clients."""

import json

import pytest

from tests.conformance.composition_runner import load_cases, subgraphs_of
from tests.support.schema_faults import composed_faults
from tests.support.shared import shared_path
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph


def faults_of(graphs: dict[str, list[Subgraph]]) -> tuple[int, dict[str, list[str]]]:
    """How many of the graphs compose, and the faults of those that have any."""
    composed = {name: compose(subgraphs) for name, subgraphs in graphs.items()}
    faults = {name: composed_faults(c) for name, c in composed.items() if c.is_ok}
    return len(faults), {name: found for name, found in faults.items() if found}


@pytest.mark.parametrize(("folder", "at_least"), [(".", 250), ("second", 2)])
def test_composition_cases_give_valid_schemas(folder: str, at_least: int):
    cases = load_cases(shared_path("composition_cases") / folder)
    composed, faults = faults_of({case["id"]: subgraphs_of(case) for case in cases})

    assert faults == {}
    assert composed >= at_least


def test_real_graphs_give_valid_schemas():
    graphs = {
        path.stem: subgraphs_of(json.loads(path.read_text()))
        for path in sorted(shared_path("real_graphs").glob("*.json"))
    }
    composed, faults = faults_of(graphs)

    assert faults == {}
    assert composed > len(graphs) // 2
