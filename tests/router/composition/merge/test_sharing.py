import pytest

from tests.support.merging import merge_errors, merge_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("type T { x: Int }", "type T { x: Int }"),
        ("type T { x: Int @shareable }", "type T { x: Int }"),
        ("type Query { x: Int }", "type Query { x: Int }"),
    ],
)
def test_a_field_of_several_subgraphs_must_be_shareable_in_each(one, other):
    parent = one.split()[1]

    assert merge_errors(one, other) == [("INVALID_FIELD_SHARING", f"{parent}.x")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("type T @shareable { x: Int }", "type T { x: Int @shareable }"),
        ('type T @key(fields: "x") { x: Int }', 'type T @key(fields: "x") { x: Int }'),
        (
            'type T @key(fields: "u { x }") { u: U } type U { x: Int }',
            'type T @key(fields: "u { x }") { u: U } type U { x: Int }',
        ),
        (
            'type T @key(fields: "id") { id: ID! x: Int }',
            'type T @key(fields: "id") { id: ID! x: Int @external y: Int @requires(fields: "x") }',
        ),
    ],
)
def test_keys_and_external_copies_need_no_word(one, other):
    assert merge_errors(one, other) == []


def test_a_provided_field_counts_as_resolved():
    owner = 'type T @key(fields: "id") { id: ID! x: Int }'
    provider = """
    type T @key(fields: "id") { id: ID! x: Int @external }
    type Query { t: T @provides(fields: "x") }
    """

    assert merge_errors(owner, provider) == [("INVALID_FIELD_SHARING", "T.x")]


def test_overriding_ends_the_sharing():
    assert (
        merge_errors(
            'type T @key(fields: "id") { id: ID! x: Int @override(from: "b") }',
            'type T @key(fields: "id") { id: ID! x: Int }',
        )
        == []
    )


def test_two_interface_objects_share_what_both_contribute():
    interface = """
    interface I @key(fields: "id") { id: ID! }
    type T implements I @key(fields: "id") { id: ID! }
    """
    contribution = 'type I @key(fields: "id") @interfaceObject { id: ID! x: Int }'

    assert merge_errors(interface, contribution, contribution) == [("INVALID_FIELD_SHARING", "T.x")]


def test_a_subscription_field_cannot_be_shareable():
    assert merge_errors("type Subscription { x: Int @shareable }") == [
        ("INVALID_FIELD_SHARING", "Subscription.x")
    ]


def test_the_message_names_the_subgraphs_on_each_side():
    merge = merge_of("type T { x: Int @shareable }", "type T { x: Int }")

    assert [error.message for error in merge.errors] == [
        "T.x is resolved by several subgraphs and must then be @shareable in each: it is not in "
        'subgraph "b" (it is in subgraph "a").'
    ]


def test_a_field_on_the_way_to_a_provided_one_must_say_so_itself():
    provider = """
    type Query { t: T @provides(fields: "u { x }") }
    type T @key(fields: "id") { id: ID! u: U }
    type U @key(fields: "id") { id: ID! x: Int @external }
    """
    owner = """
    type T @key(fields: "id") { id: ID! u: U @shareable }
    type U @key(fields: "id") { id: ID! x: Int @shareable }
    """

    assert merge_errors(provider, owner) == [("INVALID_FIELD_SHARING", "T.u")]
