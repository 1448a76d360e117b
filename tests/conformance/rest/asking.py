"""How an operation is asked, and which of its refusals can be provoked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import httpx

from tests.conformance.rest.world import World

NO_BODY = object()


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: what fills the path, the query string and the body, and who sends it.

    ``content`` and ``query_text`` are sent as they are, in place of ``body`` and ``query``.
    """

    token: str | None = None
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = NO_BODY
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    query_text: str | None = None

    def send(self, world: World, method: str, path: str) -> httpx.Response:
        """To the server of the world."""
        return self.send_by(world.client, method, path)

    def send_by(self, client: httpx.Client, method: str, path: str) -> httpx.Response:
        """To the server of a client."""
        headers = dict(self.headers)
        if self.token is not None:
            headers["authorization"] = f"Bearer {self.token}"
        sent: dict[str, Any] = {"headers": headers}
        if self.query:
            sent["params"] = dict(self.query)
        url = path.format(**self.path)
        if self.query_text is not None:
            url, _ = f"{url}?{self.query_text}", sent.pop("params", None)
        if self.content is not None:
            sent["content"] = self.content
            headers.setdefault("content-type", "application/json")
        elif self.body is not NO_BODY:
            sent["json"] = self.body
        return client.request(method, url, **sent)


Asking = Callable[[World], Ask]
Refusal = tuple[int, str | None]


@dataclass(frozen=True, slots=True)
class Case:
    """How to ask an operation so that it succeeds and so that it is refused.

    ``check`` tells what is wrong about the facts of a success, after its shape was compared.
    ``nullable`` are paths that may be null although the example has a value: documented ones.
    ``keyed`` are paths of objects whose members are named by the data.
    ``ask_at_root`` is how to ask it there, where that is another thing than at the mount prefix.
    ``is_partial``: the example shows some members only, and the schema has all of them.
    ``is_file``: the answer is no JSON but bytes, which ``check`` looks at.
    ``beyond_enums`` are values by path that were decided on beside those of the document.
    ``unprovoked`` are refusals that this runner cannot bring about, with the reason.
    """

    ask: Asking
    refusals: Mapping[Refusal, Asking] = field(default_factory=dict)
    check: Callable[[World, Ask, httpx.Response], Sequence[str]] | None = None
    nullable: tuple[str, ...] = ()
    keyed: tuple[str, ...] = ()
    beyond_enums: Mapping[str, str] = field(default_factory=dict)
    unprovoked: Mapping[Refusal, str] = field(default_factory=dict)
    ask_at_root: Asking | None = None
    is_file: bool = False
    is_partial: bool = False


RATE_LIMITS = (
    "limits are off in this world; troubles.py and test_outages.py have servers with limits"
)
EXPIRY = "a token takes an hour to expire; tests/router/identity makes one that has"


def unprovoked(case: Case) -> Mapping[Refusal, str]:
    return {
        (429, "RATE_LIMIT_EXCEEDED"): RATE_LIMITS,
        (401, "TOKEN_EXPIRED"): EXPIRY,
        **case.unprovoked,
    }


def usual_refusal(case: Case, status: int) -> Asking | None:
    """How any operation is refused with that status; None where it takes more than that."""

    def anonymous(world: World) -> Ask:
        return replace(case.ask(world), token=None)

    def malformed(world: World) -> Ask:
        ask = case.ask(world)
        if ask.body is NO_BODY:
            return replace(ask, query_text="search=%FF")
        return replace(ask, body=NO_BODY, content=b'{"half":')

    def elsewhere(world: World) -> Ask:
        ask = case.ask(world)
        return replace(ask, path={name: str(uuid4()) for name in ask.path})

    return {400: malformed, 401: anonymous, 404: elsewhere}.get(status)


def changed(case_ask: Asking, **members: Any) -> Asking:
    """The same request with other members in its body; None leaves one out."""

    def asking(world: World) -> Ask:
        ask = case_ask(world)
        body = {**ask.body, **members}
        return replace(ask, body={name: value for name, value in body.items() if value is not None})

    return asking


def by(case_ask: Asking, token: Callable[[World], str]) -> Asking:
    """The same request by somebody else."""
    return lambda world: replace(case_ask(world), token=token(world))
