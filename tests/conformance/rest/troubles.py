"""What no client can mend: limits that are used up, and services that are away.

The requests are those of ``cases``, made in a world where all is well, and sent to other servers
on the same data: there each operation is refused for a reason of its own.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from tests.conformance.rest.asking import NO_BODY, Ask
from tests.conformance.rest.cases import CASES
from tests.conformance.rest.contract import Operation
from tests.conformance.rest.error_forms import TRACKER_MESSAGES, Expected
from tests.conformance.rest.refusals import Refusal
from tests.conformance.rest.world import World
from tests.support.shared import ROOT
from tests.support.trellis_server import TrellisServer

DIALECTS = ("pm", "tracker", "todo")
_ONE_AN_HOUR = [{"name": "requests", "limit": 1, "window": 3600}]
_PRESETS = {"pm": _ONE_AN_HOUR, "tracker": _ONE_AN_HOUR, "signed-in": _ONE_AN_HOUR}
_NOBODY_LISTENS = "http://127.0.0.1:9/graphql"
# A policy of projects guards what they show: nobody can say that it holds, so it does not (403).
_JUDGED_THERE = {"S0-projects-create", "S0-projects-update"}
# Comments know who may see an issue, and need nobody else for it.
_NEEDS_NEITHER = {"S1-issue-comments-add"}
_OF_PROJECTS = ("/api/v1/projects", "/api/v1/issues")


@dataclass(frozen=True, slots=True)
class Troubles:
    """Clients of the servers: ``limited`` lets everybody ask once an hour, ``without_projects``
    reaches neither projects nor issues, ``without_accounts`` no accounts."""

    limited: httpx.Client
    without_projects: httpx.Client
    without_accounts: httpx.Client

    def refusals(
        self, world: World, operations: Sequence[Operation]
    ) -> Iterator[tuple[Refusal, httpx.Client]]:
        """Each operation of ``DIALECTS`` at its limit, and without the service that it needs."""
        for operation in operations:
            if operation.profile in DIALECTS:
                ask = CASES[operation.id].ask(world)
                yield _at_its_limit(operation, ask, self.limited), self.limited
                if operation.id in _JUDGED_THERE | _NEEDS_NEITHER:
                    continue
                if operation.path.startswith(_OF_PROJECTS):
                    yield _refusal(operation, "away:projects", ask, 503), self.without_projects
                elif not operation.needs_token:
                    yield _refusal(operation, "away:accounts", ask, 503), self.without_accounts


def _at_its_limit(operation: Operation, ask: Ask, limited: httpx.Client) -> Refusal:
    """After a request of the same caller, which has used up the limit of the dialect."""
    replace(ask, body=NO_BODY, query={}).send_by(limited, "GET", f"/{operation.profile}/nothing")
    return _refusal(operation, "limit:used up", ask, 429)


def _refusal(operation: Operation, way: str, ask: Ask, status: int) -> Refusal:
    code = {429: "RATE_LIMIT_EXCEEDED", 503: "SERVICE_UNAVAILABLE"}[status]
    is_named = operation.profile != "todo"  # document 003 names neither
    message = TRACKER_MESSAGES[code] if operation.profile == "tracker" else None
    return Refusal(
        operation.id,
        way,
        dialect=operation.profile,
        method=operation.method,
        path=f"/{operation.profile}{operation.path}",
        ask=ask,
        expected=Expected(status, code if is_named else None, message),
    )


class _Server(TrellisServer):
    def is_ready(self) -> bool:
        """It lives: without a subgraph it is never ready."""
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/health", timeout=2).status_code == 200
        return False


@contextmanager
def running_troubles(folder: Path) -> Iterator[Troubles]:
    """Three servers on the data of the world that runs in ``folder``."""
    presets = {"TRELLIS_RATE_LIMIT__PRESETS": json.dumps(_PRESETS)}
    settings = (
        {"TRELLIS_RATE_LIMIT__ENABLED": "true", **presets},
        _without("projects", "issues"),
        {"TRELLIS_AUTH__SUBGRAPH": "accounts", **_without("accounts")},
    )
    servers = [_Server(folder, given, command=("serve",)) for given in settings]
    with ExitStack() as stack:
        for server in servers:
            stack.callback(server.close)
            server.start(seconds=120)
        clients = [
            stack.enter_context(httpx.Client(base_url=server.url, timeout=30)) for server in servers
        ]
        yield Troubles(*clients)


def _without(*subgraphs: str) -> dict[str, str]:
    return {
        f"TRELLIS_SUBGRAPHS__{name.upper()}": json.dumps(
            {
                "url": _NOBODY_LISTENS,
                "schema_file": str(ROOT / "schema" / "subgraphs" / f"{name}.graphql"),
            }
        )
        for name in subgraphs
    }
