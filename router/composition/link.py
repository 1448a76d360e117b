"""``@link`` and ``@core``: the features a subgraph uses and the local names of their elements.

Directives are written with their ``@``, as in ``import: ["@key", "FieldSet"]``. The local name of
an element is the imported one, or else ``<namespace>__<name>``; a directive with the name of its
feature is just ``@<namespace>``.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from graphql import EnumValueNode, ListValueNode, ObjectValueNode, StringValueNode, ValueNode

from trellis.router.composition.model import AppliedDirective, Schema, SourceLocation
from trellis.router.composition.report import CompositionError
from trellis.router.composition.specs import (
    CORE,
    CORE_VERSIONS,
    FEDERATION,
    FEDERATION_VERSIONS,
    LINK,
    LINK_VERSIONS,
    SUPERGRAPH_ONLY,
    Definitions,
    Version,
    definitions_of,
)

_VERSION = re.compile(r"v(0|[1-9]\d*)\.(0|[1-9]\d*)\Z")
_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*\Z")


class LinkError(Exception):
    """A reason why a link is invalid."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Link:
    """One linked feature. ``imports`` maps elements of the specification to their local names, both
    with ``@`` for directives; ``namespace`` is ``as:`` or the feature's name."""

    url: str
    identity: str
    feature: str
    version: Version
    namespace: str
    imports: Mapping[str, str] = field(default_factory=dict)
    purpose: str | None = None
    place: SourceLocation | None = None

    def local_name(self, element: str) -> str:
        """The subgraph's name for this element of the feature."""
        if element in self.imports:
            return self.imports[element]
        if not element.startswith("@"):
            return f"{self.namespace}__{element}"
        if element == f"@{self.feature}":
            return f"@{self.namespace}"
        return f"@{self.namespace}__{element[1:]}"

    @property
    def definitions(self) -> Definitions | None:
        """The feature's elements, if composition knows the feature; otherwise None."""
        return definitions_of(self.identity, self.version)


@dataclass(frozen=True, slots=True)
class Links:
    """All linked features of one subgraph, by identity, the link specification itself included."""

    by_identity: Mapping[str, Link] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Link]:
        return iter(self.by_identity.values())

    @property
    def federation(self) -> Link | None:
        return self.by_identity.get(FEDERATION)

    def source_of(self, local: str) -> tuple[Link, str] | None:
        """The feature, and its element, that this local name (``@`` for directives) stands for."""
        for link in self:
            for element, name in link.imports.items():
                if name == local:
                    return link, element
        sigil, bare = ("@", local[1:]) if local.startswith("@") else ("", local)
        namespace, separator, name = bare.partition("__")
        for link in self:
            if separator and name and namespace == link.namespace:
                element = sigil + name
            elif sigil and bare == link.namespace:
                element = f"@{link.feature}"
            else:
                continue
            if element not in link.imports:
                return link, element
        return None


def parse_feature_url(url: str) -> tuple[str, str, Version]:
    """Split ``<identity>/v<major>.<minor>`` into identity, feature name and version.

    Raises ``LinkError`` with ``INVALID_LINK_IDENTIFIER``.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if not parts.scheme or not parts.netloc:
        raise LinkError("INVALID_LINK_IDENTIFIER", f'"{url}" is not an absolute URL.')
    path = [part for part in parts.path.split("/") if part]
    if not path:
        raise LinkError("INVALID_LINK_IDENTIFIER", f'Missing path in feature url "{url}".')
    match = _VERSION.match(path[-1])
    if match is None:
        raise LinkError(
            "INVALID_LINK_IDENTIFIER",
            f'Expected a version such as "v1.2" at the end of feature url "{url}",'
            f' but found "{path[-1]}".',
        )
    if len(path) < 2:
        raise LinkError("INVALID_LINK_IDENTIFIER", f'Missing feature name in feature url "{url}".')
    identity = f"{parts.scheme}://{parts.netloc}/" + "/".join(path[:-1])
    return identity, path[-2], (int(match[1]), int(match[2]))


def read_links(schema: Schema) -> tuple[Links, list[CompositionError]]:
    """Read the schema element's ``@link`` and ``@core`` applications (link spec v1.0).

    Errors: ``INVALID_LINK_IDENTIFIER``, ``INVALID_LINK_DIRECTIVE_USAGE``,
    ``UNKNOWN_LINK_VERSION``, ``UNKNOWN_FEDERATION_LINK_VERSION``.
    """
    bootstrap = _find_bootstrap(schema)
    if bootstrap is None:
        return Links(), []
    directive, argument = bootstrap
    links: dict[str, Link] = {}
    errors: list[CompositionError] = []
    applications = [applied for applied in schema.applied if applied.name == directive]
    beside_federation = any(_links_federation(applied, argument) for applied in applications)
    for applied in applications:
        try:
            link = _read_link(applied, argument)
            _refuse_repetition(link, links)
            links[link.identity] = link
            _check_known_feature(link, beside_federation)
        except LinkError as error:
            errors.append(_report(error, applied))
    for link in links.values():
        errors += _check_imports(link)
    if LINK not in links and CORE not in links and not errors:
        links[LINK] = Link(f"{LINK}/v1.0", LINK, "link", (1, 0), directive)
    errors += _check_conflicts(list(links.values()))
    return Links(links), errors


def _find_bootstrap(schema: Schema) -> tuple[str, str] | None:
    """The directive that links: the one that links its own specification, else ``@link`` if
    nobody defines another directive of that name. With the name of its URL argument."""
    for argument, identity in (("url", LINK), ("feature", CORE)):
        for applied in schema.applied:
            url = _string(applied.arguments.get(argument))
            if url is None or not url.startswith(f"{identity}/"):
                continue
            fallback = identity.rpartition("/")[2]
            if (_string(applied.arguments.get("as")) or fallback) == applied.name or (
                f"@{applied.name}" in _imported_link_names(applied)
            ):
                return applied.name, argument
    for applied in schema.applied:
        definition = schema.directives.get("link")
        is_ours = definition is None or "url" in definition.arguments
        if applied.name == "link" and is_ours:
            return "link", "url"
    return None


def _imported_link_names(applied: AppliedDirective) -> set[str]:
    try:
        imports = _read_imports(applied.arguments.get("import"))
    except LinkError:
        return set()
    return {local for element, local in imports.items() if element == "@link"}


def _read_link(applied: AppliedDirective, argument: str) -> Link:
    url = _string(applied.arguments.get(argument))
    if url is None:
        raise LinkError(
            "INVALID_LINK_DIRECTIVE_USAGE",
            f'@{applied.name} needs a string argument "{argument}": the URL of the feature.',
        )
    identity, feature, version = parse_feature_url(url)
    alias = _string(applied.arguments.get("as"))
    if alias is not None and not _NAME.match(alias):
        raise LinkError(
            "INVALID_LINK_DIRECTIVE_USAGE", f'"{alias}" is not a name; change "as" of "{url}".'
        )
    imports = _read_imports(applied.arguments.get("import"))
    purpose = applied.arguments.get("for")
    return Link(
        url,
        identity,
        feature,
        version,
        alias or feature,
        imports,
        purpose.value if isinstance(purpose, EnumValueNode) else None,
        applied.place,
    )


def _read_imports(value: ValueNode | None) -> dict[str, str]:
    imports: dict[str, str] = {}
    items = value.values if isinstance(value, ListValueNode) else (value,) if value else ()
    for item in items:
        element, local = _read_import(item)
        if element in imports:
            raise LinkError(
                "INVALID_LINK_DIRECTIVE_USAGE", f'"{element}" is imported twice; keep one import.'
            )
        imports[element] = local
    return imports


def _read_import(item: ValueNode) -> tuple[str, str]:
    """One import: ``"@name"`` or ``{name: "@name", as: "@alias"}``, ``@`` on both sides or none."""
    element: str | None
    if isinstance(item, ObjectValueNode):
        members = {member.name.value: _string(member.value) for member in item.fields}
        element = members.pop("name", None)
        local = members.pop("as", element)
        if members:
            element = None
    else:
        element = local = _string(item)
    if element is None or local is None:
        raise LinkError(
            "INVALID_LINK_DIRECTIVE_USAGE",
            'Each import is a string or an object {name: "<element>", as: "<alias>"}.',
        )
    for name in (element, local):
        if not _NAME.match(name.removeprefix("@")):
            raise LinkError(
                "INVALID_LINK_DIRECTIVE_USAGE", f'"{name}" cannot be imported: no name.'
            )
    if element.startswith("@") != local.startswith("@"):
        raise LinkError(
            "INVALID_LINK_DIRECTIVE_USAGE",
            f'"{element}" cannot be imported as "{local}": both or neither start with "@".',
        )
    return element, local


def _refuse_repetition(link: Link, known: Mapping[str, Link]) -> None:
    if link.identity in known:
        raise LinkError(
            "INVALID_LINK_DIRECTIVE_USAGE",
            f'Cannot link feature "{link.identity}" since it has already been linked;'
            " merge the two @link applications into one.",
        )


def _links_federation(applied: AppliedDirective, argument: str) -> bool:
    return (_string(applied.arguments.get(argument)) or "").startswith(f"{FEDERATION}/")


def _check_known_feature(link: Link, beside_federation: bool) -> None:
    if link.identity == FEDERATION and link.version not in FEDERATION_VERSIONS:
        newest = max(FEDERATION_VERSIONS)
        raise LinkError(
            "UNKNOWN_FEDERATION_LINK_VERSION",
            f'Unknown federation version in "{link.url}"; the newest known one is'
            f" v{newest[0]}.{newest[1]}.",
        )
    versions = {LINK: LINK_VERSIONS, CORE: CORE_VERSIONS}.get(link.identity)
    if versions is not None and link.version not in versions:
        # Federation brings its own version of @link: another one is a second link to it.
        is_second = beside_federation and link.identity == LINK
        raise LinkError(
            "INVALID_LINK_DIRECTIVE_USAGE" if is_second else "UNKNOWN_LINK_VERSION",
            f'Unknown version of the link specification in "{link.url}".',
        )
    if link.identity in SUPERGRAPH_ONLY:
        raise LinkError(
            "INVALID_LINK_DIRECTIVE_USAGE",
            f'Import "@{SUPERGRAPH_ONLY[link.identity]}" from "{FEDERATION}" instead of linking'
            f' "{link.identity}": that specification is for supergraphs.',
        )


def _check_imports(link: Link) -> Iterator[CompositionError]:
    """Features that composition knows have only the elements of their version."""
    if link.definitions is None:
        return
    for element in link.imports:
        if element not in link.definitions.elements:
            yield CompositionError(
                "INVALID_LINK_DIRECTIVE_USAGE",
                f'Cannot import unknown element "{element}" from "{link.url}";'
                " check its spelling and the version of the feature.",
                places=(link.place,) if link.place else (),
            )


def _check_conflicts(links: list[Link]) -> Iterator[CompositionError]:
    """Two features may not claim one name: as namespace, as import, or by an import that reads
    like an element of another feature's namespace (``@other__name``, or ``@other`` itself)."""
    namespaces: dict[str, Link] = {}
    imported: dict[str, Link] = {}
    for link in links:
        other = namespaces.setdefault(link.namespace, link)
        if other is not link:
            yield _conflict(link, f'"{link.namespace}" already names feature "{other.identity}"')
    for link in links:
        for element, local in link.imports.items():
            other = imported.setdefault(local, link)
            if other is not link or _is_repeated(link, element, local):
                yield _conflict(link, f'"{local}" is already imported from "{other.identity}"')
            other = _claimed_by_namespace(local, link, namespaces)
            if other is not None:
                yield _conflict(
                    link,
                    f'the import "{element}" as "{local}" can be confused with a name of'
                    f' feature "{other.identity}"',
                )


def _is_repeated(link: Link, element: str, local: str) -> bool:
    first = next(known for known, name in link.imports.items() if name == local)
    return first != element


def _claimed_by_namespace(local: str, link: Link, namespaces: Mapping[str, Link]) -> Link | None:
    namespace, separator, _ = local.removeprefix("@").partition("__")
    owner = namespaces.get(namespace) if separator or local.startswith("@") else None
    return None if owner is link else owner


def _conflict(link: Link, reason: str) -> CompositionError:
    return CompositionError(
        "INVALID_LINK_DIRECTIVE_USAGE",
        f'Cannot link "{link.url}": {reason}. Choose another name with "as".',
        places=(link.place,) if link.place else (),
    )


def _report(error: LinkError, applied: AppliedDirective) -> CompositionError:
    return CompositionError(
        error.code, error.message, places=(applied.place,) if applied.place else ()
    )


def _string(value: ValueNode | None) -> str | None:
    return value.value if isinstance(value, StringValueNode) else None
