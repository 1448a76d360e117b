import pytest

from trellis.router.composition.graphql_rules.cycles import cycles


@pytest.mark.parametrize(
    ("graph", "found"),
    [
        ({}, []),
        ({"a": []}, []),
        ({"a": ["b"], "b": ["elsewhere"]}, []),
        ({"a": ["a"]}, [["a"]]),
        ({"a": ["b"], "b": ["a"]}, [["a", "b"]]),
        ({"start": ["a"], "a": ["end", "b"], "b": ["a"], "end": []}, [["a", "b"]]),
        ({"a": ["a"], "b": ["c"], "c": ["b"]}, [["a"], ["b", "c"]]),
    ],
)
def test_every_part_with_a_cycle_gives_one(graph: dict[str, list[str]], found: list[list[str]]):
    assert list(cycles(graph)) == found
