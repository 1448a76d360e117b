"""The ``trellis`` command line."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from functools import partial
from importlib.metadata import EntryPoint, entry_points, version
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
import typer.main
from rich.table import Table
from typer.core import TyperGroup

from trellis.router.commands.ask import ANSWER_SECONDS, is_subscription
from trellis.router.commands.ask import ask as ask_graph
from trellis.router.commands.console import ConfigFile, err, out, user_errors
from trellis.router.commands.openapi_files import write_documents
from trellis.router.commands.rest import rest
from trellis.router.commands.why_denied import (
    ANONYMOUS_NAME,
    Caller,
    Findings,
    find_denials,
    open_graph,
)
from trellis.router.config import Config, export_overrides, export_to_subgraphs, load_config
from trellis.router.errors import ConfigError
from trellis.router.loading.composed import compose_members, python_line, write_schemas
from trellis.router.loading.graph import load_graph
from trellis.router.loading.members import load_members
from trellis.router.loading.supergraph_yaml import read_supergraph_yaml
from trellis.router.planner.explain import lines, to_json, tree
from trellis.router.planner.query_plan import QueryPlan
from trellis.router.serving.application import build_app, explorer_content
from trellis.router.serving.logs import configure_logs
from trellis.router.serving.server import listen, run_server, run_workers
from trellis.router.serving.subgraph_app import build_subgraph_app
from trellis.router.supergraph import Supergraph

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

Host = Annotated[str | None, typer.Option(help="Address to listen on.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0 selects a free one.")]
CallerName = Annotated[
    str | None,
    typer.Option(
        "--as", "--caller", help="The caller: a user's name or e-mail address, or `anonymous`."
    ),
]
Document = Annotated[str, typer.Argument(help="A GraphQL document, or the path of a file.")]
OperationName = Annotated[
    str | None, typer.Option("--operation", help="The operation of the document to use.")
]
VariableValues = Annotated[str, typer.Option(help="The variables, as a JSON object.")]
Scopes = Annotated[
    list[str] | None,
    typer.Option("--scope", help="A scope of a fictitious caller; can be repeated."),
]
Roles = Annotated[
    list[str] | None,
    typer.Option("--role", help="A role of a fictitious caller; can be repeated."),
]


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


@app.command(rich_help_panel=RUN)
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


@app.command(rich_help_panel=RUN)
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


@app.command(rich_help_panel=RUN)
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
        configure_logs(config.log_level, for_people=config.is_development)
        export_to_subgraphs(config)
        application = build_subgraph_app(config, name, is_open=is_open)
        bound = listen(config.host, config.port)
        url = f"http://{config.host}:{bound.getsockname()[1]}/graphql"
        ready = lambda: err.print(f"Subgraph [bold]{name}[/bold] answers at {url}")  # noqa: E731
        raise typer.Exit(run_server(application, bound, config, ready))


@app.command(rich_help_panel=SCHEMAS)
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


@app.command(rich_help_panel=SCHEMAS)
def plan(
    query: Document,
    config_file: ConfigFile = None,
    supergraph: Annotated[
        Path | None, typer.Option(help="Use this supergraph SDL instead of composing.")
    ] = None,
    operation_name: OperationName = None,
    output_format: Annotated[
        Literal["steps", "tree", "json"],
        typer.Option("--format", help="One line per step, a tree of nodes, or JSON."),
    ] = "steps",
    caller: CallerName = None,
    scope: Scopes = None,
    role: Roles = None,
    variables: VariableValues = "{}",
) -> None:
    """Show the query plan of an operation: which subgraphs are called, for what, in which order.
    Nothing is executed.

    For a caller (**--as**, or a fictitious one with **--scope** and **--role**), this is the plan
    after authorization, followed by what was removed and why.
    """
    with user_errors():
        config = load_config(config_file, supergraph=supergraph)
        if caller is not None or scope or role:
            who = _caller(caller, scope, role)
            raise typer.Exit(
                _plan_for(config, who, _document(query), variables, operation_name, output_format)
            )
        export_to_subgraphs(config)
        planned = Supergraph.load(load_graph(config).sdl).plan(
            _document(query), _json_object(variables), operation_name
        )
        write = {"steps": lines, "tree": tree, "json": _json_text}[output_format]
        out.print(write(planned), markup=False, soft_wrap=True)


def _plan_for(
    config: Config,
    caller: Caller,
    document: str,
    variables: str,
    operation_name: str | None,
    output_format: Literal["steps", "tree", "json"],
) -> int:
    """Print the plan for a caller. Returns the exit status: 3 if the operation is refused."""
    configure_logs("error", for_people=True)
    export_to_subgraphs(config)
    operation = document, _json_object(variables), operation_name
    found = asyncio.run(_find_denials(config, caller, *operation, runs=False))
    if output_format == "json":
        steps = to_json(found.plan) if found.plan is not None else {}
        text = json.dumps({**steps, **found.to_json()}, indent=2)
    else:
        write = {"steps": lines, "tree": tree}[output_format]
        parts = [write(found.plan)] if found.plan is not None else []
        text = "\n".join([*parts, "", *found.lines()]).lstrip("\n")
    out.print(text, markup=False, soft_wrap=True)
    return 3 if found.is_refused else 0


@app.command(rich_help_panel=RUN)
def ask(
    query: Document,
    config_file: ConfigFile = None,
    url: Annotated[
        str | None,
        typer.Option(
            help="The GraphQL endpoint; by default on this machine, at the port of trellis.toml"
            " or TRELLIS_PORT."
        ),
    ] = None,
    variables: VariableValues = "{}",
    operation_name: OperationName = None,
    token: Annotated[
        str | None, typer.Option(envvar="TOKEN", help="An access token.", show_envvar=True)
    ] = None,
    events: Annotated[
        int | None, typer.Option(min=1, help="End a subscription after this number of events.")
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            help="Seconds to wait for the response or for each event; by default 30 for a query or"
            " mutation, and no timeout for a subscription.",
        ),
    ] = None,
) -> None:
    """Send an operation to a running graph and print the response, or each event of a subscription.

    The exit status is 1 if a response has errors.
    """
    with user_errors(), suppress(KeyboardInterrupt):
        document = _document(query)
        if url is None:
            url = f"http://127.0.0.1:{load_config(config_file).port}/graphql"
        if timeout is None and not is_subscription(document):
            timeout = ANSWER_SECONDS
        answers = ask_graph(
            url,
            document,
            _json_object(variables),
            token,
            operation_name=operation_name,
            timeout=timeout,
        )
        if asyncio.run(_print_answers(answers, events)):
            raise typer.Exit(1)


@app.command(rich_help_panel=SCHEMAS, name="why-denied")
def why_denied(
    query: Document,
    config_file: ConfigFile = None,
    caller: CallerName = None,
    variables: VariableValues = "{}",
    operation_name: OperationName = None,
    token: Annotated[
        str | None, typer.Option(help="An access token of the caller, instead of --as.")
    ] = None,
    scope: Scopes = None,
    role: Roles = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show which parts of an operation are denied to a caller: each path, its rules, and the object
    that a policy denied.

    The subgraphs of trellis.toml run in this process, with their data. Queries are executed,
    because policies need the objects; mutations and subscriptions are not.
    """
    with user_errors():
        config = load_config(config_file)
        configure_logs("error", for_people=True)
        export_to_subgraphs(config)
        who = _caller(caller, scope, role, token)
        found = asyncio.run(
            _find_denials(config, who, _document(query), _json_object(variables), operation_name)
        )
        text = json.dumps(found.to_json(), indent=2) if as_json else "\n".join(found.lines())
        out.print(text, markup=False, soft_wrap=True)
        raise typer.Exit(3 if found.removed else 0)


def _caller(
    name: str | None, scopes: list[str] | None, roles: list[str] | None, token: str | None = None
) -> Caller:
    default = "somebody" if scopes or roles else ANONYMOUS_NAME
    return Caller(name or default, token, scopes or (), roles or ())


async def _find_denials(
    config: Config,
    caller: Caller,
    document: str,
    variables: dict[str, Any],
    operation_name: str | None,
    *,
    runs: bool = True,
) -> Findings:
    async with open_graph(config, caller) as (supergraph, identity):
        return await find_denials(
            document, variables, operation_name, identity, supergraph, runs=runs
        )


async def _print_answers(given: AsyncGenerator[dict[str, Any], None], events: int | None) -> bool:
    """Print the responses. Returns whether one of them has errors."""
    has_errors = False
    async with aclosing(given) as answers:
        number = 0
        async for answer in answers:
            sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
            sys.stdout.flush()
            has_errors = has_errors or "errors" in answer
            number += 1
            if number == events:
                break
    return has_errors


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"--variables is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise ConfigError("--variables must be a JSON object.")
    return value


def _document(query: str) -> str:
    """The document, read from a file if ``query`` is a path. Raises ConfigError."""
    if "{" in query:
        return query
    try:
        return Path(query).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"`{query}` is neither a GraphQL document nor a readable file.") from None


def _json_text(planned: QueryPlan) -> str:
    return json.dumps(to_json(planned), indent=2)


def _serve(config: Config, seeds: bool, build: Callable[[Config], Any]) -> None:
    configure_logs(config.log_level, for_people=config.is_development)
    export_to_subgraphs(config)
    bound = listen(config.host, config.port)
    application = build(config)
    url = f"http://{config.host}:{bound.getsockname()[1]}"

    def welcome() -> None:
        _welcome(config, url, seeds=seeds)

    if config.workers == 1 or seeds:
        raise typer.Exit(run_server(application, bound, config, welcome))
    raise typer.Exit(run_workers("trellis.router.serving.worker:make_app", bound, config, welcome))


def _welcome(config: Config, url: str, *, seeds: bool) -> None:
    """Print the URLs and settings of the running graph."""
    table = Table.grid(padding=(0, 2))
    if config.is_development:
        table.add_row("GraphiQL", f"{url}/")
    table.add_row("GraphQL", f"{url}/graphql [dim](HTTP and WebSocket)[/dim]")
    table.add_row("Health", f"{url}/health [dim]and[/dim] {url}/ready")
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


def _write_or_print(sdl: str, output: Path | None, *, check: bool) -> int:
    """Write or print the supergraph; with ``check``, only compare it with the file. Returns the
    exit status. Raises ConfigError."""
    text = sdl.rstrip() + "\n"
    if output is None:
        if check:
            err.print("The subgraphs can be composed; there is no --output to compare with.")
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


def main() -> None:
    """Entry point of the ``trellis`` program."""
    app()
