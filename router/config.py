"""Every setting, its default and what it means: read from trellis.toml and the environment.

The file holds the keys below; ``TRELLIS_<KEY>`` in the environment wins over it, with ``__`` for
one level down (``TRELLIS_LIMITS__DEPTH=20``, ``TRELLIS_SUBGRAPHS__ORDERS=http://...``).
"""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from router.errors import ConfigError

DEFAULT_FILE = "trellis.toml"


class Section(BaseModel):
    """A table of trellis.toml: immutable, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SubgraphSource(Section):
    """Where a subgraph lives: in this process, or behind a URL."""

    module: str | None = Field(
        default=None, description="`module:attribute` of a `schema.Subgraph`"
    )
    url: str | None = Field(
        default=None, description="GraphQL endpoint of a subgraph in another process"
    )
    websocket_url: str | None = Field(
        default=None,
        description="endpoint for subscriptions; by default `url` with ws:// or wss://",
    )
    schema_file: Path | None = Field(
        default=None, description="SDL file of a remote subgraph; without it the subgraph is asked"
    )


def _subgraph_source(value: Any) -> Any:
    """``module:attribute`` and a URL are short for the table."""
    if not isinstance(value, str):
        return value
    return {"url": value} if "://" in value else {"module": value}


class Limits(Section):
    """What one client may ask for. A request over a limit is refused before it costs anything."""

    body_bytes: int = Field(default=2_000_000, gt=0, description="request body, also when unpacked")
    headers: int = Field(default=100, gt=0, description="number of request headers")
    header_bytes: int = Field(default=65_536, gt=0, description="all request headers together")
    url_bytes: int = Field(default=8_192, gt=0, description="path and query string")
    json_depth: int = Field(default=64, gt=0, description="nesting of a JSON body")
    batch: int = Field(
        default=0, ge=0, description="operations in one request as an array; 0: none"
    )
    document_characters: int = Field(
        default=100_000, gt=0, description="length of a GraphQL document"
    )
    tokens: int = Field(default=5_000, gt=0, description="tokens of a GraphQL document")
    nesting: int = Field(default=200, gt=0, description="brackets within brackets of a document")
    depth: int = Field(default=15, gt=0, description="nesting of fields, fragments expanded")
    height: int = Field(default=200, gt=0, description="number of fields, fragments expanded")
    aliases: int = Field(default=30, ge=0, description="aliased fields, fragments expanded")
    root_fields: int = Field(
        default=20, gt=0, description="fields of the root type, fragments expanded"
    )
    directives: int = Field(default=50, ge=0, description="directives, fragments expanded")
    definitions: int = Field(default=50, gt=0, description="operations and fragments of a document")
    variables: int = Field(default=200, ge=0, description="variables of an operation")
    variable_values: int = Field(
        default=20_000, gt=0, description="list items and members in an operation's variables"
    )
    selections: int = Field(default=10_000, gt=0, description="selections, fragments expanded")
    request_seconds: float = Field(default=30, gt=0, description="a request's whole time")
    subgraph_seconds: float = Field(default=5, gt=0, description="one call to a subgraph")
    body_idle_seconds: float = Field(
        default=15, gt=0, description="wait for the next part of a body"
    )
    response_bytes: int = Field(default=10_000_000, gt=0, description="answer of one subgraph")
    connections: int = Field(default=1_000, gt=0, description="client connections of one worker")
    subgraph_connections: int = Field(default=100, gt=0, description="connections to one subgraph")


class WebSocketLimits(Section):
    """Limits of one graphql-transport-ws connection."""

    init_seconds: float = Field(
        default=10, gt=0, description="wait for `connection_init`; else 4408"
    )
    frame_bytes: int = Field(default=1_000_000, gt=0, description="one message of a client")
    operations: int = Field(default=100, gt=0, description="operations in flight on one socket")
    queue: int = Field(default=128, gt=0, description="messages waiting for a slow client")
    slow_seconds: float = Field(
        default=5, gt=0, description="how long the queue may stay full; then 1013"
    )
    ping_seconds: float = Field(default=20, gt=0, description="time between two pings")


class Auth(Section):
    """How access tokens are verified."""

    issuer: str = Field(default="project-manager-auth", description="the `iss` a token must have")
    audience: str = Field(default="project-manager-api", description="the `aud` a token must have")
    jwks: str | None = Field(
        default=None,
        description="key set of an issuer elsewhere: URL or file; by default the subgraph's that "
        "issues tokens",
    )
    leeway_seconds: int = Field(default=60, ge=0, description="how far clocks may differ")


class Cors(Section):
    """Which web pages of other origins may call."""

    origins: tuple[str, ...] = Field(
        default=(),
        description="exact origins such as `https://app.example.com`; `*` allows every one",
    )
    max_age_seconds: int = Field(
        default=3600, ge=0, description="how long browsers keep a preflight"
    )


class HeaderPropagation(Section):
    """Which client headers travel on to remote subgraphs."""

    allow: tuple[str, ...] = Field(
        default=("authorization", "accept-language", "traceparent", "tracestate", "x-request-id"),
        description="names in lower case; every other header stays here",
    )


class Config(BaseSettings):
    """The whole configuration. Immutable; made by ``load_config``."""

    model_config = SettingsConfigDict(
        env_prefix="TRELLIS_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    mode: Literal["development", "production"] = Field(
        default="development",
        description="development serves GraphiQL, introspection and query plans; production none",
    )
    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(
        default=4000, ge=0, le=65535, description="port to listen on; 0 takes a free one"
    )
    workers: int = Field(default=1, ge=1, description="processes; each uses one core")
    data_dir: Path = Field(
        default=Path(".trellis"),
        description="folder of databases, keys and files of this installation",
    )
    database_url: str | None = Field(
        default=None,
        description="PostgreSQL for all subgraphs, a schema each; without it SQLite files. "
        "`TRELLIS_DATABASE_URL__NAME` in the environment is that of one subgraph",
    )
    redis_url: str | None = Field(
        default=None, description="Redis for events and shared counters; without it in memory"
    )
    schema_dir: Path = Field(
        default=Path("schema"), description="folder of the generated SDL files"
    )
    supergraph: Path | None = Field(
        default=None, description="supergraph SDL composed earlier; without it composed at start"
    )
    operations_dir: Path = Field(
        default=Path("persisted_queries"),
        description="folder of stored operations and REST routes; an installed package keeps those "
        "of the demo graph, with its trellis.toml, in `share/trellis` below `sys.prefix`",
    )
    seed: bool = Field(
        default=True, description="write demo data on the first start of `trellis dev`"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="what is logged"
    )
    shutdown_seconds: int = Field(
        default=30, ge=0, description="time for requests in flight to end"
    )
    subgraphs: dict[str, Annotated[SubgraphSource, BeforeValidator(_subgraph_source)]] = Field(
        default_factory=dict,
        description="name = `module:attribute`, a URL, or a table with the keys of SubgraphSource",
    )
    limits: Limits = Field(default=Limits(), description="see Limits")
    websocket: WebSocketLimits = Field(default=WebSocketLimits(), description="see WebSocketLimits")
    auth: Auth = Field(default=Auth(), description="see Auth")
    cors: Cors = Field(default=Cors(), description="see Cors")
    headers: HeaderPropagation = Field(
        default=HeaderPropagation(), description="see HeaderPropagation"
    )

    @property
    def is_development(self) -> bool:
        return self.mode == "development"


def load_config(file: Path | str | None = None, **overrides: Any) -> Config:
    """Read ``file`` (by default ``TRELLIS_CONFIG``, else trellis.toml here, else nothing).

    Relative folders are taken from the file's folder. ``overrides`` (a command's options) win
    over file and environment; None means not given. Raises ConfigError for an unknown key, a
    value that does not fit, TOML that does not parse or a named file that is not there.
    """
    path = _find(file)
    values = _read(path) if path else {}
    _refuse_misspelt_environment(os.environ)
    try:
        config = _combine(values, {k: v for k, v in overrides.items() if v is not None})
    except ValidationError as error:
        raise ConfigError(_explain(error, path)) from None
    except SettingsError as error:  # a table given whole in the environment must be JSON
        raise ConfigError(f"The environment: {error}.") from None
    base = path.parent if path else Path.cwd()
    return config.model_copy(
        update={
            name: (base / getattr(config, name)).resolve()
            for name in ("data_dir", "schema_dir", "operations_dir", "supergraph")
            if getattr(config, name) is not None
        }
    )


def export_to_subgraphs(config: Config) -> None:
    """Put what subgraphs in this process read from the environment there, if it is not already.

    Subgraphs know neither this module nor trellis.toml, so that each can also run on its own.
    """
    settings = {
        "TRELLIS_DATA_DIR": str(config.data_dir),
        "TRELLIS_DATABASE_URL": config.database_url,
        "TRELLIS_REDIS_URL": config.redis_url,
        "TRELLIS_AUTH__ISSUER": config.auth.issuer,
        "TRELLIS_AUTH__AUDIENCE": config.auth.audience,
    }
    os.environ.update({name: value for name, value in settings.items() if value})


def export_overrides(file: Path | None, overrides: Mapping[str, Any]) -> None:
    """Let processes started from here load the same configuration by ``load_config()``."""
    given = {"config": file, **overrides}
    for name, value in given.items():
        if value is not None:
            os.environ[f"TRELLIS_{name.upper()}"] = str(value)


def settings_reference(
    section: type[BaseModel] = Config, prefix: str = ""
) -> Iterator[tuple[str, str, str]]:
    """(key, default, description) of every setting, tables last: what the reference prints."""
    tables = []
    for name, field in section.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            tables.append((name, inner))
            continue
        default = field.get_default(call_default_factory=True, validated_data={})
        yield prefix + name, "" if default is None else str(default), field.description or ""
    for name, inner in tables:
        yield from settings_reference(inner, f"{prefix}{name}.")


def _find(file: Path | str | None) -> Path | None:
    named = file or os.environ.get("TRELLIS_CONFIG")
    if named:
        path = Path(named).resolve()
        if not path.is_file():
            raise ConfigError(f"There is no configuration file {named}.")
        return path
    path = Path(DEFAULT_FILE).resolve()
    return path if path.is_file() else None


def _combine(values: dict[str, Any], overrides: dict[str, Any]) -> Config:
    """Options win over the environment, the environment over the file."""

    class Combined(Config):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            options = InitSettingsSource(settings_cls, overrides)
            file = InitSettingsSource(settings_cls, values)
            return options, env_settings, file

    return Combined()


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name} is not valid TOML: {error}") from None


def _refuse_misspelt_environment(environment: Mapping[str, str]) -> None:
    """A variable that looks like a setting but is none is a slip; others may belong to someone
    else (subgraphs and test suites have their own TRELLIS_ variables)."""
    known = {f"TRELLIS_{key.upper().replace('.', '__')}" for key, _, _ in settings_reference()}
    for name in environment:
        if not name.startswith("TRELLIS_") or name in known:
            continue
        if any(name.startswith(f"{prefix}__") for prefix in known):
            continue
        if near := difflib.get_close_matches(name, known, 1, 0.9):
            raise ConfigError(f"Unknown environment variable {name}: did you mean {near[0]}?")


def _explain(error: ValidationError, path: Path | None) -> str:
    """One line per problem; values are not repeated, they may be secret."""
    where = path.name if path else "The environment"
    lines = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            near = difflib.get_close_matches(key, [k for k, _, _ in settings_reference()], 1)
            hint = f" (did you mean `{near[0]}`?)" if near else ""
            lines.append(f"unknown key `{key}`{hint}")
        else:
            lines.append(f"`{key}`: {problem['msg']}")
    return f"{where}: " + "; ".join(lines)
