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


def chain(*, of_x: str = "", of_y: str = "") -> list[tuple[str, str | None]]:
    """y reads x, which reads w, which only those who have signed in may read."""
    return merge_errors(
        'type T @key(fields: "id") { id: ID! w: Int @authenticated }',
        f"""
        type T @key(fields: "id") {{
          id: ID! w: Int @external x: Int @requires(fields: "w") {of_x}
        }}
        """,
        f"""
        type T @key(fields: "id") {{
          id: ID! x: Int @external y: Int @requires(fields: "x") {of_y}
        }}
        """,
    )


def test_every_link_of_a_chain_is_protected_like_its_end():
    assert chain(of_x="@authenticated", of_y="@authenticated") == []
    assert chain(of_x="@authenticated") == [(CODE, "T.y")]
    assert chain() == [(CODE, "T.x")]


@pytest.mark.parametrize(
    "types",
    [
        "enum M @authenticated { A } type O { v: M @shareable }",
        "scalar M @authenticated type O { v: M @shareable }",
        "type P @authenticated { w: Int @shareable } type O { v: P @shareable }",
    ],
)
def test_the_types_on_the_way_count_to_the_last(types: str):
    selection = "o { v { w } }" if "type P" in types else "o { v }"
    shared = types.replace(" @authenticated", "")
    reading = """
    type T @key(fields: "id") {{ id: ID! o: O @external y: Int @requires(fields: "{}") {} }} {}
    """
    owning = 'type T @key(fields: "id") { id: ID! o: O } ' + types
    assert merge_errors(reading.format(selection, "", shared), owning) == [(CODE, "T.y")]
    assert merge_errors(reading.format(selection, "@authenticated", shared), owning) == []


def test_what_is_read_through_an_interface_needs_the_rights_of_each_type_there():
    owning = """
    type T @key(fields: "id") { id: ID! o: I }
    interface I { v: Int }
    type A implements I { v: Int @shareable }
    type B implements I { v: Int @shareable @authenticated }
    """
    reading = """
    type T @key(fields: "id") {{ id: ID! o: I @external y: Int @requires(fields: "{}") {} }}
    interface I {{ v: Int }}
    type A implements I {{ v: Int @shareable }}
    type B implements I {{ v: Int @shareable }}
    """
    assert merge_errors(reading.format("o { v }", ""), owning) == [(CODE, "T.y")]
    assert merge_errors(reading.format("o { v }", "@authenticated"), owning) == []
    assert merge_errors(reading.format("o { ... on B { v } }", ""), owning) == [(CODE, "T.y")]
    assert merge_errors(reading.format("o { ... on A { v } }", ""), owning) == []


def test_a_context_of_a_protected_type_counts():
    sdl = """
    type C @key(fields: "id") @context(name: "c") @authenticated {{ id: ID! p: Int u: U }}
    type U @key(fields: "id") {{
      id: ID! x(a: Int @fromContext(field: "$c {{ p }}")): Int {applied}
    }}
    """
    assert merge_errors(sdl.format(applied="@authenticated")) == []
    assert merge_errors(sdl.format(applied="")) == [(CODE, "U.x")]


def test_a_key_is_the_routers_own_and_may_be_protected():
    other = 'type T @key(fields: "id") { id: ID! y: Int }'
    assert merge_errors('type T @key(fields: "id") { id: ID! @authenticated }', other) == []


def test_a_provided_field_keeps_the_rules_of_its_owner():
    providing = """
    type Query { t: T @provides(fields: "x") }
    type T @key(fields: "id") { id: ID! x: Int @external }
    """
    owning = 'type T @key(fields: "id") { id: ID! x: Int @shareable @authenticated }'
    merged = merged_type("T", providing, owning)
    assert "@join__field(graph: B)" in merged and "@authenticated" in merged
