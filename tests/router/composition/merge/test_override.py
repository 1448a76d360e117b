import pytest

from tests.support.merging import merge_errors, merge_hints, merged_type


def of(field: str, more: str = "") -> str:
    return f'type T @key(fields: "id") {{ id: ID! {field} {more} }}'


HERE, THERE = of('x: Int @override(from: "b")'), of("x: Int", "y: Int")


def test_the_overridden_copy_leaves_the_graph():
    assert '  x: Int @join__field(graph: A, override: "b")\n' in merged_type("T", HERE, THERE)
    assert merge_hints(HERE, THERE) == [("OVERRIDDEN_FIELD_CAN_BE_REMOVED", "T.x")]


@pytest.mark.parametrize(
    "origin",
    [
        of("x: Int", "z: Int") + "interface I { x: Int } extend type T implements I",
        'type T @key(fields: "id") @key(fields: "x") { id: ID! x: Int }',
    ],
)
def test_a_copy_that_its_subgraph_still_reads_stays(origin):
    assert (
        '  x: Int @join__field(graph: A, override: "b") '
        "@join__field(graph: B, usedOverridden: true)\n"
    ) in merged_type("T", HERE, origin)


def test_with_a_label_both_copies_stay():
    here = of('x: Int @override(from: "b", label: "percent(5.5)")')

    assert (
        '  x: Int @join__field(graph: A, override: "b", overrideLabel: "percent(5.5)") '
        '@join__field(graph: B, overrideLabel: "percent(5.5)")\n'
    ) in merged_type("T", here, THERE)
    assert merge_hints(here, THERE) == [("OVERRIDE_MIGRATION_IN_PROGRESS", "T.x")]


@pytest.mark.parametrize(
    "label", ["a", "Z_1-2:3/4.5", "percent(0)", "percent(100)", "percent(99.99999999)"]
)
def test_labels_are_names_or_percentages(label):
    assert merge_errors(of(f'x: Int @override(from: "b", label: "{label}")'), THERE) == []


@pytest.mark.parametrize(
    "label", ["1a", "a b", "percent()", "percent(101)", "percent(100.0)", "percent(1.123456789)"]
)
def test_other_labels_are_refused(label):
    assert ("OVERRIDE_LABEL_INVALID", "T.x") in merge_errors(
        of(f'x: Int @override(from: "b", label: "{label}")'), THERE
    )


def test_an_unknown_origin_is_worth_a_hint():
    assert merge_hints(of('x: Int @override(from: "z")'), of("")) == [
        ("FROM_SUBGRAPH_DOES_NOT_EXIST", "T.x")
    ]


def test_an_override_that_is_done_can_be_removed():
    assert merge_hints(HERE, of("")) == [("OVERRIDE_DIRECTIVE_CAN_BE_REMOVED", "T.x")]


def test_a_subgraph_cannot_override_itself():
    assert merge_errors(of('x: Int @override(from: "a")')) == [("OVERRIDE_FROM_SELF_ERROR", "T.x")]


def test_two_subgraphs_cannot_override_each_other():
    errors = merge_errors(HERE, of('x: Int @override(from: "a")'))

    assert errors.count(("OVERRIDE_SOURCE_HAS_OVERRIDE", "T.x")) == 2


def test_what_requires_other_fields_cannot_be_overridden():
    origin = of('x: Int @requires(fields: "y")', "y: Int @external")

    assert merge_errors(HERE, origin, of("y: Int")) == [
        ("OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE", "T.x"),
        ("INVALID_FIELD_SHARING", "T.x"),
    ]


def test_a_field_of_an_interface_object_cannot_override():
    here = 'type I @key(fields: "id") @interfaceObject { id: ID! x: Int @override(from: "b") }'
    there = """
    interface I @key(fields: "id") { id: ID! x: Int }
    type T implements I @key(fields: "id") { id: ID! x: Int @shareable }
    """

    assert ("OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE", "I.x") in merge_errors(here, there)


def test_what_an_interface_object_contributes_cannot_be_overridden():
    here = """
    interface I @key(fields: "id") { id: ID! }
    type T implements I @key(fields: "id") { id: ID! x: Int @override(from: "b") }
    """
    there = 'type I @key(fields: "id") @interfaceObject { id: ID! x: Int }'

    assert ("OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE", "T.x") in merge_errors(here, there)
