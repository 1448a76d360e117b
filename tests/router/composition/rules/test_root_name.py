import pytest

from tests.support.composing import codes_of


@pytest.mark.parametrize("operation", ["query", "mutation", "subscription"])
def test_a_default_root_name_belongs_to_the_root(operation):
    name = operation.capitalize()
    sdl = f"schema {{ query: Q {operation}: R }} type Q {{ x: Int }} type R {{ x: Int }}"
    if operation == "query":
        sdl = "schema { query: R } type R { x: Int }"

    assert codes_of(sdl) == []
    assert codes_of(sdl + f" type {name} {{ x: Int }}") == [f"ROOT_{operation.upper()}_USED"]
    assert codes_of(sdl + f" enum {name} {{ A }}") == [f"ROOT_{operation.upper()}_USED"]
