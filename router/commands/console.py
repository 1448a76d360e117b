"""Shared by all commands of ``trellis``: the consoles, ``--config``, and error messages."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from trellis.router.errors import OperationRefused
from trellis.schema.errors import TrellisError
from trellis.schema.extras import MissingExtra

out, err = Console(highlight=False), Console(stderr=True, highlight=False)

ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The configuration file; by default trellis.toml."),
]
"""``--config`` is the same in all commands, also in those of ``trellis db``."""


@contextmanager
def user_errors() -> Iterator[None]:
    """Print errors that the user can fix as a message instead of a traceback."""
    try:
        yield
    except OperationRefused as error:
        for problem in error.errors:
            err.print("[bold red]error[/bold red]", end=" ")
            err.print(_with_hint(str(problem.get("message"))), markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
    except TrellisError as error:
        err.print("[bold red]error[/bold red]", end=" ")
        err.print(error.message, markup=False, soft_wrap=True)
        raise typer.Exit(2 if error.code == "CONFIG_INVALID" else 1) from None
    except MissingExtra as error:
        err.print("[bold red]error[/bold red]", end=" ")
        err.print(str(error), markup=False, soft_wrap=True)
        raise typer.Exit(2) from None


def _with_hint(message: str) -> str:
    if message.startswith("Variable ") and message.endswith("to be provided."):
        return f"{message} Pass it in --variables, a JSON object."
    return message
