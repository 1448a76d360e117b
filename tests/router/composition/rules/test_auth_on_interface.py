import pytest

from tests.support.composing import codes_of

START = "type Query { q: Int }\n"
APPLICATIONS = ["@authenticated", '@requiresScopes(scopes: [["a"]])', '@policy(policies: [["p"]])']


@pytest.mark.parametrize("auth", APPLICATIONS)
def test_objects_and_their_fields_may_ask_for_rights(auth):
    sdl = f"type T {auth} {{ x: Int {auth} }} scalar S {auth} enum E {auth} {{ A }}"

    assert codes_of(START + sdl) == []


@pytest.mark.parametrize("auth", APPLICATIONS)
def test_fields_of_interface_objects_may_too(auth):
    sdl = f'type I @interfaceObject @key(fields: "id") {{ id: ID! x: Int {auth} }}'

    assert codes_of(START + sdl) == []


@pytest.mark.parametrize("auth", APPLICATIONS)
def test_interfaces_and_interface_objects_may_not(auth):
    expected = ["AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE"]

    assert codes_of(START + f"interface I {auth} {{ x: Int }}") == expected
    assert codes_of(START + f"interface I {{ x: Int {auth} }}") == expected
    assert (
        codes_of(START + f'type I @interfaceObject @key(fields: "id") {auth} {{ id: ID! }}')
        == expected
    )
