import pytest
from graphql import parse

from trellis.router.composition.join import LINK_DEFINITIONS, graph_names, join_definitions


@pytest.mark.parametrize(
    ("names", "graphs"),
    [
        (["orders"], ["ORDERS"]),
        (["my-orders", "x.y"], ["MY_ORDERS", "X_Y"]),
        (["1st"], ["_1ST"]),
        (["orders_2"], ["ORDERS_2_"]),
        (["a-b", "a_b", "c"], ["A_B_1", "A_B_2", "C"]),
        (["é"], ["_"]),
    ],
)
def test_a_graph_s_name_is_an_enum_value(names, graphs):
    assert graph_names(names) == graphs


def argument_names(version: tuple[int, int]) -> list[str]:
    document = parse("\n".join(join_definitions(version)))
    field = next(d for d in document.definitions if d.to_dict()["name"]["value"] == "join__field")
    return [argument["name"]["value"] for argument in field.to_dict()["arguments"]]


def test_a_version_adds_to_the_one_before():
    assert argument_names((0, 3))[-1] == "usedOverridden"
    assert argument_names((0, 4))[-1] == "overrideLabel"
    assert argument_names((0, 5))[-1] == "contextArguments"


def test_the_link_definitions_can_be_read():
    assert len(parse(LINK_DEFINITIONS).definitions) == 3
