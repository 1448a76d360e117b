"""The ``trellis`` command line."""

from importlib.metadata import EntryPoint, entry_points, version
from typing import Annotated, Any

import typer
import typer.main
from typer.core import TyperGroup

from trellis.router.commands.compose import compose
from trellis.router.commands.console import err, out
from trellis.router.commands.operations import ask, plan, why_denied
from trellis.router.commands.rest import rest
from trellis.router.commands.run import dev, serve, subgraph

RUN, SCHEMAS = "Run", "Inspect schemas and plans"


class _Commands(TyperGroup):
    """The commands below, and groups that other packages register under the entry point
    ``trellis.commands``. Those are imported only when they are called or listed."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *sorted(_plugins())]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        own = super().get_command(ctx, cmd_name)
        if own is not None or cmd_name not in _plugins():
            return own
        try:
            command = typer.main.get_command(_plugins()[cmd_name].load())
        except ImportError as error:  # an optional package of that group is not installed
            err.print(f"[yellow]trellis {cmd_name} is not available:[/yellow]", end=" ")
            err.print(str(error), markup=False, soft_wrap=True)
            return None
        command.name = cmd_name
        return command


def _plugins() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group="trellis.commands")}


app = typer.Typer(
    cls=_Commands,
    name="trellis",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(rest, name="rest", rich_help_panel=SCHEMAS)

# In the order of the help.
for _command in (dev, serve, subgraph):
    app.command(rich_help_panel=RUN)(_command)
for _command in (compose, plan):
    app.command(rich_help_panel=SCHEMAS)(_command)
app.command(rich_help_panel=RUN)(ask)
app.command(rich_help_panel=SCHEMAS, name="why-denied")(why_denied)


@app.callback(
    epilog="Settings are read from trellis.toml and from TRELLIS_... in the environment. "
    "See **trellis COMMAND --help** for each command."
)
def trellis(
    show_version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Trellis serves many GraphQL subgraphs as **one graph**.

    Start with **trellis dev**: it runs all subgraphs of `trellis.toml` in one process with
    demo data, and GraphiQL at http://127.0.0.1:4000.

    Then write your own subgraph as a Strawberry schema, add it to `trellis.toml` as
    **module:attribute**, and inspect the graph with **trellis compose** and **trellis plan**.
    """
    if show_version:
        out.print(f"Trellis {version('trellis-graphql')}")
        raise typer.Exit


def main() -> None:
    """Entry point of the ``trellis`` program."""
    app()
