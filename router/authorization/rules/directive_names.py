"""The names under which a supergraph applies the security directives and those of Trellis."""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    ConstDirectiveNode,
    DocumentNode,
    ListValueNode,
    ObjectValueNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    StringValueNode,
    ValueNode,
)

FEATURES = ("authenticated", "requiresScopes", "policy")
_SPECS = "https://specs.apollo.dev/"


@dataclass(frozen=True, slots=True)
class _Link:
    """One ``@link`` (or ``@core``) of the schema: its URL and the names it imports."""

    url: str
    alias: str | None
    imports: tuple[tuple[str, str], ...]

    @property
    def feature(self) -> str | None:
        """The security feature that this link imports, if any."""
        parts = self.url.removeprefix(_SPECS).split("/")
        return parts[0] if self.url.startswith(_SPECS) and parts[0] in FEATURES else None

    @property
    def own_name(self) -> str:
        """The local name of the specification, and of its directive of the same name unless that
        one is imported explicitly (link v1.0, "Names")."""
        path = self.url.rstrip("/").split("/")
        return self.alias or (path[-2] if len(path) > 1 else path[-1])

    @property
    def directive_names(self) -> Iterator[str]:
        """The names under which this link's directives may be applied."""
        if all(name != f"@{self.feature}" for name, _ in self.imports):
            yield self.own_name
        for _, local in self.imports:
            yield local.removeprefix("@")


def security_directives(supergraph: DocumentNode) -> dict[str, str]:
    """The directive names in use, each with its feature.

    A feature's own name counts even without a link, unless another specification uses it: SDL
    written by hand is protected too.
    """
    links = list(_links(supergraph))
    names = {name: link.feature for link in links for name in link.directive_names}
    for feature in FEATURES:
        names.setdefault(feature, feature)
    # A name bound twice belongs to the security feature: protecting too much is the safe error.
    for link in links:
        if link.feature is not None:
            names.update(dict.fromkeys(link.directive_names, link.feature))
    return {name: feature for name, feature in names.items() if feature is not None}


def names_of_element(supergraph: DocumentNode, spec: str, element: str) -> frozenset[str]:
    """The names under which a supergraph applies ``element`` (such as ``@rateLimit``) of the
    specification whose URL starts with ``spec``: as imported, or prefixed with its namespace."""
    names: set[str] = set()
    for link in _links(supergraph):
        if link.url.startswith(spec):
            own = spec.rstrip("/").rpartition("/")[2]
            names.add(f"{link.alias or own}__{element.removeprefix('@')}")
            if element == f"@{own}" and all(name != element for name, _ in link.imports):
                names.add(link.alias or own)  # the directive with the name of its specification
            names.update(local.removeprefix("@") for name, local in link.imports if name == element)
    return frozenset(names)


def _links(supergraph: DocumentNode) -> Iterator[_Link]:
    for node in supergraph.definitions:
        if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode):
            for directive in node.directives or ():
                link = _link(directive)
                if link is not None:
                    yield link


def _link(directive: ConstDirectiveNode) -> _Link | None:
    given = {argument.name.value: argument.value for argument in directive.arguments or ()}
    url = given.get("url") or given.get("feature")
    if not isinstance(url, StringValueNode):
        return None
    imports = given.get("import")
    entries = imports.values if isinstance(imports, ListValueNode) else ()
    return _Link(url.value, _text(given.get("as")), tuple(_import(entry) for entry in entries))


def _import(entry: ValueNode) -> tuple[str, str]:
    if isinstance(entry, ObjectValueNode):
        members = {member.name.value: _text(member.value) or "" for member in entry.fields}
        name = members.get("name", "")
        return name, members.get("as") or name
    name = _text(entry) or ""
    return name, name


def _text(value: ValueNode | None) -> str | None:
    return value.value if isinstance(value, StringValueNode) else None
