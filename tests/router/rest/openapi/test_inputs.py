"""Input types in a profile's words."""

from graphql import GraphQLNonNull, build_schema

from trellis.router.rest.openapi.inputs import InputSchemas

SDL = '''
scalar DateTime
scalar Colour
enum MemberRole { TEAM_LEAD, MEMBER }
"""A new thing."""
input NewThing {
  displayName: String!
  """when it
  starts"""
  startsAt: DateTime
  memberRole: MemberRole! = TEAM_LEAD
  roles: [MemberRole!] = [MEMBER]
  inner: NewThing
  limits: Limits = {maxSize: 3}
  oldName: String @deprecated(reason: "use displayName")
}
input Limits { maxSize: Int! }
input ByOne @oneOf { firstWay: ID, secondWay: Int }
type Query { thing(a: NewThing, b: ByOne, c: Colour): Int }
'''
SCHEMA = build_schema(SDL)
INT = {"type": "integer", "format": "int32", "minimum": -(2**31), "maximum": 2**31 - 1}


def snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def schemas(*, closed: bool = False) -> InputSchemas:
    return InputSchemas({}, member=snake, enum=str.lower, closed=closed)


def test_an_input_object_is_a_component_with_spelled_members_enums_and_defaults():
    found = schemas()
    thing = found.schema(GraphQLNonNull(SCHEMA.type_map["NewThing"]))  # type: ignore[arg-type]
    role = {"type": "string", "enum": ["team_lead", "member"]}
    assert thing == {"$ref": "#/components/schemas/NewThing"}
    assert found.components["NewThing"] == {
        "type": "object",
        "description": "A new thing.",
        "required": ["display_name"],
        "properties": {
            "display_name": {"type": "string"},
            "starts_at": {
                "type": ["string", "null"],
                "format": "date-time",
                "description": "when it starts",
            },
            "member_role": {**role, "default": "team_lead"},
            "roles": {"type": ["array", "null"], "items": role, "default": ["member"]},
            "inner": {"anyOf": [thing, {"type": "null"}]},
            "limits": {
                "anyOf": [{"$ref": "#/components/schemas/Limits"}, {"type": "null"}],
                "default": {"max_size": 3},
            },
            "old_name": {"type": ["string", "null"], "deprecated": True},
        },
    }
    assert found.components["Limits"] == {
        "type": "object",
        "required": ["max_size"],
        "properties": {"max_size": INT},
    }


def test_a_profile_that_refuses_unknown_members_says_so():
    found = schemas(closed=True)
    found.schema(SCHEMA.type_map["Limits"])  # type: ignore[arg-type]
    assert found.components["Limits"]["additionalProperties"] is False


def test_one_of_takes_exactly_one_member():
    found = schemas()
    found.schema(SCHEMA.type_map["ByOne"])  # type: ignore[arg-type]
    assert found.components["ByOne"]["minProperties"] == 1
    assert found.components["ByOne"]["maxProperties"] == 1


def test_an_unknown_scalar_may_be_anything():
    assert schemas().schema(SCHEMA.type_map["Colour"]) == {}  # type: ignore[arg-type]
