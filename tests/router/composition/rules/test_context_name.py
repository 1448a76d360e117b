import pytest

from tests.support.composing import codes_of


@pytest.mark.parametrize("name", ["user", "User2"])
def test_names_are_letters_and_digits(name):
    assert codes_of(f'type Query {{ q: Int }} type T @context(name: "{name}") {{ x: Int }}') == []


@pytest.mark.parametrize("name", ["", "_user", "user_name", "2user", "user name", "user-name", "é"])
def test_other_names_are_refused(name):
    assert codes_of(f'type Query {{ q: Int }} type T @context(name: "{name}") {{ x: Int }}') == [
        "CONTEXT_NAME_INVALID"
    ]
