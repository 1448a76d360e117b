from tests.support.merging import merge_errors, merged_type

INTERFACE = """
interface I @key(fields: "id") { id: ID! x: Int }
type T implements I @key(fields: "id") { id: ID! x: Int }
"""
OBJECT = 'type I @key(fields: "id") @interfaceObject { id: ID! y(a: Int = 1): Int @tag(name: "t") }'


def test_implementations_get_what_an_interface_object_adds():
    assert (
        merged_type("T", INTERFACE, OBJECT)
        == """\
type T implements I
  @join__implements(graph: A, interface: "I")
  @join__type(graph: A, key: "id")
{
  id: ID!
  x: Int
  y(a: Int = 1): Int @tag(name: "t") @join__field
}"""
    )


def test_the_interface_says_who_has_it_as_an_object():
    assert (
        merged_type("I", INTERFACE, OBJECT)
        == """\
interface I
  @join__type(graph: A, key: "id")
  @join__type(graph: B, key: "id", isInterfaceObject: true)
{
  id: ID!
  x: Int @join__field(graph: A)
  y(a: Int = 1): Int @join__field(graph: B) @tag(name: "t")
}"""
    )


def test_somebody_must_have_the_interface_itself():
    assert ("INTERFACE_OBJECT_USAGE_ERROR", "I") in merge_errors(OBJECT)


def test_an_interface_object_excludes_implementations():
    implementation = f'{OBJECT} type T @key(fields: "id") {{ id: ID! }}'

    assert ("INTERFACE_OBJECT_USAGE_ERROR", "I") in merge_errors(INTERFACE, implementation)


def test_a_keyed_interface_knows_all_implementations():
    other = "interface I { id: ID! x: Int } type V implements I { id: ID! x: Int }"

    assert merge_errors(INTERFACE, other) == [("INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE", "I")]


def test_an_interface_object_stands_for_the_implementations_of_its_interface():
    whole = """
    interface B @key(fields: "id") { id: ID! }
    interface I implements B @key(fields: "id") { id: ID! }
    type T implements I & B @key(fields: "id") { id: ID! }
    """
    part = """
    interface B @key(fields: "id") { id: ID! }
    type I implements B @key(fields: "id") @interfaceObject { id: ID! y: Int }
    """

    assert merge_errors(whole, part) == []
