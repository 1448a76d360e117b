"""``trellis search``: make the index of the search anew."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from trellis.db.settings import DataSettings
from trellis.schema.errors import TrellisError
from trellis.subgraphs.search.reindex import Reindexed, reindex

app = typer.Typer(help="The index of the search.", no_args_is_help=True)

_console = Console(highlight=False)
_errors = Console(stderr=True, highlight=False)


@app.callback()
def _group() -> None:
    """A group, also while there is one command only."""


@app.command(name="reindex")
def reindex_command(
    from_events: Annotated[
        bool,
        typer.Option(
            "--from-events", help="Read again everything that the other subgraphs have announced."
        ),
    ] = False,
) -> None:
    """Make the index anew; safe to repeat, and while the subgraph is running."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    try:
        with Progress(*columns, console=_console, transient=True) as progress:
            made = asyncio.run(_run(progress, from_events=from_events))
    except TrellisError as refusal:
        _errors.print(f"[red]✗[/] {refusal.message}")
        raise typer.Exit(1) from refusal
    if from_events:
        _console.print(f"[green]✓[/] read {made.events} events")
    if made.unread:
        _errors.print(f"[red]✗[/] {made.unread} events could not be read; the log says which")
    _console.print(f"[green]✓[/] indexed {made.documents} documents")
    if made.unread:
        raise typer.Exit(1)


async def _run(progress: Progress, *, from_events: bool) -> Reindexed:
    bars: dict[str, TaskID] = {}

    def tell(what: str, done: int, total: int) -> None:
        if what not in bars:
            bars[what] = progress.add_task(what, total=total)
        progress.update(bars[what], completed=done, total=total)

    return await reindex(DataSettings.from_environment(), tell, from_events=from_events)
