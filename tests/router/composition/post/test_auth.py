import pytest

from tests.support.merging import merge_errors, merge_hints, merged_type

CODE = "MISSING_TRANSITIVE_AUTH_REQUIREMENTS"


def interface_of(*implementations: str) -> str:
    types = "".join(
        f" type T{i} implements I {on_type} {{ x: Int {on_field} }}"
        for i, (on_type, _, on_field) in enumerate(i.partition("|") for i in implementations)
    )
    return merged_type("I", f"interface I {{ x: Int }}{types}")


def test_an_interface_requires_what_any_implementation_requires():
    assert interface_of("@authenticated", '@policy(policies: [["p"]])').startswith(
        'interface I\n  @join__type(graph: A)\n  @authenticated\n  @policy(policies: [["p"]])\n'
    )


def test_so_do_its_fields():
    assert '  x: Int @requiresScopes(scopes: [["a", "b"], ["b", "c"]])\n' in interface_of(
        '|@requiresScopes(scopes: [["a"], ["c"]])', '|@requiresScopes(scopes: [["b"]])'
    )


def test_merging_different_requirements_is_worth_a_hint():
    assert merge_hints(
        """
        interface I { x: Int }
        type T implements I @policy(policies: [["p"]]) { x: Int }
        type V implements I @policy(policies: [["q"]]) { x: Int }
        """
    ) == [("MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS", "I")]


def test_what_an_interface_object_requires_holds_for_implementations():
    interface = """
    interface I @key(fields: "id") { id: ID! }
    type T implements I @key(fields: "id") { id: ID! x: Int @shareable }
    """
    contribution = """
    type I @key(fields: "id") @interfaceObject { id: ID! x: Int @shareable @authenticated }
    """

    assert "  x: Int @authenticated\n" in merged_type("T", interface, contribution)


def reader(requires: str, applied: str = "", on_type: str = "") -> str:
    return f"""
    type T @key(fields: "id") {on_type} {{
      id: ID! x: Int @external o: O @external y: Int @requires(fields: "{requires}") {applied}
      z: Int @requires(fields: "x o {{ v }}") @authenticated
        @requiresScopes(scopes: [["a", "b"]]) @policy(policies: [["p"]])
    }}
    type O {{ v: Int @shareable }}
    """


def owner(field: str = "", on_type: str = "") -> str:
    return f"""
    type T @key(fields: "id") {{ id: ID! x: Int {field} o: O }}
    type O {on_type} {{ v: Int @shareable }}
    """


@pytest.mark.parametrize(
    ("wanted", "held"),
    [
        ("@authenticated", "@authenticated"),
        ('@requiresScopes(scopes: [["a"], ["b"]])', '@requiresScopes(scopes: [["a", "c"]])'),
        ('@policy(policies: [["p"]])', '@policy(policies: [["p", "q"], ["p", "r"]])'),
    ],
)
def test_a_field_that_reads_protected_data_is_protected_likewise(wanted, held):
    assert merge_errors(reader("x", held), owner(wanted)) == []
    assert merge_errors(reader("x", on_type=held), owner(wanted)) == []
    assert merge_errors(reader("x"), owner(wanted)) == [(CODE, "T.y")]


def test_an_alternative_less_is_too_little():
    assert merge_errors(
        reader("x", '@requiresScopes(scopes: [["a"], ["c"]])'),
        owner('@requiresScopes(scopes: [["a"]])'),
    ) == [(CODE, "T.y")]


def test_the_type_of_what_is_read_counts():
    assert merge_errors(reader("o { v }"), owner(on_type="@authenticated")) == [(CODE, "T.y")]


def test_a_context_counts():
    sdl = """
    type C @key(fields: "id") @context(name: "c") {{ id: ID! p: Int @authenticated u: U }}
    type U @key(fields: "id") {{
      id: ID! x(a: Int @fromContext(field: "$c {{ p }}")): Int {applied}
    }}
    """

    assert merge_errors(sdl.format(applied="@authenticated")) == []
    assert merge_errors(sdl.format(applied="")) == [(CODE, "U.x")]
