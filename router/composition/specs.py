"""The directives and types that each version of each specification defines.

The definitions are SDL with the specification's own names; ``link.py`` determines the names they
have in a subgraph.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from trellis.router.composition.model import DirectiveDefinition, TypeDefinition
from trellis.router.composition.parse import parse_schema

Version = tuple[int, int]

FEDERATION = "https://specs.apollo.dev/federation"
LINK = "https://specs.apollo.dev/link"
CORE = "https://specs.apollo.dev/core"
COST = "https://specs.apollo.dev/cost"

LAST_FEDERATION_MINOR = 14
FEDERATION_VERSIONS = frozenset((2, minor) for minor in range(LAST_FEDERATION_MINOR + 1))
LINK_VERSIONS = frozenset({(1, 0)})
CORE_VERSIONS = frozenset({(0, 1), (0, 2)})

# Specifications that only supergraphs link; subgraphs get their directives from federation.
SUPERGRAPH_ONLY = {
    "https://specs.apollo.dev/tag": "tag",
    "https://specs.apollo.dev/inaccessible": "inaccessible",
}

_ANYWHERE = (
    "FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM"
    " | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION"
)
_PROTECTED = "FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM"

# (first version, definition); a later row replaces an earlier one of the same name.
_FEDERATION_ROWS: tuple[tuple[Version, str], ...] = (
    ((1, 0), "scalar FieldSet"),
    (
        (1, 0),
        "directive @key(fields: FieldSet!, resolvable: Boolean = true)"
        " repeatable on OBJECT | INTERFACE",
    ),
    ((1, 0), "directive @requires(fields: FieldSet!) on FIELD_DEFINITION"),
    ((1, 0), "directive @provides(fields: FieldSet!) on FIELD_DEFINITION"),
    ((1, 0), "directive @external(reason: String) on OBJECT | FIELD_DEFINITION"),
    ((1, 0), f"directive @tag(name: String!) repeatable on {_ANYWHERE}"),
    ((1, 0), "directive @extends on OBJECT | INTERFACE"),
    ((2, 0), "directive @shareable on FIELD_DEFINITION | OBJECT"),
    ((2, 0), f"directive @inaccessible on {_ANYWHERE}"),
    ((2, 0), "directive @override(from: String!) on FIELD_DEFINITION"),
    ((2, 1), "directive @composeDirective(name: String) repeatable on SCHEMA"),
    ((2, 2), "directive @shareable repeatable on FIELD_DEFINITION | OBJECT"),
    ((2, 3), "directive @interfaceObject on OBJECT"),
    ((2, 3), f"directive @tag(name: String!) repeatable on {_ANYWHERE} | SCHEMA"),
    ((2, 5), "scalar Scope"),
    ((2, 5), f"directive @authenticated on {_PROTECTED}"),
    ((2, 5), f"directive @requiresScopes(scopes: [[Scope!]!]!) on {_PROTECTED}"),
    ((2, 6), "scalar Policy"),
    ((2, 6), f"directive @policy(policies: [[Policy!]!]!) on {_PROTECTED}"),
    ((2, 7), "directive @override(from: String!, label: String) on FIELD_DEFINITION"),
    ((2, 8), "scalar ContextFieldValue"),
    ((2, 8), "directive @context(name: String!) repeatable on INTERFACE | OBJECT | UNION"),
    ((2, 8), "directive @fromContext(field: ContextFieldValue) on ARGUMENT_DEFINITION"),
    (
        (2, 9),
        "directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION"
        " | INPUT_FIELD_DEFINITION | OBJECT | SCALAR",
    ),
    (
        (2, 9),
        "directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!],"
        " requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION",
    ),
    (
        (2, 12),
        "directive @cacheTag(format: String!) repeatable on FIELD_DEFINITION | OBJECT",
    ),
)

_LINK_SDL = """
    scalar Import
    enum Purpose { SECURITY EXECUTION }
    directive @link(url: String, as: String, for: Purpose, import: [Import]) repeatable on SCHEMA
"""
_CORE_SDL = """
    enum Purpose { SECURITY EXECUTION }
    directive @core(feature: String!, as: String, for: Purpose) repeatable on SCHEMA
"""
_BUILT_IN_SDL = """
    scalar Int scalar Float scalar String scalar Boolean scalar ID
    directive @skip(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
    directive @include(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
    directive @deprecated(reason: String = "No longer supported")
      on FIELD_DEFINITION | ENUM_VALUE | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION
    directive @specifiedBy(url: String!) on SCALAR
    directive @oneOf on INPUT_OBJECT
    directive @defer(label: String, if: Boolean! = true) on FRAGMENT_SPREAD | INLINE_FRAGMENT
    directive @stream(label: String, initialCount: Int = 0, if: Boolean! = true) on FIELD
"""


@dataclass(frozen=True)
class Definitions:
    """The directives and types of one feature version, by the specification's names."""

    directives: Mapping[str, DirectiveDefinition]
    types: Mapping[str, TypeDefinition]

    @cached_property
    def elements(self) -> frozenset[str]:
        """Everything that can be imported; directives start with ``@``."""
        return frozenset(f"@{name}" for name in self.directives) | frozenset(self.types)


@cache
def federation_definitions(version: Version) -> Definitions:
    """The federation specification of this version; ``(1, 0)`` is federation 1."""
    chosen: dict[str, str] = {}
    for since, sdl in _FEDERATION_ROWS:
        if since <= version:
            chosen[sdl.split("(")[0].split(" on ")[0].removesuffix(" repeatable")] = sdl
    return _read("\n".join(chosen.values()))


@cache
def definitions_of(identity: str, version: Version) -> Definitions | None:
    """The elements of a feature that composition itself knows; None for any other feature."""
    if identity == FEDERATION:
        return federation_definitions(version) if version in FEDERATION_VERSIONS else None
    if identity == LINK:
        return _read(_LINK_SDL)
    if identity == CORE:
        return _read(_CORE_SDL)
    wanted = _STANDALONE.get(identity)
    if wanted is None:
        return None
    newest = federation_definitions((2, LAST_FEDERATION_MINOR))
    return Definitions(
        {name: newest.directives[name] for name in wanted if name in newest.directives},
        {name: newest.types[name] for name in wanted if name in newest.types},
    )


# Features that a subgraph may link beside (or without) federation.
_STANDALONE: dict[str, tuple[str, ...]] = {
    COST: ("cost", "listSize"),
    "https://specs.apollo.dev/authenticated": ("authenticated",),
    "https://specs.apollo.dev/requiresScopes": ("requiresScopes", "Scope"),
    "https://specs.apollo.dev/policy": ("policy", "Policy"),
    "https://specs.apollo.dev/context": ("context", "fromContext", "ContextFieldValue"),
    "https://specs.apollo.dev/cacheTag": ("cacheTag",),
}


@cache
def built_in_definitions() -> Definitions:
    """GraphQL's own scalars and directives, with the two incremental ones (spec 3.5, 3.13)."""
    return _read(_BUILT_IN_SDL)


def _read(sdl: str) -> Definitions:
    schema, errors = parse_schema("", sdl)
    assert not errors, errors
    return Definitions(schema.directives, schema.types)
