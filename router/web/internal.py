"""``/internal/...``: what a subgraph in its own process provides to the router besides its graph.

``RequireServiceToken`` protects these routes.
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
from trellis.router.web.entity_tags import is_known
from trellis.router.web.refusals import UnsupportedMediaType
from trellis.schema.errors import BadRequest, NotFound
from trellis.schema.request import RequestContext
from trellis.schema.subgraph import Subgraph

REVOCATIONS = "/internal/revocations"
API_KEYS = "/internal/api-keys"
POLICIES = "/internal/policies"
_MAX_KEY_LENGTH = 512


def internal_routes(subgraph: Subgraph, limits: Limits) -> list[BaseRoute]:
    """The routes for what this subgraph provides."""
    routes: list[BaseRoute] = []
    if subgraph.revocations is not None:
        routes.append(Route(REVOCATIONS, _Revocations(subgraph).respond, methods=["GET"]))
    if subgraph.verify_api_key is not None:
        routes.append(Route(API_KEYS, _ApiKeys(subgraph, limits).respond, methods=["POST"]))
    if subgraph.policies:
        routes.append(Route(POLICIES, _Policies(subgraph, limits).respond, methods=["GET", "POST"]))
    return routes


class _Policies:
    """GET lists the policies, POST evaluates one. The body contains the caller, which is trusted
    because the router is authenticated."""

    def __init__(self, subgraph: Subgraph, limits: Limits) -> None:
        self._own = LocalPolicies(subgraph.name, subgraph.policies)
        self._limits = limits

    async def respond(self, request: Request) -> Response:
        declared = await self._own.declared()
        if request.method == "GET":
            return _json(policies_to_json(declared))
        if request.headers.get("content-type") != "application/json":
            raise UnsupportedMediaType("Send the question as application/json.")
        policy_request = _read_policy_request(
            await read_body(request.scope, request.receive, self._limits)
        )
        if policy_request.version != version_of(declared) or policy_request.policy not in declared:
            raise NotFound("Read the list of policies again: it has changed.")
        context = RequestContext(policy_request.caller)
        if policy_request.objects is None and declared[policy_request.policy].needs is None:
            return _json({"answer": await self._own.holds(policy_request.policy, context)})
        if policy_request.objects is not None and declared[policy_request.policy].needs is not None:
            answer = await self._own.judge(policy_request.policy, context, policy_request.objects)
            return _json({"answer": list(answer)})
        raise BadRequest("The policy decides by the caller alone, or needs objects.")


def _read_policy_request(body: bytes) -> PolicyRequest:
    try:
        return read_request(orjson.loads(body))
    except ValueError:
        raise BadRequest(
            'The body is `{"version": "...", "policy": "...", "caller": {}, "objects": []}`.'
        ) from None


def _json(value: Any) -> Response:
    return Response(orjson.dumps(value), media_type="application/json")


class _Revocations:
    """Polled by all routers every two seconds, so unchanged responses are 304 (RFC 9110, section
    13.1.2)."""

    def __init__(self, subgraph: Subgraph) -> None:
        assert subgraph.revocations is not None
        self._revocations = subgraph.revocations

    async def respond(self, request: Request) -> Response:
        body = orjson.dumps(revocations_to_json(await self._revocations()))
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {"etag": etag, "cache-control": "no-store"}
        if is_known(dict(request.headers.raw).get(b"if-none-match"), etag.encode()):
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="application/json", headers=headers)


class _ApiKeys:
    """The identity for an API key, which is in the body because URLs are logged."""

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
