"""The join specification: how a supergraph records which subgraph each element comes from.

The version follows the highest federation version linked (v0.4 adds override labels, v0.5
contexts), so that a router that supports only older ones can still read older graphs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

JOIN_URL = "https://specs.apollo.dev/join"
LINK_URL = "https://specs.apollo.dev/link"

LINK_DEFINITIONS = '''\
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import])
  repeatable on SCHEMA

scalar link__Import

enum link__Purpose {
  """
  `SECURITY` features provide metadata necessary to securely resolve fields.
  """
  SECURITY

  """
  `EXECUTION` features provide metadata necessary for operation execution.
  """
  EXECUTION
}
'''

JOIN_DEFINITIONS = """\
directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE

directive @join__graph(name: String!, url: String!) on ENUM_VALUE

directive @join__implements(graph: join__Graph!, interface: String!)
  repeatable on OBJECT | INTERFACE

directive @join__type(
  graph: join__Graph!
  key: join__FieldSet
  extension: Boolean! = false
  resolvable: Boolean! = true
  isInterfaceObject: Boolean! = false
) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR

directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION

scalar join__FieldSet
"""

FIELD_ARGUMENTS = {
    (0, 3): """\
  graph: join__Graph
  requires: join__FieldSet
  provides: join__FieldSet
  type: String
  external: Boolean
  override: String
  usedOverridden: Boolean
""",
    (0, 4): "  overrideLabel: String\n",
    (0, 5): "  contextArguments: [join__ContextArgument!]\n",
}

SINCE_0_4 = """\
directive @join__directive(
  graphs: [join__Graph!]
  name: String!
  args: join__DirectiveArguments
) repeatable on SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION

scalar join__DirectiveArguments
"""

SINCE_0_5 = """\
input join__ContextArgument {
  name: String!
  type: String!
  context: String!
  selection: join__FieldValue!
}

scalar join__FieldValue
"""


def join_version(federation: tuple[int, int]) -> tuple[int, int]:
    """The join version that goes with the highest federation version of the subgraphs."""
    if federation >= (2, 8):
        return (0, 5)
    return (0, 4) if federation >= (2, 7) else (0, 3)


def join_definitions(version: tuple[int, int]) -> list[str]:
    """The SDL of the specification's own elements in that version."""
    arguments = "".join(text for since, text in FIELD_ARGUMENTS.items() if since <= version)
    field = (
        f"directive @join__field(\n{arguments}) repeatable on FIELD_DEFINITION"
        " | INPUT_FIELD_DEFINITION"
    )
    parts = [JOIN_DEFINITIONS, field]
    if version >= (0, 4):
        parts.append(SINCE_0_4)
    if version >= (0, 5):
        parts.append(SINCE_0_5)
    return parts


def graph_names(subgraphs: Sequence[str]) -> list[str]:
    """The ``join__Graph`` value of each subgraph name, in the same order: upper case, anything
    but letters, digits and underscores replaced; numbered when two names become the same."""
    plain = [_enum_name(name) for name in subgraphs]
    count = Counter(plain)
    seen: Counter[str] = Counter()
    names = []
    for name in plain:
        seen[name] += 1
        names.append(name if count[name] == 1 else f"{name}_{seen[name]}")
    return names


def _enum_name(name: str) -> str:
    # A trailing number is reserved for names that would otherwise collide.
    text = re.sub(r"\W", "_", name, flags=re.ASCII).upper()
    if text[:1].isdigit():
        text = f"_{text}"
    return f"{text}_" if re.search(r"_\d+$", text) else text
