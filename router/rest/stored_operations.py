"""Stored operations that are REST routes, read from ``<folder>/<profile>/<name>.graphql``.

The first line of a document says where it is reached; the profile's prefix comes before the path:

    # GET /api/v1/projects/{id}
    query GetProject($id: ID!) { project(id: $id) { id key } }
"""

import re
from dataclasses import dataclass
from pathlib import Path

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
)

from router.errors import ConfigError

_ROUTE = re.compile(r"#\s*(GET|POST|PUT|PATCH|DELETE)\s+(/\S*)\s*(?:\n|$)")


@dataclass(frozen=True, slots=True)
class StoredOperation:
    """One route: how it is reached, and the operation that answers it. The value of the
    operation's single root field is what the client gets."""

    profile: str
    method: str
    path: str
    text: str
    document: DocumentNode
    operation: OperationDefinitionNode
    root_key: str


def load_operations(folder: Path) -> list[StoredOperation]:
    """Every stored operation below ``folder``, by profile and name.

    Raises ConfigError that names the file when one is no route.
    """
    return [load_operation(path) for path in sorted(folder.glob("*/*.graphql"))]


def load_operation(path: Path) -> StoredOperation:
    """Read one document. Raises ConfigError."""
    text = path.read_text(encoding="utf-8")
    route = _ROUTE.match(text)
    if route is None:
        raise ConfigError(f"{path}: the first line must be like `# GET /api/v1/things/{{id}}`.")
    try:
        document = parse(text, no_location=True)
    except GraphQLSyntaxError as error:
        raise ConfigError(f"{path}: {error.message}") from None
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    if len(operations) != 1:
        raise ConfigError(f"{path}: a route has exactly one operation.")
    roots = operations[0].selection_set.selections
    if len(roots) != 1 or not isinstance(roots[0], FieldNode):
        raise ConfigError(f"{path}: the operation of a route has exactly one root field.")
    root = roots[0]
    return StoredOperation(
        profile=path.parent.name,
        method=route[1],
        path=route[2],
        text=text,
        document=document,
        operation=operations[0],
        root_key=(root.alias or root.name).value,
    )
