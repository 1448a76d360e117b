"""``trellis rest``: lists the routes, and writes stored operations to start from."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from trellis.router.commands.console import ConfigFile, err, out, user_errors
from trellis.router.config import Config, export_to_subgraphs, load_config
from trellis.router.errors import ConfigError
from trellis.router.loading.graph import load_graph
from trellis.router.loading.supergraph import load_supergraph
from trellis.router.rest.generated.fields import Locate
from trellis.router.rest.generated.files import file_of, wanted_fields
from trellis.router.rest.profiles import PROFILES
from trellis.router.rest.route import FieldSource, RestRoute
from trellis.router.rest.routes import generated_routes, rest_routes, written_routes
from trellis.router.supergraph import Supergraph

rest = typer.Typer(
    no_args_is_help=True,
    help="List REST routes, and write stored operations to start from.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@rest.command()
def routes(
    config_file: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the REST routes: method, path, dialect, operation, and where each is defined.

    A path is served below the prefix of its dialect (`/pm`), and at the root unless another
    dialect has the same path. Routes of fields with `@rest` are defined in the schema.
    """
    with user_errors():
        config = load_config(config_file)
        supergraph, locate = _graph(config)
        order = {name: place for place, name in enumerate(PROFILES)}
        found = sorted(
            rest_routes(config, supergraph, locate=locate),
            key=lambda route: (order[route.profile.name], route.path, route.method),
        )
        if as_json:
            facts = [_facts(route) for route in found]
            out.print(json.dumps(facts, indent=2), markup=False, soft_wrap=True)
            return
        for line in _columns([_HEAD, *(_row(route) for route in found)]):
            out.print(line, markup=False, soft_wrap=True)


@rest.command()
def generate(
    field: Annotated[
        list[str] | None, typer.Argument(help="`Query.book` or `book`; by default all of them.")
    ] = None,
    config_file: ConfigFile = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write the files; existing files are not overwritten.")
    ] = False,
) -> None:
    """Print or write the operations that are generated for fields with `@rest`.

    A written file replaces the generated operation: edit its selection, names and checks as you
    like. Files are written to `operations_dir`/rest/plain/SUBGRAPH/FIELD.graphql.
    """
    with user_errors():
        config = load_config(config_file)
        supergraph, locate = _graph(config)
        written = written_routes(config, supergraph)
        found = generated_routes(config, supergraph, written, locate=locate)
        chosen = wanted_fields(found, field or ())
        if not chosen:
            err.print("No field with @rest lacks a stored operation.")
        files = {file_of(one, config.operations_dir): one.text for one in chosen}
        for path in files:
            if write and path.exists():
                raise ConfigError(f"{_shown(path)} exists already; edit or move it.")
        for path, text in files.items():
            if write:
                _write(path, text)
            else:
                out.print(f"# {_shown(path)}\n{text}", markup=False, soft_wrap=True)


def _graph(config: Config) -> tuple[Supergraph, Locate]:
    """The configured graph, and a function that finds the Python lines of its fields."""
    export_to_subgraphs(config)
    loaded = load_graph(config)
    return load_supergraph(loaded.sdl, {}, config), loaded.locate


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    err.print(f"wrote {_shown(path)}", soft_wrap=True)


_HEAD = ("METHOD", "PATH", "DIALECT", "OPERATION", "FROM")


def _row(route: RestRoute) -> tuple[str, ...]:
    path = f"{route.profile.prefix}{route.path}"
    origin = _origin(route)
    if route.is_generated:
        origin = f"generated from {origin}"
    return route.method, path, route.profile.name, route.name, origin


def _columns(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _origin(route: RestRoute) -> str:
    """A field, or a file and line, relative to the working directory if it is below it."""
    if isinstance(route.source, FieldSource):
        return str(route.source)
    return f"{_shown(route.source.file)}:{route.source.line}"


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _facts(route: RestRoute) -> dict[str, object]:
    return {
        "method": route.method,
        "path": route.path,
        "prefix": route.profile.prefix,
        "dialect": route.profile.name,
        "operation": route.name,
        "kind": route.kind,
        "status": route.status,
        "generated": route.is_generated,
        "source": _origin(route),
    }
