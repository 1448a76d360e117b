from tests.support.merging import merge_errors, merge_hints, merged_type

TYPES = "type A { x: Int @shareable } type B { x: Int @shareable }"


def test_a_union_has_the_members_of_every_subgraph():
    sdls = (f"{TYPES} union U = A | B", f"{TYPES} union U = A")

    assert (
        merged_type("U", *sdls)
        == """\
union U
  @join__type(graph: A)
  @join__type(graph: B)
  @join__unionMember(graph: A, member: "A")
  @join__unionMember(graph: B, member: "A")
  @join__unionMember(graph: A, member: "B")
  = A | B"""
    )
    assert merge_hints(*sdls) == [("INCONSISTENT_UNION_MEMBER", "U")]


def test_an_interface_object_is_no_member_of_a_union():
    home = """
        interface Media @key(fields: "id") { id: ID! }
        type Book implements Media @key(fields: "id") { id: ID! }
        union Found = Book
    """
    other = """
        type Media @key(fields: "id") @interfaceObject { id: ID! stars: Int }
        union Found = Media
    """

    assert merge_errors(home, other) == [("INVALID_GRAPHQL", "Found")]
