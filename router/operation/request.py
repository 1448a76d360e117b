"""A GraphQL request, the form in which every endpoint passes an operation to the pipeline."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trellis.router.operation.model import OperationKind
from trellis.schema.errors import BadRequest

QUERIES: frozenset[OperationKind] = frozenset({"query"})
QUERIES_AND_MUTATIONS: frozenset[OperationKind] = frozenset({"query", "mutation"})
ALL_KINDS: frozenset[OperationKind] = frozenset({"query", "mutation", "subscription"})


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One operation as a client sent it, not yet validated.

    ``kinds`` are the kinds of operations that the endpoint accepts (GET: queries only).
    ``wants_plan`` requests the plan in ``extensions.queryPlan``; the endpoint decides who may.
    ``reuse_seconds``: the response may be one of the last seconds to the same caller, if what it
    is about has not changed.
    """

    document: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)
    kinds: frozenset[OperationKind] = QUERIES_AND_MUTATIONS
    wants_plan: bool = False
    reuse_seconds: int = 0


def read_request(
    payload: Any,
    *,
    kinds: frozenset[OperationKind] = QUERIES_AND_MUTATIONS,
    wants_plan: bool = False,
) -> GraphQLRequest:
    """The request in a decoded JSON payload (POST body, query parameters, WebSocket payload).

    Follows "Request Parameters" of the GraphQL-over-HTTP draft. Raises BadRequest, which names the
    invalid member.
    """
    if not isinstance(payload, dict):
        raise BadRequest("The request must be a JSON object.")
    document = payload.get("query")
    if not isinstance(document, str):
        raise BadRequest("The member 'query' must be a string.")
    if not document.strip():
        raise BadRequest("The member 'query' is empty: send a GraphQL document.")
    name = payload.get("operationName")
    if name is not None and not isinstance(name, str):
        raise BadRequest("The member 'operationName' must be a string or null.")
    return GraphQLRequest(
        document=document,
        variables=_object(payload, "variables"),
        operation_name=name or None,
        extensions=_object(payload, "extensions"),
        kinds=kinds,
        wants_plan=wants_plan,
    )


def _object(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = payload.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadRequest(f"The member '{name}' must be an object or null.")
    return value
