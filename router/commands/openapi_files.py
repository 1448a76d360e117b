"""Writes the OpenAPI documents to files, so that their changes are reviewed like those of the
SDL."""

import json
from pathlib import Path

from trellis.router.config import Config
from trellis.router.loading.supergraph import load_supergraph
from trellis.router.rest.generated.fields import Locate, nowhere
from trellis.router.rest.openapi.served import MERGED, OpenApiDocuments
from trellis.router.rest.routes import rest_routes


def write_documents(
    supergraph_sdl: str, config: Config, *, dry_run: bool = False, locate: Locate = nowhere
) -> list[Path]:
    """Write ``openapi/<profile>.json`` and ``openapi/openapi.json`` below ``schema_dir`` if they
    differ, and delete the files of profiles that no longer exist.

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
    gone = [path for path in folder.glob("*.json") if path not in texts]
    changed = [path for path, text in texts.items() if _read(path) != text]
    if not dry_run:
        for path in gone:
            path.unlink()
        for path in changed:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts[path], encoding="utf-8")
    return [*changed, *gone]


def _file_name(name: str) -> str:
    return "openapi.json" if name == MERGED else f"{name}.json"


def _text(documents: OpenApiDocuments, name: str) -> str:
    return json.dumps(documents.document(name), indent=1, ensure_ascii=False) + "\n"


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
