"""One REST route: request -> variables, the graph's answer -> body."""

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLSchema,
    GraphQLType,
    is_list_type,
    is_non_null_type,
    type_from_ast,
)
from starlette.datastructures import QueryParams
from starlette.types import Receive, Scope, Send

from router.config import Limits
from router.operation.request import GraphQLRequest
from router.rest.envelope import Failure, Profile
from router.rest.projection import build_projection, snake_case
from router.rest.stored_operations import StoredOperation
from router.web.client_watch import ClientGone, ClientWatch
from router.web.errors import as_trellis_error, error_headers
from router.web.graph import Graph
from router.web.identity import Authenticate, credentials_of
from router.web.json_text import dump_json
from router.web.request_context import ContextMaker
from router.web.request_id import request_id_of
from router.web.response_headers import add_response_header
from schema.errors import BadUserInput, FieldProblem, NotFound
from schema.identity import Identity

_NUMBERS = {"Int": int, "Float": float}
_BOOLEANS = {"true": True, "false": False}
_OURS = frozenset({"INTERNAL", "SUBGRAPH_UNAVAILABLE", "SUBGRAPH_TIMEOUT"})


class RestEndpoint:
    """Answers a route by its stored operation; limits, rights and masking are those of the graph.

    Parameters of path and query string fill the variables of the same name (``per_page`` fills
    ``$perPage``); a root field that is null means that there is nothing at this address.
    """

    def __init__(
        self,
        stored: StoredOperation,
        profile: Profile,
        graph: Graph,
        schema: GraphQLSchema,
        make_context: ContextMaker,
        authenticate: Authenticate,
        limits: Limits,
    ) -> None:
        self._stored = stored
        self._profile = profile
        self._graph = graph
        self._make_context = make_context
        self._authenticate = authenticate
        self._limits = limits
        self._projection = build_projection(
            stored, schema, name=profile.member_name, enum=profile.enum_value
        )
        self._parameters = {
            snake_case(definition.variable.name.value): (
                definition.variable.name.value,
                type_from_ast(schema, definition.type),
            )
            for definition in stored.operation.variable_definitions or ()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            status, body = await self._respond(scope, receive)
        except ClientGone:
            return
        except Exception as error:  # the boundary of a request
            known = as_trellis_error(error)
            for name, value in error_headers(known):
                add_response_header(scope, name, value)
            code, details = _canonical(known.extensions), known.details.get("fields")
            status, body = self._fail(code, known.message, scope, details)
        content = dump_json(body)
        headers = [
            (b"content-type", b"application/json; charset=utf-8"),
            (b"content-length", b"%d" % len(content)),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _respond(self, scope: Scope, receive: Receive) -> tuple[int, Mapping[str, Any]]:
        identity = await self._authenticate(credentials_of(scope))
        request = GraphQLRequest(self._stored.text, self._variables(scope))
        async with ClientWatch(receive, self._limits.request_seconds):
            answer = await self._graph.answer(request, self._make_context(scope, identity))
        if answer.errors:
            error = _most_telling(answer.errors)
            code = _canonical(error.get("extensions", {}))
            if code == "UNAUTHORIZED_FIELD_OR_TYPE" and not identity.is_authenticated:
                code = "UNAUTHENTICATED"
            return self._fail(code, error["message"], scope, _details(error, identity))
        value = answer.to_dict()["data"][self._stored.root_key]
        if value is None:
            raise NotFound("The requested resource was not found.")
        return 200, self._profile.success(self._projection(value), request_id_of(scope))

    def _variables(self, scope: Scope) -> dict[str, Any]:
        given = {**_query_parameters(scope), **scope.get("path_params", {})}
        return {
            variable: _coerce(parameter, given[parameter], type_)
            for parameter, (variable, type_) in self._parameters.items()
            if parameter in given
        }

    def _fail(
        self, code: str, message: str, scope: Scope, details: Any = None
    ) -> tuple[int, Mapping[str, Any]]:
        status, own_code = self._profile.translate(code)
        if status == 401:
            add_response_header(scope, b"www-authenticate", b"Bearer")
        failure = Failure(own_code, message, details)
        return status, self._profile.failure(failure, request_id_of(scope))


def _coerce(parameter: str, text: str, type_: GraphQLType | None) -> Any:
    """Text of a URL as the JSON value that the variable's type wants. Raises BadUserInput."""
    inner = type_.of_type if is_non_null_type(type_) else type_
    if is_list_type(inner):
        return [_coerce(parameter, item, inner.of_type) for item in text.split(",")]
    name = getattr(inner, "name", "")
    try:
        if name in _NUMBERS:
            return _NUMBERS[name](text)
        if name == "Boolean":
            return _BOOLEANS[text]
    except (ValueError, KeyError):
        message = f"'{parameter}' must be a value of type {name}."
        problem = FieldProblem(parameter, "INVALID_FORMAT", message)
        raise BadUserInput("Request validation failed", [problem]) from None
    return text


def _query_parameters(scope: Scope) -> dict[str, str]:
    return dict(QueryParams(scope["query_string"]))


def _most_telling(errors: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """One response has one error: what the caller can mend comes before what failed here."""
    return min(errors, key=lambda e: e.get("extensions", {}).get("code", "INTERNAL") in _OURS)


def _canonical(extensions: Mapping[str, Any]) -> str:
    code = extensions.get("code", "INTERNAL")
    if code == "UNAUTHENTICATED" and extensions.get("reason") == "TOKEN_EXPIRED":
        return "TOKEN_EXPIRED"
    return code


def _details(error: Mapping[str, Any], identity: Identity) -> Any:
    """What the client may know beside the message: the fields at fault, or what it may do."""
    extensions = error.get("extensions", {})
    if fields := extensions.get("fields"):
        return fields
    if extensions.get("code") in ("FORBIDDEN", "UNAUTHORIZED_FIELD_OR_TYPE"):
        return {"user_permissions": sorted(identity.scopes)}
    return None
