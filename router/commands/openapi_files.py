"""Writes what stored operations say to files, so that its changes are reviewed like those of the
SDL: the OpenAPI and AsyncAPI documents, and which dialects use which fields."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trellis.router.config import Config
from trellis.router.loading.supergraph import load_supergraph
from trellis.router.rest.generated.fields import Locate, nowhere
from trellis.router.rest.openapi.served import MERGED, OpenApiDocuments
from trellis.router.rest.route import RestRoute
from trellis.router.rest.routes import rest_routes
from trellis.router.rest.tagging import dialects_by_field
from trellis.router.topics.asyncapi import event_document
from trellis.router.topics.load import Topics, load_topics
from trellis.schema.dialects import FILE_NAME as DIALECTS


def write_documents(
    supergraph_sdl: str, config: Config, *, dry_run: bool = False, locate: Locate = nowhere
) -> list[Path]:
    """Write ``openapi/<profile>.json``, ``openapi/openapi.json`` and ``asyncapi/asyncapi.json``
    below ``schema_dir`` if they differ, and delete the files of what no longer exists. Also
    ``dialects.json``, from which the subgraphs get their ``@tag`` (``trellis.schema.dialects``).

    Returns the changed files, or with ``dry_run`` those that would change. Raises ConfigError for
    stored operations and ``@rest`` fields that are not valid routes; ``locate`` finds their lines.
    """
    folder = config.schema_dir / "openapi"
    supergraph = load_supergraph(supergraph_sdl, {}, config)
    routes = rest_routes(config, supergraph, locate=locate)
    texts: dict[Path, str] = {}
    if routes:
        default_profile = config.rest.default_profile
        documents = OpenApiDocuments.of(supergraph, routes, default_profile=default_profile)
        texts = {folder / _file_name(name): _text(documents, name) for name in documents.names}
    events = config.schema_dir / "asyncapi"
    topics = load_topics(config, supergraph)
    if topics:
        texts[events / "asyncapi.json"] = _json(event_document(topics))
    used = [*(route for route in routes if not route.is_generated), *_routes_of(topics)]
    tags = config.schema_dir / DIALECTS
    if used:
        texts[tags] = _json(dialects_by_field(supergraph.schema, used))
    known = [*folder.glob("*.json"), *events.glob("*.json"), *([tags] if tags.exists() else [])]
    gone = [path for path in known if path not in texts]
    changed = [path for path, text in texts.items() if _read(path) != text]
    if not dry_run:
        for path in gone:
            path.unlink()
        for path in changed:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts[path], encoding="utf-8")
    return [*changed, *gone]


def _routes_of(topics: Topics) -> list[RestRoute]:
    return [topic.route for topic in topics.values()]


def _file_name(name: str) -> str:
    return "openapi.json" if name == MERGED else f"{name}.json"


def _text(documents: OpenApiDocuments, name: str) -> str:
    return _json(documents.document(name))


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
