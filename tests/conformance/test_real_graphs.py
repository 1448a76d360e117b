"""The real graphs: composed as Apollo does, answered right and in order, with few fetches."""

from pathlib import Path

import pytest

from tests.conformance.real_graphs_runner import failures, graph_files, run_graph
from tests.support.shared import find_shared, shared_path

FOLDER = find_shared("real_graphs")
FILES = graph_files(FOLDER) if FOLDER else []
EVERY = 8  # operations of a graph in a normal run: ten seconds for all graphs
NAMES = [file.stem for file in FILES]


def test_there_are_graphs():
    assert graph_files(shared_path("real_graphs")) != []


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_some_operations_of_each_graph_are_answered_right_and_with_few_fetches(file: Path):
    result = run_graph(file, shared_path("plan_cases"), every=EVERY)

    assert dict(failures([result])) == {}


@pytest.mark.long
@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_every_operation_of_each_graph_is_answered_right_and_with_few_fetches(file: Path):
    result = run_graph(file, shared_path("plan_cases"))

    assert dict(failures([result])) == {}
