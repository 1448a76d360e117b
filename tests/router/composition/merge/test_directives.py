import pytest

from tests.support.merging import merge_errors, merge_hints, merged_type


def field(applied: str) -> str:
    return f"type T {{ l(x: Int, y: Int): [Int] @shareable {applied} }}"


def merged(*applied: str) -> str:
    line = next(
        line for line in merged_type("T", *map(field, applied)).splitlines() if "  l(" in line
    )
    return line.partition("[Int]")[2].strip()


def test_tags_of_all_subgraphs_are_collected_once():
    assert merged('@tag(name: "a")', '@tag(name: "b") @tag(name: "a")') == (
        '@tag(name: "a") @tag(name: "b")'
    )


def test_one_subgraph_is_enough_to_protect_a_field():
    assert merged("@authenticated", "") == "@authenticated"


@pytest.mark.parametrize(
    ("one", "other", "result"),
    [
        ("@cost(weight: 3)", "@cost(weight: 7)", "@cost(weight: 7)"),
        (
            '@requiresScopes(scopes: [["a"], ["b"]])',
            '@requiresScopes(scopes: [["c"]])',
            '@requiresScopes(scopes: [["a", "c"], ["b", "c"]])',
        ),
        (
            '@policy(policies: [["p1", "p2"]])',
            '@policy(policies: [["p3"], ["p1"]])',
            '@policy(policies: [["p1", "p2"]])',
        ),
        (
            '@listSize(assumedSize: 3, slicingArguments: ["x"])',
            '@listSize(assumedSize: 5, slicingArguments: ["y"], requireOneSlicingArgument: false)',
            '@listSize(assumedSize: 5, slicingArguments: ["x", "y"],'
            " requireOneSlicingArgument: false)",
        ),
    ],
)
def test_arguments_are_merged_by_the_directive_s_own_rule(one, other, result):
    assert merged(one, other) == result
    assert merge_hints(field(one), field(other)) == [
        ("MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS", "T.l")
    ]


def test_otherwise_the_most_frequent_application_wins():
    applied = [
        '@deprecated(reason: "x")',
        "@deprecated",
        '@deprecated(reason: "No longer supported")',
    ]

    assert merged(*applied) == "@deprecated"
    assert merge_hints(*map(field, applied)) == [
        ("INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS", "T.l")
    ]


def test_cache_tags_travel_as_join_directives():
    applied = '@cacheTag(format: "t")'
    link = (
        'extend schema @link(url: "https://specs.apollo.dev/cacheTag/v0.1",'
        ' import: ["@cacheTag"], for: EXECUTION)'
    )
    text = merged_type("T", f"{link} {field(applied)}", f"{link} {field(applied)}")

    assert (
        '@join__directive(graphs: [A, B], name: "federation__cacheTag", args: {format: "t"})'
    ) in text


def test_directives_of_the_authors_own_stay_behind():
    assert (
        merged_type("T", "directive @own on FIELD_DEFINITION type T { x: Int @own }")
        == "type T\n  @join__type(graph: A)\n{\n  x: Int\n}"
    )


def test_an_interface_object_carries_no_directive_that_interfaces_may_not():
    key = '@key(fields: "id")'
    base = f"interface M {key} {{ id: ID! }} type T implements M {key} {{ id: ID! }}"
    abstract = 'type M @interfaceObject @key(fields: "id") {} {{ id: ID! x: Int }}'

    assert merge_errors(abstract.format('@tag(name: "t")'), base) == []
    assert merge_errors(abstract.format("@cost(weight: 3)"), base) == [("INVALID_GRAPHQL", "M")]
