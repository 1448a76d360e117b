"""Loads the configured subgraphs: imported into this process, or located by URL."""

import difflib
import importlib
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import strawberry

from trellis.router.config import Config, SubgraphSource
from trellis.router.errors import ConfigError
from trellis.router.planner.supergraph_ast import parse_supergraph
from trellis.router.trust.secret import load_service_secrets
from trellis.router.trust.service_tokens import SERVICE_TOKEN, ServiceTokens
from trellis.schema.subgraph import Subgraph

_RETRY_SECONDS = 30.0
"""How long a subgraph that cannot be reached is retried: it may be starting as well."""

_SDL_QUERY = "query TrellisReadsTheSchema { _service { sdl } }"


@dataclass(frozen=True, slots=True)
class Member:
    """One subgraph. ``local`` is set if it runs in this process; otherwise ``url`` is its endpoint.
    For ``source`` see ``trellis.router.config.SubgraphSource``."""

    name: str
    sdl: str
    url: str = ""
    websocket_url: str | None = None
    local: Subgraph | None = None
    gets_service_token: bool = True
    source: SubgraphSource = field(default_factory=SubgraphSource)


def load_members(config: Config) -> list[Member]:
    """Every configured subgraph, in the order of the configuration.

    Raises ConfigError if one cannot be imported or its schema cannot be read.
    """
    if not config.subgraphs:
        raise ConfigError(
            "No subgraphs are configured: list them in trellis.toml under [subgraphs], for "
            'example `orders = "shop.orders.graph:subgraph"`.'
        )
    tokens = _service_tokens(config)
    return [load_member(name, source, tokens) for name, source in config.subgraphs.items()]


def _service_tokens(config: Config) -> ServiceTokens | None:
    """Authentication for reading the schemas of remote subgraphs; None if none needs it."""
    asked = (s for s in config.subgraphs.values() if s.url and s.service_token)
    if all(source.schema_file is not None for source in asked):
        return None
    return ServiceTokens(load_service_secrets(config))


def read_supergraph_file(path: Path) -> str:
    """Read a supergraph SDL file. Raises ConfigError."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"Cannot read the supergraph {path}: {reason}.") from None


def members_of_supergraph(sdl: str, config: Config) -> list[Member]:
    """The subgraphs of a composed supergraph. Locations in the configuration take precedence over
    the URLs in the SDL.

    Raises SupergraphInvalid for an invalid SDL, ConfigError for a subgraph without a location.
    """
    members = []
    for entry in parse_supergraph(sdl).subgraphs.values():
        source = config.subgraphs.get(entry.name)
        if source is not None and source.module:
            members.append(load_member(entry.name, source))
            continue
        url = (source and source.url) or entry.url
        if not url:
            raise ConfigError(
                f"subgraphs.{entry.name}: the supergraph has no URL for it; configure one."
            )
        members.append(
            Member(
                entry.name,
                "",
                url,
                source and source.websocket_url,
                gets_service_token=source is None or source.service_token,
                source=source or SubgraphSource(),
            )
        )
    return members


def load_member(name: str, source: SubgraphSource, tokens: ServiceTokens | None = None) -> Member:
    """Load one subgraph. ``tokens`` authenticate the router to a remote one. Raises ConfigError if
    it cannot be loaded."""
    if source.module and not source.url:
        local = import_subgraph(name, source.module)
        return Member(name, local.schema.as_str(), local=local, source=source)
    if source.url and not source.module:
        return Member(
            name,
            _remote_sdl(name, source, tokens if source.service_token else None),
            source.url,
            source.websocket_url,
            gets_service_token=source.service_token,
            source=source,
        )
    raise ConfigError(f"subgraphs.{name}: set either `module` or `url`.")


def import_subgraph(name: str, target: str) -> Subgraph:
    """Import the ``trellis.schema.subgraph.Subgraph`` at ``module:attribute``. Like uvicorn, this
    adds the working directory to the import path. A Strawberry schema is a subgraph that needs
    nothing else to run; its resolvers get the ``RequestContext`` as ``info.context``.

    Raises ConfigError if it is not there. Exceptions inside the module are raised unchanged.
    """
    module_name, _, attribute = target.partition(":")
    if not attribute:
        raise ConfigError(f"subgraphs.{name}: `{target}` is not of the form `module:attribute`.")
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and module_name.startswith(error.name):
            raise ConfigError(f"subgraphs.{name}: there is no module `{error.name}`.") from None
        raise
    found = getattr(module, attribute, None)
    if found is None:
        near = difflib.get_close_matches(attribute, dir(module), 1)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        raise ConfigError(f"subgraphs.{name}: `{module_name}` has no `{attribute}`.{hint}")
    if isinstance(found, strawberry.Schema):
        return Subgraph(name, found, lambda request: request)
    if not isinstance(found, Subgraph):
        raise ConfigError(
            f"subgraphs.{name}: `{target}` is a {type(found).__name__}, "
            "neither a Strawberry schema nor a `trellis.schema.subgraph.Subgraph`."
        )
    if found.name != name:
        raise ConfigError(
            f"subgraphs.{name}: the subgraph's own name is `{found.name}`; use the same name."
        )
    return found


def _remote_sdl(name: str, source: SubgraphSource, tokens: ServiceTokens | None) -> str:
    if source.schema_file is None:
        assert source.url is not None
        headers = {SERVICE_TOKEN: tokens.sign(name)} if tokens is not None else None
        return fetch_sdl(name, source.url, headers=headers)
    try:
        return source.schema_file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"subgraphs.{name}: cannot read {source.schema_file}: {error.strerror}."
        ) from None


def fetch_sdl(
    name: str,
    url: str,
    *,
    retry_seconds: float = _RETRY_SECONDS,
    headers: Mapping[str, str] | None = None,
) -> str:
    """Fetch the schema of a subgraph (Apollo Federation subgraph specification, ``_service``).

    If it cannot be reached, the request is repeated for ``retry_seconds``. Raises ConfigError.
    """
    until = time.monotonic() + retry_seconds
    while True:
        try:
            response = httpx.post(
                url, json={"query": _SDL_QUERY}, headers=headers, timeout=10, trust_env=False
            )
            if response.status_code in (401, 403):
                raise ConfigError(
                    f"subgraphs.{name}: {url} denies access to its schema (HTTP "
                    f"{response.status_code}). A subgraph of Trellis needs the router's "
                    "`auth.service_secret`; for another one set `schema_file`."
                )
            sdl = _get_in(response.json(), "data", "_service", "sdl")
            break
        except httpx.TransportError:
            if time.monotonic() >= until:
                raise ConfigError(
                    f"subgraphs.{name}: {url} cannot be reached. Start it first, or set "
                    "`schema_file`."
                ) from None
            time.sleep(0.25)
        except ValueError:
            sdl = None
            break
    if not isinstance(sdl, str):
        raise ConfigError(
            f"subgraphs.{name}: {url} does not return its schema for `_service {{ sdl }}`. Is it a "
            "federation subgraph?"
        )
    return sdl


def _get_in(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
