"""Each field of the demo graph that returns a list or a connection says how long it is, so that the
cost of an operation is not estimated by the default length (docs/cost.md)."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch

import pytest
from graphql import (
    DirectiveNode,
    FieldDefinitionNode,
    InterfaceTypeDefinitionNode,
    ListTypeNode,
    ListValueNode,
    NamedTypeNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    StringValueNode,
    TypeNode,
    parse,
)

from tests.support.shared import ROOT

FILES = sorted((ROOT / "schema" / "subgraphs").glob("*.graphql"))

WITHOUT_SIZE = {
    "Query._entities": "The router asks for as many as it has representations.",
    "*Connection.edges": "The field that returns the connection says it for them.",
}

_Fielded = ObjectTypeDefinitionNode | ObjectTypeExtensionNode | InterfaceTypeDefinitionNode


@dataclass(frozen=True)
class Sized:
    """A field that returns a list or a connection."""

    name: str
    returns_connection: bool
    definition: FieldDefinitionNode

    @property
    def size(self) -> DirectiveNode | None:
        found = [one for one in self.definition.directives or () if one.name.value == "listSize"]
        return found[0] if found else None

    def texts(self, argument: str) -> set[str]:
        """The strings in an argument of ``@listSize``."""
        given = {one.name.value: one.value for one in (self.size and self.size.arguments) or ()}
        value = given.get(argument)
        listed = value.values if isinstance(value, ListValueNode) else ()
        return {one.value for one in listed if isinstance(one, StringValueNode)}


def sized_fields(sdl: str) -> Iterator[Sized]:
    for definition in parse(sdl).definitions:
        if not isinstance(definition, _Fielded):
            continue
        for field in definition.fields or ():
            type_ = _nullable(field.type)
            is_connection = isinstance(type_, NamedTypeNode) and (
                type_.name.value.endswith("Connection")
            )
            is_external = "external" in {one.name.value for one in field.directives or ()}
            if (is_connection or isinstance(type_, ListTypeNode)) and not is_external:
                name = f"{definition.name.value}.{field.name.value}"
                yield Sized(name, is_connection, field)


def _nullable(type_: TypeNode) -> TypeNode:
    return type_.type if isinstance(type_, NonNullTypeNode) else type_


def _is_excepted(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in WITHOUT_SIZE)


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_lists_say_how_long_they_are(file):
    found = list(sized_fields(file.read_text(encoding="utf-8")))

    assert [one.name for one in found if one.size is None and not _is_excepted(one.name)] == []


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_connections_are_as_long_as_their_arguments_say(file):
    for one in sized_fields(file.read_text(encoding="utf-8")):
        if one.returns_connection:
            arguments = {argument.name.value for argument in one.definition.arguments or ()}
            assert one.texts("slicingArguments") == arguments & {"first", "last"}, one.name
            assert one.texts("sizedFields") == {"edges"}, one.name


def test_there_are_sixteen_subgraphs_and_a_list_without_a_size_is_found():
    assert len(FILES) == 16
    [found] = sized_fields("type Shop { books: [Book!]! name: String }")
    assert (found.name, found.size) == ("Shop.books", None)
