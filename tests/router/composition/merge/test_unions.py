from tests.support.merging import merge_hints, merged_type

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
