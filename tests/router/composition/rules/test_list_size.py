import pytest

from tests.support.composing import codes_of

TYPES = """
type C {{ edges: [Int!]! count: Int }}
type Query {{ {field} }}
"""


@pytest.mark.parametrize(
    "field",
    [
        "x: [Int] @listSize(assumedSize: 10)",
        "x: [Int!]! @listSize(assumedSize: 0)",
        'x(first: Int, last: Int!): [Int] @listSize(slicingArguments: ["first", "last"])',
        'x: C @listSize(assumedSize: 10, sizedFields: ["edges"])',
        'x: C! @listSize(assumedSize: 10, sizedFields: ["edges"])',
        'x: [C!] @listSize(assumedSize: 10, sizedFields: ["edges"])',
    ],
)
def test_sizes_of_lists(field):
    assert codes_of(TYPES.format(field=field)) == []


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("x: Int @listSize(assumedSize: 10)", "LIST_SIZE_APPLIED_TO_NON_LIST"),
        ("x: C @listSize(assumedSize: 10)", "LIST_SIZE_APPLIED_TO_NON_LIST"),
        ('x: C @listSize(sizedFields: ["count"])', "LIST_SIZE_APPLIED_TO_NON_LIST"),
        ("x: [Int] @listSize(assumedSize: -1)", "LIST_SIZE_INVALID_ASSUMED_SIZE"),
        (
            'x(first: Int): [Int] @listSize(slicingArguments: ["last"])',
            "LIST_SIZE_INVALID_SLICING_ARGUMENT",
        ),
        (
            'x(first: String): [Int] @listSize(slicingArguments: ["first"])',
            "LIST_SIZE_INVALID_SLICING_ARGUMENT",
        ),
        (
            'x(first: [Int]): [Int] @listSize(slicingArguments: ["first"])',
            "LIST_SIZE_INVALID_SLICING_ARGUMENT",
        ),
        ('x: C @listSize(sizedFields: ["nodes"])', "LIST_SIZE_INVALID_SIZED_FIELD"),
        ('x: [C] @listSize(sizedFields: ["nodes"])', "LIST_SIZE_INVALID_SIZED_FIELD"),
        ('x: [Int] @listSize(sizedFields: ["nodes"])', "LIST_SIZE_INVALID_SIZED_FIELD"),
    ],
)
def test_sizes_that_mean_nothing(field, code):
    assert codes_of(TYPES.format(field=field)) == [code]
