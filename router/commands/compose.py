"""``trellis compose``: the subgraphs into one supergraph, and the files made of it."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from trellis.router.commands.console import err, user_errors
from trellis.router.commands.openapi_files import write_documents
from trellis.router.config import export_to_subgraphs, load_config
from trellis.router.errors import ConfigError
from trellis.router.loading.composed import compose_members, python_line, write_schemas
from trellis.router.loading.members import load_members
from trellis.router.loading.supergraph_yaml import read_supergraph_yaml


def compose(
    config_file: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            help="The configuration file: by default trellis.toml; a supergraph.yaml of Rover also"
            " works, and its supergraph is printed.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write only the supergraph SDL, to this file."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail if a file would change.")
    ] = False,
) -> None:
    """Compose the subgraphs into one supergraph, or report why they cannot be composed.

    By default the subgraphs of trellis.toml are composed, and `schema/supergraph.graphql`,
    `schema/subgraphs/NAME.graphql` and `schema/openapi/DIALECT.json` are written.
    """
    with user_errors():
        if config_file is not None and config_file.suffix in (".yaml", ".yml"):
            composition = compose_members(read_supergraph_yaml(config_file))
            _print_hints(composition.hints)
            raise typer.Exit(_write_or_print(composition.supergraph_sdl, output, check=check))
        settings = load_config(config_file)
        export_to_subgraphs(settings)
        members = load_members(settings)
        composition = compose_members(members)
        _print_hints(composition.hints)
        if output is not None:
            raise typer.Exit(_write_or_print(composition.supergraph_sdl, output, check=check))
        changed = write_schemas(members, composition, settings.schema_dir, dry_run=check)
        changed += write_documents(
            composition.supergraph_sdl,
            settings,
            dry_run=check,
            locate=partial(python_line, members),
        )
        for path in changed:
            err.print(f"{_state(path) if check else 'wrote'} {path}")
        if not changed:
            err.print(f"{len(members)} subgraphs composed; {settings.schema_dir} is up to date.")
        raise typer.Exit(1 if check and changed else 0)


def _write_or_print(sdl: str, output: Path | None, *, check: bool) -> int:
    """Write or print the supergraph; with ``check``, only compare it with the file. Returns the
    exit status. Raises ConfigError."""
    text = sdl.rstrip() + "\n"
    if output is None:
        if check:
            err.print("The subgraphs compose; without --output there is nothing to compare with.")
        else:
            sys.stdout.write(text)
        return 0
    try:
        is_new = not output.exists() or output.read_text(encoding="utf-8") != text
        if is_new and not check:
            output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{output} cannot be written: {error.strerror}.") from None
    if check:
        err.print(f"{_state(output) if is_new else 'up to date'}: {output}")
        return 1 if is_new else 0
    err.print(f"wrote {output}")
    return 0


def _state(path: Path) -> str:
    """The state of a generated file that would change."""
    return "stale" if path.exists() else "missing"


def _print_hints(hints: Any) -> None:
    for hint in hints:
        if hint.level == "WARN":
            err.print(f"[yellow]{hint.code}[/yellow]: {hint.message}")
