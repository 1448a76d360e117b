"""The commands that take an operation: ``plan``, ``ask`` and ``why-denied``."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from trellis.router.commands.ask import ANSWER_SECONDS, is_subscription
from trellis.router.commands.ask import ask as ask_graph
from trellis.router.commands.console import ConfigFile, out, user_errors
from trellis.router.commands.options import (
    CallerName,
    Document,
    OperationName,
    Roles,
    Scopes,
    VariableValues,
    json_object,
    read_document,
)
from trellis.router.commands.why_denied import (
    ANONYMOUS_NAME,
    Caller,
    Findings,
    find_denials,
    open_graph,
)
from trellis.router.config import Config, export_to_subgraphs, load_config
from trellis.router.loading.graph import load_graph
from trellis.router.planner.explain import lines, to_json, tree
from trellis.router.planner.query_plan import QueryPlan
from trellis.router.serving.logs import configure_logs
from trellis.router.supergraph import Supergraph


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
            document = read_document(query)
            raise typer.Exit(
                _plan_for(config, who, document, variables, operation_name, output_format)
            )
        export_to_subgraphs(config)
        planned = Supergraph.load(load_graph(config).sdl).plan(
            read_document(query), json_object(variables), operation_name
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
    operation = document, json_object(variables), operation_name
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
        document = read_document(query)
        if url is None:
            url = f"http://127.0.0.1:{load_config(config_file).port}/graphql"
        if timeout is None and not is_subscription(document):
            timeout = ANSWER_SECONDS
        answers = ask_graph(
            url,
            document,
            json_object(variables),
            token,
            operation_name=operation_name,
            timeout=timeout,
        )
        if asyncio.run(_print_answers(answers, events)):
            raise typer.Exit(1)


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
            _find_denials(config, who, read_document(query), json_object(variables), operation_name)
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


def _json_text(planned: QueryPlan) -> str:
    return json.dumps(to_json(planned), indent=2)
