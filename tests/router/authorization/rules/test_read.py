import pytest
from graphql import parse

from trellis.router.authorization.rules.index import AuthorizationRules
from trellis.router.authorization.rules.read import read_rules
from trellis.router.errors import SupergraphInvalid


def rules(sdl: str) -> AuthorizationRules:
    return read_rules(parse(sdl))


def needs(sdl: str) -> dict[str, list[str]]:
    """What each field needs, in words."""
    index = rules(sdl).index
    return {
        ".".join(place): sorted(str(index.requirements[number]) for number in numbers)
        for place, numbers in index.fields.items()
    }


def test_an_open_supergraph_has_no_rules():
    assert rules("type Query { a: String }").is_empty


def test_a_field_needs_what_it_its_type_and_its_answer_need():
    sdl = """
    type Query { me: User, name: String }
    type User @authenticated {
      id: ID
      secret: Secret
      salary: Int @requiresScopes(scopes: [["pay"]])
    }
    scalar Secret @policy(policies: [["keeper"]])
    """
    assert needs(sdl) == {
        "Query.me": ["a signed-in caller"],
        "User.id": ["a signed-in caller"],
        "User.secret": ["a signed-in caller", "policies keeper"],
        "User.salary": ["a signed-in caller", "scopes pay"],
    }


def test_a_field_itself_needs_what_its_scalar_or_enum_does_but_not_what_its_object_does():
    sdl = """
    type Query { me: User, pin: Pin, mood: Mood, own: User @policy(policies: [["own"]]) }
    type User @authenticated { id: ID }
    scalar Pin @policy(policies: [["pin"]])
    enum Mood @policy(policies: [["mood"]]) { GOOD }
    """
    index = rules(sdl).index
    assert {
        ".".join(place): [str(index.requirements[number]) for number in numbers]
        for place, numbers in index.own.items()
    } == {
        "Query.pin": ["policies pin"],
        "Query.mood": ["policies mood"],
        "Query.own": ["policies own"],
    }


def test_what_is_written_on_a_union_holds_for_its_members():
    sdl = """
    type Query { any: Any }
    union Any @authenticated = A
    extend union Any = B
    type A { x: Int }
    type B { x: Int }
    type C { x: Int }
    """
    found = needs(sdl)
    assert found["A.x"] == found["B.x"] == ["a signed-in caller"]
    assert "C.x" not in found


@pytest.mark.parametrize(
    "extension",
    [
        "extend type Query { more(in: In): Int @authenticated }",
        "extend interface Node @authenticated",
        "extend scalar Pin @authenticated",
        "extend enum Mood @authenticated",
        "extend input In { more: Int @authenticated }",
    ],
)
def test_what_an_extension_adds_is_needed_too(extension: str):
    sdl = """
    type Query { a(in: In): A, pin: Pin, mood: Mood }
    interface Node { id: ID }
    type A implements Node { id: ID }
    scalar Pin
    enum Mood { GOOD }
    input In { x: Int }
    """
    assert rules(sdl).is_empty
    assert not rules(sdl + extension).is_empty


def test_enums_protect_the_fields_that_answer_them():
    sdl = "type Query { a: [E!]! } enum E @authenticated { X }"
    assert needs(sdl) == {"Query.a": ["a signed-in caller"]}


def test_a_single_scope_stands_for_a_list():
    sdl = """
    type Query { a: Int @requiresScopes(scopes: "x") b: Int @requiresScopes(scopes: ["y", "z"]) }
    """
    assert needs(sdl) == {"Query.a": ["scopes x"], "Query.b": ["scopes y or z"]}


LINK = "https://specs.apollo.dev"


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ("", "authenticated"),
        (f'@link(url: "{LINK}/authenticated/v0.1", for: SECURITY)', "authenticated"),
        (f'@link(url: "{LINK}/authenticated/v0.1", as: "auth", for: SECURITY)', "auth"),
        (
            f'@link(url: "{LINK}/authenticated/v0.1", '
            'import: [{name: "@authenticated", as: "@x"}])',
            "x",
        ),
        (f'@core(feature: "{LINK}/authenticated/v0.1", as: "auth")', "auth"),
        ('@link(url: "https://example.com/other/v1.0", import: ["@tag"])', "authenticated"),
        (
            f'@link(url: "{LINK}/authenticated/v0.1") '
            '@link(url: "https://example.com/authenticated/v1.0")',
            "authenticated",
        ),
        (
            '@link(url: "https://example.com/authenticated/v1.0") '
            f'@link(url: "{LINK}/authenticated/v0.1")',
            "authenticated",
        ),
    ],
)
def test_every_form_of_import_is_honoured(link: str, name: str):
    sdl = f"schema {link} {{ query: Query }} type Query {{ a: Int @{name} }}"
    assert needs(sdl) == {"Query.a": ["a signed-in caller"]}


@pytest.mark.parametrize(
    ("link", "application"),
    [
        ('@link(url: "https://example.com/policy/v1.0")', "@policy(id: 1)"),
        ('@link(url: "https://example.com/x/v1.0", import: ["@policy"])', "@policy(id: 1)"),
        (
            f'@link(url: "{LINK}/policy/v0.1", import: [{{name: "@policy", as: "@ours"}}]) '
            '@link(url: "https://example.com/policy/v1.0")',
            "@policy(id: 1)",
        ),
        ('@link(url: "https://example.com/authorization", as: "policy")', "@policy(id: 1)"),
        ('@link(url: "policy")', "@policy(id: 1)"),
    ],
)
def test_a_name_taken_by_another_specification_is_not_ours(link: str, application: str):
    sdl = f"schema {link} {{ query: Query }} type Query {{ a: Int {application} }}"
    assert needs(sdl) == {}


@pytest.mark.parametrize(
    "application",
    ["@requiresScopes", "@requiresScopes(scope: [[]])", "@policy(policies: [[1]])"],
)
def test_a_rule_that_cannot_be_read_is_not_ignored(application: str):
    with pytest.raises(SupergraphInvalid):
        rules(f"type Query {{ a: Int {application} }}")


def test_what_is_written_on_an_interface_holds_for_its_types():
    sdl = """
    type Query { node: Node }
    interface Node @authenticated { id: ID }
    type A implements Node { id: ID }
    """
    assert needs(sdl) == {"Query.node": ["a signed-in caller"], "A.id": ["a signed-in caller"]}


def test_what_is_written_on_an_interface_field_holds_for_its_types():
    sdl = """
    type Query { node: Node }
    interface Node { id: ID, cost: Int @requiresScopes(scopes: [["pay"]]) }
    type A implements Node { id: ID, cost: Int }
    """
    assert needs(sdl) == {"A.cost": ["scopes pay"]}


def test_a_rule_of_an_interface_reaches_every_type_that_implements_it():
    sdl = """
    type Query { node: Node }
    interface Node @authenticated { id: ID, cost: Int @requiresScopes(scopes: [["pay"]]) }
    type A implements Node { id: ID, cost: Int }
    type B implements Node { id: ID, cost: Int }
    type C implements Node { id: ID, cost: Int }
    """
    below = {
        f"{type_}.{field}": needed
        for type_ in "ABC"
        for field, needed in (
            ("id", ["a signed-in caller"]),
            ("cost", ["a signed-in caller", "scopes pay"]),
        )
    }
    assert needs(sdl) == {"Query.node": ["a signed-in caller"], **below}


def test_what_composition_computed_for_an_interface_adds_nothing_to_its_types():
    sdl = """
    type Query { node: Node }
    interface Node @requiresScopes(scopes: [["a", "b"]]) {
      id: ID @requiresScopes(scopes: [["x"]])
    }
    type A implements Node @requiresScopes(scopes: [["a"]]) { id: ID }
    type B implements Node @requiresScopes(scopes: [["b"]]) {
      id: ID @requiresScopes(scopes: [["x"]])
    }
    """
    assert needs(sdl) == {"A.id": ["scopes a"], "B.id": ["scopes b", "scopes x"]}


def test_inputs_list_what_their_parts_need():
    sdl = """
    type Query { find(by: Filter, plain: Int, kind: Kind): Int }
    input Filter { kind: [Kind], inner: Filter, name: String }
    enum Kind @authenticated { A }
    """
    index = rules(sdl).index
    assert {k: v.type for k, v in index.arguments["Query", "find"].items()} == {
        "by": "Filter",
        "kind": "Kind",
    }
    assert {k: (v.type, len(v.needs)) for k, v in index.input_fields["Filter"].items()} == {
        "kind": ("Kind", 1),
        "inner": ("Filter", 0),
    }
    assert len(index.whole_inputs["Filter"]) == 1


DEEP = [f"input I{n} {{ below: [I{n + 1}!] }}" for n in range(6)] + ["input I6 { end: Secret }"]


@pytest.mark.parametrize("definitions", [DEEP, DEEP[::-1]], ids=["outermost first", "innermost"])
def test_inputs_need_what_lies_in_them_however_deep(definitions: list[str]):
    sdl = f"""
    type Query {{ find(by: I0): Int }}
    {" ".join(definitions)}
    scalar Secret @authenticated
    """
    index = rules(sdl).index
    assert index.whole_inputs == dict.fromkeys((f"I{n}" for n in range(7)), frozenset({0}))
    assert index.arguments["Query", "find"]["by"].type == "I0"
    assert {name: list(values) for name, values in index.input_fields.items()} == {
        **{f"I{n}": ["below"] for n in range(6)},
        "I6": ["end"],
    }


def test_input_types_in_a_circle_are_read():
    sdl = """
    type Query { a(x: A): Int }
    input A { b: B }
    input B { a: A, c: Secret }
    scalar Secret @authenticated
    """
    assert rules(sdl).index.whole_inputs.keys() == {"A", "B"}


@pytest.mark.parametrize("link", ["", '(as: "policy")', "(url: 5)", "(url: null)"])
def test_a_link_without_an_address_binds_no_names(link: str):
    sdl = f"""
    schema @link{link} {{ query: Query }}
    type Query {{ a: Int @policy(policies: [["p"]]) b: Int @authenticated }}
    """
    assert needs(sdl) == {"Query.a": ["policies p"], "Query.b": ["a signed-in caller"]}
