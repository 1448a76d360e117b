"""``/internal/...``: what a subgraph on its own tells the router beside its graph.

Only reached behind ``RequireServiceToken``.
"""

import hashlib
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from trellis.router.authorization.policies.registry import LocalPolicies
from trellis.router.authorization.policies.wire import (
    PolicyRequest,
    policies_to_json,
    read_request,
    version_of,
)
from trellis.router.config import Limits
from trellis.router.trust.wire import identity_to_json, revocations_to_json
from trellis.router.web.body_limit import read_body
from trellis.router.web.refusals import UnsupportedMediaType
from trellis.schema.errors import BadRequest, NotFound
from trellis.schema.request import RequestContext
from trellis.schema.subgraph import Subgraph

REVOCATIONS = "/internal/revocations"
API_KEYS = "/internal/api-keys"
POLICIES = "/internal/policies"
_MAX_KEY_LENGTH = 512


def internal_routes(subgraph: Subgraph, limits: Limits) -> list[BaseRoute]:
    """The routes for what this subgraph can tell; the others do not exist."""
    routes: list[BaseRoute] = []
    if subgraph.revocations is not None:
        routes.append(Route(REVOCATIONS, _Revocations(subgraph).respond, methods=["GET"]))
    if subgraph.verify_api_key is not None:
        routes.append(Route(API_KEYS, _ApiKeys(subgraph, limits).respond, methods=["POST"]))
    if subgraph.policies:
        routes.append(Route(POLICIES, _Policies(subgraph, limits).respond, methods=["GET", "POST"]))
    return routes


class _Policies:
    """GET tells which policies there are, POST asks one. The caller comes in the body: the word of
    a router that has proved itself."""

    def __init__(self, subgraph: Subgraph, limits: Limits) -> None:
        self._own = LocalPolicies(subgraph.name, subgraph.policies)
        self._limits = limits

    async def respond(self, request: Request) -> Response:
        declared = await self._own.declared()
        if request.method == "GET":
            return _json(policies_to_json(declared))
        if request.headers.get("content-type") != "application/json":
            raise UnsupportedMediaType("Send the question as application/json.")
        question = _question(await read_body(request.scope, request.receive, self._limits))
        if question.version != version_of(declared) or question.policy not in declared:
            raise NotFound("Read the list of policies again: it has changed.")
        context = RequestContext(question.caller)
        if question.objects is None and declared[question.policy].needs is None:
            return _json({"answer": await self._own.holds(question.policy, context)})
        if question.objects is not None and declared[question.policy].needs is not None:
            answer = await self._own.judge(question.policy, context, question.objects)
            return _json({"answer": list(answer)})
        raise BadRequest("The policy decides by the caller alone, or needs objects.")


def _question(body: bytes) -> PolicyRequest:
    try:
        return read_request(orjson.loads(body))
    except ValueError:
        raise BadRequest(
            'The body is `{"version": "...", "policy": "...", "caller": {}, "objects": []}`.'
        ) from None


def _json(value: Any) -> Response:
    return Response(orjson.dumps(value), media_type="application/json")


class _Revocations:
    """Asked every two seconds by every router, so an answer that has not changed is not repeated
    (RFC 9110, section 13.1.2)."""

    def __init__(self, subgraph: Subgraph) -> None:
        assert subgraph.revocations is not None
        self._revocations = subgraph.revocations

    async def respond(self, request: Request) -> Response:
        body = orjson.dumps(revocations_to_json(await self._revocations()))
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {"etag": etag, "cache-control": "no-store"}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="application/json", headers=headers)


class _ApiKeys:
    """Whose key it is. The key comes in the body: addresses are written into logs."""

    def __init__(self, subgraph: Subgraph, limits: Limits) -> None:
        assert subgraph.verify_api_key is not None
        self._verify = subgraph.verify_api_key
        self._limits = limits

    async def respond(self, request: Request) -> Response:
        if request.headers.get("content-type") != "application/json":
            raise UnsupportedMediaType("Send the key as application/json.")
        body = await read_body(request.scope, request.receive, self._limits)
        identity = await self._verify(_key(body))
        caller = None if identity is None else identity_to_json(identity)
        return Response(orjson.dumps({"caller": caller}), media_type="application/json")


def _key(body: bytes) -> str:
    try:
        payload: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        payload = None
    key = payload.get("key") if isinstance(payload, dict) else None
    if not isinstance(key, str) or len(key) > _MAX_KEY_LENGTH:
        raise BadRequest('The body is `{"key": "..."}`.')
    return key
