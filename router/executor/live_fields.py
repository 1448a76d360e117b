"""Reads ``@live`` from a supergraph's SDL: which subscriptions may be served from one."""

from collections.abc import Mapping
from typing import Any

from graphql import DocumentNode, ObjectTypeDefinitionNode, ObjectTypeExtensionNode, Undefined

from trellis.router.authorization.rules.directive_names import names_of_element
from trellis.router.cost.values import value_of
from trellis.router.errors import SupergraphInvalid
from trellis.router.operation.model import Field
from trellis.router.sdl import argument_values

SPEC = "https://specs.trellis.dev/live/"

LiveFields = Mapping[str, frozenset[str]]
"""By coordinate, the arguments with which a subscription begins with something of its own."""


def live_fields(supergraph: DocumentNode) -> LiveFields:
    """Raises SupergraphInvalid for a directive that cannot be read: events would be missed."""
    names = names_of_element(supergraph, SPEC, "@live")
    return {
        f"{node.name.value}.{field.name.value}": _resuming(argument_values(directive))
        for node in supergraph.definitions
        if isinstance(node, ObjectTypeDefinitionNode | ObjectTypeExtensionNode)
        for field in node.fields or ()
        for directive in field.directives or ()
        if directive.name.value in names
    }


def is_live(field: Field, variables: Mapping[str, Any], live: LiveFields) -> bool:
    """Whether this field of a subscription gives everybody the same events from now on."""
    resuming = live.get(f"{field.parent}.{field.name}")
    if resuming is None:
        return False
    return all(
        name not in resuming or value_of(value, variables) in (None, Undefined)
        for name, value in field.arguments
    )


def _resuming(given: Mapping[str, Any]) -> frozenset[str]:
    names = given.get("resumedBy") or ()
    if set(given) - {"resumedBy"} or not all(isinstance(name, str) for name in names):
        raise SupergraphInvalid(f"@live cannot be read: {dict(given)}")
    return frozenset(names)
