"""Options and arguments that several commands have."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from trellis.router.errors import ConfigError

Host = Annotated[str | None, typer.Option(help="Address to listen on.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0 selects a free one.")]
CallerName = Annotated[
    str | None,
    typer.Option(
        "--as", "--caller", help="The caller: a user's name or e-mail address, or `anonymous`."
    ),
]
Document = Annotated[str, typer.Argument(help="A GraphQL document, or the path of a file.")]
OperationName = Annotated[
    str | None, typer.Option("--operation", help="The operation of the document to use.")
]
VariableValues = Annotated[str, typer.Option(help="The variables, as a JSON object.")]
Scopes = Annotated[
    list[str] | None,
    typer.Option("--scope", help="A scope of a fictitious caller; can be repeated."),
]
Roles = Annotated[
    list[str] | None,
    typer.Option("--role", help="A role of a fictitious caller; can be repeated."),
]


def json_object(text: str) -> dict[str, Any]:
    """The value of --variables. Raises ConfigError."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"--variables is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise ConfigError("--variables must be a JSON object.")
    return value


def read_document(query: str) -> str:
    """The document, read from a file if ``query`` is a path. Raises ConfigError."""
    if "{" in query:
        return query
    try:
        return Path(query).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"`{query}` is neither a GraphQL document nor a readable file.") from None
