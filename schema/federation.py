"""The Strawberry schema class of all subgraphs: batched entities and masked errors.

A type is resolved by the first of these that it has:
- ``resolve_references(info, references) -> list``: one call for all, ``None`` where not found
- ``resolve_reference(info, **key)``: one call each
- its constructor: a stub that only carries the key and ``@external`` fields
"""

import asyncio
import inspect
import logging
from collections import defaultdict
from collections.abc import Sequence
from copy import copy
from types import MappingProxyType
from typing import Any

import strawberry.federation
from graphql import (
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
    get_named_type,
)
from graphql.type import GraphQLEnumType, GraphQLScalarType
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.federation.schema import FederationAny
from strawberry.federation.schema_directives import External, Tag
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext, Info
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.union import StrawberryUnion
from strawberry.utils.str_converters import to_snake_case

from trellis.schema.dialects import Tags
from trellis.schema.errors import BadUserInput, TrellisError
from trellis.schema.inputs import constraint_of
from trellis.schema.scalars import SCALARS

logger = logging.getLogger("trellis.subgraph")

_DOCUMENTS_KEPT = 512

Reference = dict[str, Any]


class TrellisSchema(strawberry.federation.Schema):
    """A federation schema with shared scalars, caches, entity resolution and error masking."""

    def __init__(self, *args: Any, tags: Tags = MappingProxyType({}), **kwargs: Any) -> None:
        """As Strawberry's, and with ``tags`` the ``@tag`` of fields and unions by coordinate."""
        self._tags = tags
        kwargs.setdefault("config", StrawberryConfig(scalar_map=SCALARS))
        kwargs.setdefault(
            "extensions",
            [lambda: ParserCache(_DOCUMENTS_KEPT), lambda: ValidationCache(_DOCUMENTS_KEPT)],
        )
        super().__init__(*args, **kwargs)
        _forget_null_defaults(self._schema)
        _mark_one_of(self._schema)
        _tag_unions(self._schema, tags)

    @property
    def schema_directives_in_use(self) -> list[object]:
        """Strawberry imports the directives that it finds on types: that is before fields get
        their tags."""
        found = super().schema_directives_in_use
        return [*found, Tag(name=tag)] if (tag := next(iter(self._tags), None)) else found

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        """The fields of a type with their tags; members of inputs and arguments get the
        ``@constraint`` that their Python type stands for. Schemas may share types, so this may
        happen more than once."""
        fields = super().get_fields(type_definition)
        for field in fields:
            for one in [field] if type_definition.is_input else field.arguments:
                _add_constraint(one)
        if not self._tags or type_definition.is_input:
            return fields
        names = self.config.name_converter
        owner = names.from_type(type_definition)
        return [
            _tagged(field, self._tags.get(f"{owner}.{names.from_field(field)}", ()))
            for field in fields
        ]

    def _extend_introspection(self) -> None:
        """Leave ``__Type.isOneOf`` as graphql-core resolves it. There is one ``__Type`` per
        process: Strawberry's resolver on it knows Strawberry's types only, and would answer for
        the router's schema too."""

    async def entities_resolver(  # type: ignore[override]
        self, info: Info, representations: list[FederationAny]
    ) -> list[FederationAny]:
        """Apollo subgraph specification, ``_entities``: one result per representation, in order.

        A representation that cannot be used costs only its own place in the list, and the
        caller's objects are left as they came.
        """
        found: list[Any] = [None] * len(representations)
        groups: dict[str, list[tuple[int, Reference]]] = defaultdict(list)
        for index, representation in enumerate(representations):
            try:
                name, reference = self._read_reference(representation)
                groups[name].append((index, reference))
            except TrellisError as refusal:
                found[index] = refusal

        async def fill(name: str, items: list[tuple[int, Reference]]) -> None:
            results = await self._resolve_group(info, name, [reference for _, reference in items])
            for (index, _), result in zip(items, results, strict=True):
                found[index] = result

        await asyncio.gather(*(fill(name, items) for name, items in groups.items()))
        return found

    async def _resolve_group(
        self, info: Info, name: str, references: Sequence[Reference]
    ) -> Sequence[Any]:
        origin = self.schema_converter.type_map[name].definition.origin  # type: ignore[union-attr]
        resolve_all = getattr(origin, "resolve_references", None)
        if resolve_all is not None:
            try:
                results = await resolve_all(info, list(references))
            except Exception as failure:
                # The boundary of the group: others of this request still get their answer.
                return [failure] * len(references)
            if len(results) != len(references):
                raise RuntimeError(f"{name} resolved {len(results)} of {len(references)}")
            return results
        resolve_one = getattr(origin, "resolve_reference", None)
        return await asyncio.gather(
            *(_resolved(origin, resolve_one, info, reference) for reference in references)
        )

    def _read_reference(self, representation: Any) -> tuple[str, Reference]:
        """Type name and Python values of a representation. Raises ``BadUserInput``."""
        name = representation.get("__typename") if isinstance(representation, dict) else None
        found = self._schema.type_map.get(name) if isinstance(name, str) else None
        entities = self._schema.type_map["_Entity"].types  # type: ignore[union-attr]
        is_entity = isinstance(found, GraphQLObjectType) and found in entities
        if not is_entity and not self._is_entity_interface(found):
            raise BadUserInput("This subgraph resolves no entity of that type.", typename=name)
        assert isinstance(found, (GraphQLObjectType, GraphQLInterfaceType))
        return found.name, _python_values(found, representation)

    def _is_entity_interface(self, found: Any) -> bool:
        """An interface with keys, by which subgraphs with ``@interfaceObject`` refer to what it
        may be: it resolves all references itself."""
        if not isinstance(found, GraphQLInterfaceType):
            return False
        definition = self.schema_converter.type_map[found.name].definition
        return hasattr(getattr(definition, "origin", None), "resolve_references")

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Log and mask unexpected errors, in place; errors of the caller stay unchanged."""
        context = execution_context.context if execution_context else None
        request = getattr(context, "request", None)
        request_id = getattr(request, "request_id", "")
        for index, error in enumerate(errors):
            errors[index] = presentable(error, request_id)


def presentable(error: GraphQLError, request_id: str) -> GraphQLError:
    """``error`` as clients may see it; an unexpected one is logged and becomes INTERNAL."""
    cause = error.original_error
    if cause is None or isinstance(cause, (TrellisError, GraphQLError)):
        return error
    logger.error(
        "unexpected error at %s, request %s",
        error.path,
        request_id or "without id",
        exc_info=(type(cause), cause, cause.__traceback__),
    )
    return GraphQLError(
        "Internal error. Report the request id.",
        nodes=error.nodes,
        path=error.path,
        extensions={"code": "INTERNAL", "requestId": request_id},
    )


def _add_constraint(given: StrawberryField | StrawberryArgument) -> None:
    annotation = given.type_annotation
    constraint = constraint_of(annotation.evaluate()) if annotation is not None else None
    if constraint is None or constraint in given.directives:
        return
    if isinstance(given, StrawberryField):
        given.directives = [*given.directives, constraint]
    else:
        given.directives = (*given.directives, constraint)


def _tagged(field: StrawberryField, tags: Sequence[str]) -> StrawberryField:
    """A copy with tags, since other schemas may share the field. What another subgraph resolves
    is tagged there: composition refuses ``@tag`` beside ``@external``."""
    if not tags or any(isinstance(one, External) for one in field.directives):
        return field
    copied = copy(field)
    copied.directives = [*field.directives, *(Tag(name=tag) for tag in tags)]
    return copied


def _tag_unions(schema: GraphQLSchema, tags: Tags) -> None:
    for kind in schema.type_map.values():
        definition = kind.extensions.get("strawberry-definition")
        if isinstance(definition, StrawberryUnion) and kind.name in tags:
            copied = copy(definition)
            copied.directives = (
                *definition.directives,
                *(Tag(name=tag) for tag in tags[kind.name]),
            )
            kind.extensions["strawberry-definition"] = copied


def _forget_null_defaults(schema: GraphQLSchema) -> None:
    """Omit ``= null`` from the SDL: an omitted argument is None in Python as well."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLInputObjectType):
            inputs = list(kind.fields.values())
        elif isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)):
            inputs = [arg for field in kind.fields.values() for arg in field.args.values()]
        else:
            continue
        for one in inputs:
            if one.default_value is None:
                one.default_value = Undefined


def _mark_one_of(schema: GraphQLSchema) -> None:
    """Mark ``@oneOf`` inputs in the graphql-core schema, which Strawberry does not do."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLInputObjectType):
            definition = kind.extensions.get("strawberry-definition")
            kind.is_one_of = bool(getattr(definition, "is_one_of", False))


async def _resolved(origin: Any, resolve_one: Any, info: Info, reference: Reference) -> Any:
    resolve = origin if resolve_one is None else resolve_one
    parameters = inspect.signature(resolve)
    if resolve_one is not None and "info" in parameters.parameters:
        reference = {"info": info, **reference}
    try:
        parameters.bind(**reference)
    except TypeError:
        return BadUserInput("This reference has not the fields of the entity's key.")
    try:
        result = resolve(**reference)
        return await result if inspect.isawaitable(result) else result
    except Exception as failure:
        # The boundary of one representation: an exception object nulls that place only.
        return failure


def _python_values(
    concrete: GraphQLObjectType | GraphQLInterfaceType, values: dict[str, Any]
) -> Reference:
    """Field values by Python name; scalars and enums are parsed like arguments."""
    read: Reference = {}
    for name, value in values.items():
        field = concrete.fields.get(name)
        if name == "__typename":
            continue
        if field is None:
            raise BadUserInput(f"{concrete.name} has no field of that name.", field=name)
        read[to_snake_case(name)] = _python_value(get_named_type(field.type), name, value)
    return read


def _python_value(kind: Any, name: str, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, list):
        return [_python_value(kind, name, item) for item in value]
    if isinstance(kind, (GraphQLScalarType, GraphQLEnumType)):
        try:
            return kind.parse_value(value)
        except GraphQLError as problem:
            raise BadUserInput(problem.message, field=name) from problem
    if isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)) and isinstance(value, dict):
        return _python_values(kind, value)
    raise BadUserInput("This reference has a value of the wrong shape.", field=name)
