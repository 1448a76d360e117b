from tests.support.merging import merge_errors

NEEDS = """
type T @key(fields: "id") {{
  id: ID!
  x({parameters}): Int @external
  y: Int @requires(fields: "x{arguments}")
}}
"""


def owner(parameters: str) -> str:
    return f'type T @key(fields: "id") {{ id: ID! x{parameters}: Int @shareable }}'


def test_a_requirement_may_give_arguments():
    needs = NEEDS.format(parameters="a: Int", arguments="(a: 1)")

    assert merge_errors(needs, owner("(a: Int)")) == []


def test_an_argument_that_merging_drops_cannot_be_given():
    needs = NEEDS.format(parameters="a: Int", arguments="(a: 1)")

    assert merge_errors(needs, owner("(a: Int)"), owner("")) == [("REQUIRES_INVALID_FIELDS", "T.y")]


def test_an_argument_that_the_owner_requires_must_be_given():
    needs = NEEDS.format(parameters="a: Int", arguments="")

    assert ("REQUIRES_INVALID_FIELDS", "T.y") in merge_errors(needs, owner("(a: Int!)"))


def test_the_value_of_an_argument_must_be_one_that_all_subgraphs_accept():
    def needs(value: str) -> str:
        return NEEDS.format(parameters="a: E", arguments=f"(a: {value})") + "enum E { ONE BOTH }"

    base = owner("(a: E)") + "enum E { BOTH }"

    assert merge_errors(needs("BOTH"), base) == []
    assert merge_errors(needs("ONE"), base) == [("REQUIRES_INVALID_FIELDS", "T.y")]
