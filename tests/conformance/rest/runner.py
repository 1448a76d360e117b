"""Asks a real server for each operation of the contract and compares what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from graphql import DirectiveNode, OperationDefinitionNode, parse, value_from_ast_untyped

from tests.conformance.rest.asking import Ask, Asking, Case, unprovoked, usual_refusal
from tests.conformance.rest.cases import CASES, CHECKED
from tests.conformance.rest.contract import Operation
from tests.conformance.rest.shape import EMPTY, ENVELOPES, differences, schema_problems
from tests.conformance.rest.world import World
from tests.support.shared import ROOT

_SNAKE = frozenset({"pm", "tracker"})
_ROUTES = ROOT / "persisted_queries" / "rest"


@dataclass(slots=True)
class Verdict:
    """What was found out about one operation: what is ``wrong``, how many of its refusals were
    ``provoked``, which were not and why, and which members wait for a domain (member: domain)."""

    operation: Operation
    wrong: list[str] = field(default_factory=list)
    provoked: int = 0
    unprovoked: dict[str, str] = field(default_factory=dict)
    waiting: Mapping[str, str] = field(default_factory=dict)


def run_operation(world: World, operation: Operation) -> Verdict:
    """Ask it at its mount prefix, provoke its refusals, and ask it at the root."""
    verdict = Verdict(operation)
    case = CASES.get(operation.id)
    if case is None:
        verdict.wrong.append("nobody has written down how to ask it")
        return verdict
    _succeed(world, operation, case, verdict)
    for status, code in operation.errors:
        _refuse(world, operation, case, verdict, status, code)
    for status, code in case.refusals.keys() - set(operation.errors):
        verdict.wrong.append(f"{status} {code} is no refusal of the document")
    _ask_at_root(world, operation, case, verdict)
    verdict.waiting = waiting_members(operation)
    return verdict


def run_check(world: World, operation: Operation) -> Verdict:
    """Of what is no request with its answer: what the platform sends, and sockets."""
    return Verdict(operation, wrong=list(CHECKED[operation.id](world, operation)))


def waiting_members(operation: Operation, folder: Path = _ROUTES) -> dict[str, str]:
    """The members of the route's answer that are constants until their domain is there."""
    for file in (folder / operation.profile).rglob("*.graphql"):
        for node in parse(file.read_text(encoding="utf-8"), no_location=True).definitions:
            if isinstance(node, OperationDefinitionNode):
                rest = _directives(node, "rest")
                place = (rest[0]["method"], rest[0]["path"]) if rest else None
                if place == (operation.method, operation.path):
                    return {
                        given["name"]: given["until"]
                        for given in _directives(node, "member")
                        if given.get("until")
                    }
    return {}


def _directives(node: OperationDefinitionNode, name: str) -> list[dict[str, Any]]:
    return [_arguments(found) for found in node.directives or () if found.name.value == name]


def _arguments(node: DirectiveNode) -> dict[str, Any]:
    return {given.name.value: value_from_ast_untyped(given.value) for given in node.arguments or ()}


def _succeed(world: World, operation: Operation, case: Case, verdict: Verdict) -> None:
    ask = case.ask(world)
    response = ask.send(world, operation.method, f"/{operation.profile}{operation.path}")
    if response.status_code != operation.status:
        verdict.wrong.append(_other_status(response, operation.status))
        return
    verdict.wrong += _headers_missing(operation, response)
    if operation.status == 204:
        verdict.wrong += ["204 with a body"] if response.content else []
    elif not response.content:
        verdict.wrong.append("no body")
    elif not case.is_file:
        verdict.wrong += _compare(operation, case, response.json())
    if case.check is not None:
        verdict.wrong += case.check(world, ask, response)


def _compare(operation: Operation, case: Case, body: Any) -> list[str]:
    envelope = ENVELOPES.get(operation.profile)
    wrong: list[str] = []
    if operation.response_example is not None:
        example, answer = operation.response_example, body
        if case.is_partial:  # its envelope is that of the other operations
            example, answer = {"data": example["data"]}, {"data": body["data"]}
        wrong += differences(
            example,
            answer,
            envelope=envelope,
            may_have_more=case.is_partial,
            nullable=case.nullable,
            keyed=case.keyed,
        )
    if operation.response_schema is not None:
        decided = tuple(f"{path}: {word!r} is none of " for path, word in case.beyond_enums.items())
        found = schema_problems(operation.response_schema, body)
        wrong += [problem for problem in found if not problem.startswith(decided)]
    if envelope is not None:
        wrong += _envelope_problems(operation.profile, body)
    # A list of a domain that is not there yet has nothing in it.
    waiting = {f"data.{name}: {EMPTY}" for name in waiting_members(operation)}
    return [problem for problem in wrong if problem not in waiting]


def _envelope_problems(profile: str, body: Any) -> list[str]:
    if not isinstance(body, dict) or body.get("success") is not True or "data" not in body:
        return [f"no envelope of {profile}"]
    if profile == "pm":
        right = str(body.get("request_id")).startswith("req_") and _is_time(body.get("timestamp"))
        return [] if right else ["no timestamp or request_id"]
    if profile == "tracker":
        meta = body.get("meta") or {}
        right = set(meta) == {"timestamp", "version", "request_id"} and _is_time(meta["timestamp"])
        return [] if right and meta["version"] == "v1" else [f"meta: {meta}"]
    return []


def _is_time(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 20 and value.endswith("Z")


def _headers_missing(operation: Operation, response: httpx.Response) -> list[str]:
    wanted = [header.partition(":")[0] for header in operation.response_headers]
    if operation.status == 201:
        wanted.append("Location")
    if operation.profile == "tracker":
        wanted += ["API-Version", "API-Supported-Versions"]
    wanted.append("X-Request-ID")
    return [f"no {name} header" for name in wanted if name not in response.headers]


def _refuse(
    world: World,
    operation: Operation,
    case: Case,
    verdict: Verdict,
    status: int,
    code: str | None,
) -> None:
    told = f"{status} {code}" if code else str(status)
    if reason := unprovoked(case).get((status, code)):
        verdict.unprovoked[told] = reason
        return
    asking = case.refusals.get((status, code)) or _usual(operation, case, status)
    if asking is None:
        verdict.wrong.append(f"nobody has written down how to provoke {told}")
        return
    response = asking(world).send(world, operation.method, f"/{operation.profile}{operation.path}")
    wrong = _refusal_problems(operation.profile, response, status, code)
    verdict.wrong += [f"{told}: {problem}" for problem in wrong]
    verdict.provoked += 1


def _usual(operation: Operation, case: Case, status: int) -> Asking | None:
    applies = {401: operation.needs_token, 404: bool(operation.path_params)}
    return usual_refusal(case, status) if applies.get(status, True) else None


def _refusal_problems(
    profile: str, response: httpx.Response, status: int, code: str | None
) -> list[str]:
    if response.status_code != status:
        return [_other_status(response, status)]
    body = response.json()
    error = body.get("error")
    if not isinstance(error, dict) or not error.get("message"):
        return [f"no error object: {response.text[:200]}"]
    wrong = [] if code is None or error["code"] == code else [f"code {error['code']}"]
    if profile in ENVELOPES and body.get("success") is not False:
        wrong.append("success is not false")
    if profile == "pm" and not isinstance(error.get("details"), list):
        wrong.append("details is no list")
    if code == "VALIDATION_ERROR" and profile != "pm" and status == 422:
        wrong += _detail_problems(error.get("details"), {"field", "code", "message"})
    if status == 401 and "www-authenticate" not in response.headers:
        wrong.append("no WWW-Authenticate header")
    return wrong


def _detail_problems(details: Any, members: set[str]) -> list[str]:
    if not isinstance(details, list) or not details:
        return [f"details: {details}"]
    return [f"detail {detail}" for detail in details if not members <= set(detail)]


def _ask_at_root(world: World, operation: Operation, case: Case, verdict: Verdict) -> None:
    """The rules give a path of one document to its dialect, and one that the suite and the
    tracker share to both; what the others share is the default dialect's, else the first's."""
    is_union = operation.profile in _SNAKE and bool(operation.shares_with & _SNAKE)
    if not is_union and not _owns_root(operation):
        return
    ask: Ask = (case.ask_at_root or case.ask)(world)
    response = ask.send(world, operation.method, operation.path)
    if response.status_code != operation.status:
        verdict.wrong.append(f"at the root: {_other_status(response, operation.status)}")
    elif not is_union:
        if operation.status != 204 and not case.is_file:
            problems = _compare(operation, case, response.json())
            verdict.wrong += [f"at the root: {problem}" for problem in problems]
    elif operation.response_example is not None:
        problems = differences(
            operation.response_example,
            response.json(),
            envelope=ENVELOPES["pm"] | ENVELOPES["tracker"],
            may_have_more=True,
            nullable=case.nullable,
        )
        verdict.wrong += [f"at the root: {problem}" for problem in problems]


def _owns_root(operation: Operation) -> bool:
    order = ("tracker", "pm", "commerce", "todo", "learn")
    claimants = operation.shares_with | {operation.profile}
    return operation.profile == min(claimants, key=order.index)


def _other_status(response: httpx.Response, wanted: int) -> str:
    return f"status {response.status_code} instead of {wanted}: {response.text[:300]}"
