"""The commands that run servers: ``dev``, ``serve`` and ``subgraph``."""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.table import Table

from trellis.router.commands.console import ConfigFile, err, user_errors
from trellis.router.commands.options import Host, Port
from trellis.router.config import (
    Config,
    export_overrides,
    export_public_url,
    export_to_subgraphs,
    load_config,
)
from trellis.router.loading.graph import load_graph
from trellis.router.serving.application import build_app, explorer_content
from trellis.router.serving.logs import configure_logs
from trellis.router.serving.server import listen, run_server, run_workers
from trellis.router.serving.subgraph_app import build_subgraph_app
from trellis.router.web.ops_paths import OPS_PATHS


def dev(
    config_file: ConfigFile = None,
    host: Host = None,
    port: Port = None,
    seed: Annotated[
        bool | None,
        typer.Option("--seed/--no-seed", help="Whether to write demo data on the first start."),
    ] = None,
) -> None:
    """Run everything in one process: subgraphs, router and GraphiQL, with demo data.

    No other services are needed: data is stored in SQLite files below `data_dir` (`.trellis`).
    """
    with user_errors():
        config = load_config(config_file, host=host, port=port, seed=seed, mode="development")
        _serve(config, config.seed, lambda c: build_app(c, seed=c.seed))


def serve(
    config_file: ConfigFile = None,
    host: Host = None,
    port: Port = None,
    supergraph: Annotated[
        Path | None,
        typer.Option(help="Serve this supergraph SDL instead of composing the subgraphs."),
    ] = None,
    mode: Annotated[
        Literal["development", "production"] | None,
        typer.Option(help="Production disables GraphiQL, introspection and query plans."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Number of processes; each uses one core.", min=1)
    ] = None,
) -> None:
    """Run the router for the subgraphs of trellis.toml, in this process or behind URLs.

    With **--supergraph FILE**, subgraphs that are not configured are called at the URLs in the
    file.
    """
    with user_errors():
        options = {"host": host, "port": port, "supergraph": supergraph, "mode": mode}
        config = load_config(config_file, workers=workers, **options)
        if config.workers > 1:
            export_overrides(config_file, options)
        _serve(config, False, build_app)


def subgraph(
    name: Annotated[str, typer.Argument(help="Its name in trellis.toml.")],
    config_file: ConfigFile = None,
    host: Host = None,
    port: Annotated[int, typer.Option(help="Port to listen on; 0 selects a free one.")] = 4001,
    is_open: Annotated[
        bool,
        typer.Option("--open", help="Accept all clients, not only the router (development only)."),
    ] = False,
) -> None:
    """Serve one subgraph, for a router in another process.

    It accepts requests of a router with the same `auth.service_secret`, and trusts that router
    about the identity of the caller.
    """
    with user_errors():
        config = load_config(config_file, host=host, port=port)
        for_people = config.is_development
        configure_logs(config.log_level, for_people=for_people, settings=config.logs, service=name)
        export_to_subgraphs(config)
        application = build_subgraph_app(config, name, is_open=is_open)
        bound = listen(config.host, config.port)
        url = f"http://{config.host}:{bound.getsockname()[1]}/graphql"
        ready = lambda: err.print(f"Subgraph [bold]{name}[/bold] answers at {url}")  # noqa: E731
        raise typer.Exit(run_server(application, bound, config, ready))


def _serve(config: Config, seeds: bool, build: Callable[[Config], Any]) -> None:
    configure_logs(config.log_level, for_people=config.is_development, settings=config.logs)
    export_to_subgraphs(config)
    bound = listen(config.host, config.port)
    url = f"http://{config.host}:{bound.getsockname()[1]}"
    export_public_url(f"http://{_reachable(config.host)}:{bound.getsockname()[1]}")
    if seeds and not config.data_dir.exists():
        err.print(f"First start: preparing the data in {config.data_dir} ...", soft_wrap=True)
    application = build(config)

    def welcome() -> None:
        print_welcome(config, url, seeds=seeds)

    if config.workers == 1 or seeds:
        raise typer.Exit(run_server(application, bound, config, welcome))
    raise typer.Exit(run_workers("trellis.router.serving.worker:make_app", bound, config, welcome))


def _reachable(host: str) -> str:
    """A host for links: nobody can open one to all addresses of this machine."""
    if host in {"", "0.0.0.0", "::"}:
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def print_welcome(config: Config, url: str, *, seeds: bool) -> None:
    """Print the URLs and settings of the running graph."""
    table = Table.grid(padding=(0, 2))
    if config.is_development:
        table.add_row("GraphiQL", f"{url}/")
    table.add_row("GraphQL", f"{url}/graphql [dim](HTTP and WebSocket)[/dim]")
    table.add_row("Health", "[dim], [/dim]".join(f"{url}{path}" for path in OPS_PATHS))
    table.add_row("Subgraphs", _subgraph_list(config))
    if _has_local(config):
        where = "PostgreSQL" if config.database_url else str(config.data_dir)
        table.add_row("Data", where)
    sign_in = explorer_content(config).sign_in
    if seeds and sign_in and sign_in.demo:
        table.add_row("Sign in", f"{sign_in.demo.email} [dim]/[/dim] {sign_in.demo.password}")
    err.print()
    err.print(f"[bold]Trellis {version('trellis-graphql')}[/bold] [dim]{config.mode}[/dim]")
    if config.workers > 1 and not config.redis_url and _has_local(config):
        err.print(
            "[yellow]Without Redis, subscribers receive events of their own worker only.[/yellow]"
        )
    err.print(table)
    err.print("[dim]Press Ctrl+C to stop.[/dim]")


def _has_local(config: Config) -> bool:
    return any(source.module for source in config.subgraphs.values())


def _subgraph_list(config: Config) -> str:
    """The names and URLs of the configured subgraphs, or of those in the supergraph file."""
    if config.supergraph is not None:
        places = {member.name: member.url for member in load_graph(config).members}
    else:
        places = {name: source.url for name, source in config.subgraphs.items()}
    return ", ".join(f"{name} [dim]({url})[/dim]" if url else name for name, url in places.items())
