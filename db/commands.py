"""``trellis db``: bring databases up to date, fill them with demo data, empty them."""

import asyncio
import importlib
import os
import sys
import tomllib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from sqlalchemy import text
from sqlalchemy.engine import make_url

from trellis.db import migrate
from trellis.db.engine import Database
from trellis.db.parked import parked_events, send_again
from trellis.db.settings import DataSettings
from trellis.schema.errors import TrellisError
from trellis.schema.subgraph import Subgraph

app = typer.Typer(help="Databases of the subgraphs.", no_args_is_help=True)

_console = Console(highlight=False)
_errors = Console(stderr=True, highlight=False)

Name = Annotated[str, typer.Argument(help="The subgraph's name in trellis.toml.")]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        help="The configuration file; by default trellis.toml.",
        show_default=False,
    ),
]


@app.command()
def upgrade(config: Config = None) -> None:
    """Bring every database to its newest migration; safe to repeat."""

    async def up(_subgraph: Subgraph) -> None:
        """Starting a subgraph migrates its database."""

    _for_each(config, "is up to date", up)


@app.command()
def seed(config: Config = None) -> None:
    """Write the demo world into empty databases: log in as ada@example.com, trellis-demo."""

    async def fill(subgraph: Subgraph) -> None:
        await subgraph.seed()

    _for_each(config, "has its demo data", fill)


@app.command()
def reset(
    config: Config = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete everything that the subgraphs keep, then start from empty databases."""
    names = ", ".join(name for name, _ in _subgraphs(config))
    if not yes:
        typer.confirm(f"Delete all data of {names}?", abort=True)
    settings = DataSettings.from_environment()
    for name, _ in _subgraphs(config):
        _drop(name, settings.url_for(name))
    upgrade(config)


@app.command()
def revision(
    name: Name,
    message: Annotated[str, typer.Argument(help="What the migration changes, in a few words.")],
    config: Config = None,
) -> None:
    """Write a migration for what changed in a subgraph's models."""
    package = _module_of(name, config).rpartition(".")[0]
    metadata = importlib.import_module(f"{package}.models").Base.metadata

    async def write() -> None:
        database = Database(name, DataSettings.from_environment().url_for(name))
        try:
            await migrate.upgrade(database, metadata)
            await migrate.make_revision(database, metadata, message)
        finally:
            await database.close()

    asyncio.run(write())


@app.command()
def parked(
    name: Name,
    again: Annotated[bool, typer.Option("--again", help="Send them once more.")] = False,
    config: Config = None,
) -> None:
    """List the events of a subgraph that could not be sent."""
    _module_of(name, config)

    async def show() -> None:
        database = Database(name, DataSettings.from_environment().url_for(name))
        try:
            events = await parked_events(database)
            for event in events:
                _console.print(f"{event.id}  {event.topic}  {event.key}  {event.error}")
            if not events:
                _console.print(f"No event of {name} is parked.")
            if again:
                _console.print(f"{await send_again(database)} events are waiting to be sent.")
        finally:
            await database.close()

    try:
        asyncio.run(show())
    except TrellisError as refusal:
        _fail(refusal.message)


def _for_each(config: Path | None, done: str, act: Callable[[Subgraph], Awaitable[None]]) -> None:
    """Start each subgraph that runs in a process of ours, do ``act``, and stop it."""
    wanted = [(name, _load(name, target)) for name, target in _subgraphs(config)]

    async def run(progress: Progress, task: Any) -> None:
        for name, subgraph in wanted:
            progress.update(task, description=name)
            await subgraph.start()
            try:
                await act(subgraph)
            finally:
                await subgraph.stop()
            progress.console.print(f"[green]✓[/] {name} {done}")
            progress.advance(task)

    columns = SpinnerColumn(), TextColumn("{task.description}")
    try:
        with Progress(*columns, console=_console, transient=True) as progress:
            asyncio.run(run(progress, progress.add_task("", total=len(wanted))))
    except TrellisError as refusal:
        _fail(refusal.message)


def _subgraphs(config: Path | None) -> list[tuple[str, str]]:
    """Names and import strings of the subgraphs that are not behind a URL."""
    file = config or Path(os.environ.get("TRELLIS_CONFIG") or "trellis.toml")
    try:
        with file.open("rb") as opened:
            named = tomllib.load(opened).get("subgraphs", {})
    except FileNotFoundError:
        _fail(f"There is no {file}. Name one with --config.")
    except tomllib.TOMLDecodeError as broken:
        _fail(f"{file} cannot be read: {broken}")
    targets = {
        name: source.get("module", "") if isinstance(source, dict) else str(source)
        for name, source in named.items()
    }
    return [(name, target) for name, target in targets.items() if target and "://" not in target]


def _module_of(name: str, config: Path | None) -> str:
    """The module of a subgraph that runs in a process of ours; any other name is refused."""
    modules = {known: target.partition(":")[0] for known, target in _subgraphs(config)}
    if name not in modules:
        _fail(f"No subgraph {name!r}: trellis.toml names {', '.join(modules)}.")
    return modules[name]


def _load(name: str, target: str) -> Subgraph:
    module, _, attribute = target.partition(":")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found = getattr(importlib.import_module(module), attribute or "subgraph")
    except (ImportError, AttributeError) as missing:
        _fail(f"The subgraph {name} cannot be loaded from {target!r}: {missing}")
    if not isinstance(found, Subgraph):
        _fail(f"The subgraph {name}: {target!r} is not a trellis.schema.subgraph.Subgraph.")
    return found


def _drop(name: str, url: str) -> None:
    """Remove a subgraph's SQLite files, or its schema in PostgreSQL."""
    if not url.startswith("sqlite"):
        asyncio.run(_drop_schema(Database(name, url)))
        return
    file = make_url(url).database or ""
    for suffix in ("", "-wal", "-shm"):
        Path(file + suffix).unlink(missing_ok=True)


async def _drop_schema(database: Database) -> None:
    try:
        async with database.write() as session:
            await session.execute(text(f'drop schema if exists "{database.name}" cascade'))
    finally:
        await database.close()


def _fail(message: str) -> NoReturn:
    _errors.print(f"[red]✗[/] {message}")
    raise typer.Exit(1)
