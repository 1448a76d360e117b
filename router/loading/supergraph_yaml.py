"""Reads ``supergraph.yaml``, the configuration file of Rover for composition.

subgraphs:
  orders:
    routing_url: https://orders.example/graphql
    schema: {file: ./orders.graphql}              # or {subgraph_url: https://...}
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from trellis.router.errors import ConfigError
from trellis.router.loading.members import Member, fetch_sdl


def read_supergraph_yaml(path: Path) -> list[Member]:
    """Load the subgraphs listed in the file. Paths in it are relative to its folder.

    Raises ConfigError, which names the subgraph and the problem.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: {error}") from None
    subgraphs = content.get("subgraphs") if isinstance(content, Mapping) else None
    if not isinstance(subgraphs, Mapping) or not subgraphs:
        raise ConfigError(f"{path}: needs `subgraphs:` with at least one name below it.")
    return [_member(str(name), entry, path) for name, entry in subgraphs.items()]


def _member(name: str, entry: Any, path: Path) -> Member:
    schema = entry.get("schema") if isinstance(entry, Mapping) else None
    if not isinstance(schema, Mapping):
        raise ConfigError(f"{path}: subgraphs.{name} needs `schema: {{file: ...}}`.")
    if file := schema.get("file"):
        try:
            sdl = (path.parent / str(file)).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: subgraphs.{name}: cannot read {file}: {error}") from None
        return Member(name, sdl, str(entry.get("routing_url", "")))
    if url := schema.get("subgraph_url"):
        sdl = fetch_sdl(name, str(url), retry_seconds=0)
        return Member(name, sdl, str(entry.get("routing_url", url)))
    raise ConfigError(f"{path}: subgraphs.{name}.schema needs `file` or `subgraph_url`.")
