import pytest

from tests.support.merging import merge_errors, merge_of


@pytest.mark.parametrize("hidden", ["x: Int @inaccessible", "x: E @inaccessible"])
def test_a_one_of_input_has_a_way_out_for_clients(hidden):
    sdl = f"input I @oneOf {{ again: I {hidden} }} enum E {{ A }}"

    assert merge_errors(sdl) == [("INVALID_GRAPHQL", "I.again")]
    assert merge_errors(sdl.replace("@inaccessible", "")) == []


def test_the_message_says_that_hidden_elements_are_missing():
    (error,) = merge_of("input I @oneOf { again: I x: Int @inaccessible }").errors

    assert error.message == (
        'Without what is @inaccessible: Input object "I" cannot be given a finite value: it needs'
        " another one of itself in I.again. Make one of these fields optional, or a list."
    )
    assert [place.subgraph for place in error.places] == ["a"]
