"""What the explorer opens with: starting operations and how to sign in, read from a folder.

The router knows no domain, so the operations are stored documents like any other client's:

    explorer.toml               tabs = ["project_board", ...], sign_in, refresh, [demo]
    project_board.graphql       one operation per file
    project_board.json          its variables, if any
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trellis.router.errors import ConfigError

_KEYS = frozenset({"tabs", "sign_in", "refresh", "demo"})


@dataclass(frozen=True, slots=True)
class StartingOperation:
    """One tab: the operation's text and its variables as JSON text."""

    query: str
    variables: str = ""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Whom the sign-in form is filled in with on a development server."""

    email: str
    password: str


@dataclass(frozen=True, slots=True)
class SignIn:
    """How the page gets a token.

    ``document`` is an operation with the variables ``$email`` and ``$password``, ``refresh`` one
    with ``$refreshToken``. The single root field of each answers ``accessToken``,
    ``refreshToken``, ``expiresIn`` (seconds) and, if it can, ``user``.
    """

    document: str
    refresh: str | None = None
    demo: DemoAccount | None = None


@dataclass(frozen=True, slots=True)
class ExplorerContent:
    tabs: tuple[StartingOperation, ...] = ()
    sign_in: SignIn | None = None

    def as_config(self, endpoint: str, *, show_demo_account: bool) -> dict[str, Any]:
        """The page's ``config.json``."""
        demo = self.sign_in.demo if self.sign_in and show_demo_account else None
        return {
            "endpoint": endpoint,
            "tabs": [self._tab(operation, demo) for operation in self.tabs],
            "signIn": self.sign_in
            and {
                "document": self.sign_in.document,
                "refresh": self.sign_in.refresh,
                "demo": demo and asdict(demo),
            },
        }

    def _tab(self, operation: StartingOperation, demo: DemoAccount | None) -> dict[str, str]:
        variables = operation.variables
        if demo and self.sign_in and operation.query == self.sign_in.document:
            variables = json.dumps(asdict(demo), indent=2)
        return {"query": operation.query, "variables": variables}


def load_content(folder: Path) -> ExplorerContent:
    """Reads ``explorer.toml`` and the documents it names.

    Raises ConfigError, naming the file and the key, when something is missing or unknown.
    """
    path = folder / "explorer.toml"
    try:
        settings = tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error

    if unknown := settings.keys() - _KEYS:
        raise ConfigError(f"{path}: unknown key {min(unknown)!r}; known are {sorted(_KEYS)}")

    tabs = settings.get("tabs", [])
    if not isinstance(tabs, list):
        raise ConfigError(f"{path}: 'tabs' must be a list of document names")
    return ExplorerContent(
        tabs=tuple(_operation(folder, name) for name in tabs),
        sign_in=_sign_in(folder, settings),
    )


def _sign_in(folder: Path, settings: Mapping[str, Any]) -> SignIn | None:
    name = settings.get("sign_in")
    if name is None:
        return None
    refresh = settings.get("refresh")
    return SignIn(
        document=_document(folder, name),
        refresh=_document(folder, refresh) if refresh else None,
        demo=_demo(folder, settings.get("demo")),
    )


def _demo(folder: Path, demo: Any) -> DemoAccount | None:
    if demo is None:
        return None
    try:
        return DemoAccount(**demo)
    except TypeError as error:
        raise ConfigError(
            f"{folder / 'explorer.toml'}: [demo] takes 'email' and 'password' and nothing else"
        ) from error


def _operation(folder: Path, name: Any) -> StartingOperation:
    variables = folder / f"{name}.json"
    if not variables.exists():
        return StartingOperation(_document(folder, name))
    text = variables.read_text("utf-8").strip()
    try:
        json.loads(text)
    except ValueError as error:
        raise ConfigError(f"{variables}: {error}") from error
    return StartingOperation(_document(folder, name), text)


def _document(folder: Path, name: Any) -> str:
    path = folder / f"{name}.graphql"
    try:
        return path.read_text("utf-8").strip() + "\n"
    except OSError as error:
        raise ConfigError(
            f"{folder / 'explorer.toml'}: names {name!r}, but {path} cannot be read"
        ) from error
