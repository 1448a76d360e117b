"""What graphql-core finds wrong with a schema, and with what clients build from introspection."""

import inspect
from typing import cast

from graphql import (
    GraphQLError,
    GraphQLSchema,
    IntrospectionQuery,
    build_client_schema,
    build_schema,
    get_introspection_query,
    graphql_sync,
    validate_schema,
)

from trellis.router.composition.compose import Composition
from trellis.router.planner.supergraph_ast import api_schema, full_schema, parse_supergraph

# Everything an introspection query can ask for.
_OPTIONS = {
    name: True
    for name, parameter in inspect.signature(get_introspection_query).parameters.items()
    if isinstance(parameter.default, bool)
}
_INTROSPECTION = get_introspection_query(**_OPTIONS)


def schema_faults(schema: GraphQLSchema | str) -> list[str]:
    """The rules that a schema, or its SDL, breaks."""
    try:
        built = build_schema(schema) if isinstance(schema, str) else schema
    except (GraphQLError, TypeError) as error:
        return [f"cannot be built: {error}"]
    # Schemas that were built without validation count as valid until asked anew.
    built._validation_errors = None
    return [error.message for error in validate_schema(built)]


def introspected_faults(schema: GraphQLSchema) -> list[str]:
    """The rules that the schema breaks which a client builds from introspection."""
    answer = graphql_sync(schema, _INTROSPECTION)
    assert answer.errors is None, answer.errors
    return schema_faults(build_client_schema(cast(IntrospectionQuery, answer.data)))


def composed_faults(composition: Composition) -> list[str]:
    """The faults of all schemas that a composition stands for: the API schema, the supergraph,
    and those that the router builds from the supergraph."""
    document = parse_supergraph(composition.supergraph_sdl)
    served = api_schema(document)
    schemas = {
        "API schema": composition.api_sdl,
        "supergraph": composition.supergraph_sdl,
        "full schema of the router": full_schema(document),
        "API schema of the router": served,
    }
    faults = [f"{name}: {fault}" for name, s in schemas.items() for fault in schema_faults(s)]
    return faults or [f"introspection: {fault}" for fault in introspected_faults(served)]
