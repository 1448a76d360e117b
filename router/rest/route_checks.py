"""What the arguments of ``@rest`` must be, alone and with one another."""

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import GraphQLError, OperationDefinitionNode

from trellis.router.rest.path import DATA, PathTemplate, in_braces, read_template
from trellis.router.rest.selection import Shown
from trellis.router.rest.shape import Record, visible, visible_members

_STATUSES = frozenset({200, 201, 202, 204})


def path_template(path: str, operation: OperationDefinitionNode) -> PathTemplate:
    """The path of a route. Raises GraphQLError for one that is malformed."""
    try:
        return read_template(path)
    except ValueError as error:
        raise GraphQLError(f"@rest: {error}.", operation) from None


def check_rest(rest: Mapping[str, Any], operation: OperationDefinitionNode) -> None:
    """Raises GraphQLError for arguments that do not fit the operation, or one another."""
    if rest["status"] not in _STATUSES:
        raise GraphQLError("@rest: the status is 200, 201, 202 or 204.", operation)
    if operation.operation.value == "mutation" and rest["method"] == "GET":
        raise GraphQLError("@rest: a GET changes nothing, so it cannot be a mutation.", operation)
    if rest["answers"] == "FILE" and (rest["method"] != "GET" or rest["status"] != 200):
        raise GraphQLError("@rest: a file is the answer to a GET, with status 200.", operation)
    is_stream = operation.operation.value == "subscription"
    if is_stream != (rest["answers"] == "EVENTS"):
        raise GraphQLError("@rest: `answers: EVENTS` and subscriptions go together.", operation)
    if is_stream and (rest["method"] != "GET" or rest["status"] != 200):
        raise GraphQLError("@rest: a stream of events is a GET with status 200.", operation)
    if rest.get("location") and rest["status"] not in (201, 202):
        raise GraphQLError("@rest: a location goes with status 201 or 202.", operation)
    if rest["reuseSeconds"] < 0 or (rest["reuseSeconds"] and operation.operation.value != "query"):
        raise GraphQLError("@rest: `reuseSeconds` is for queries, from 0 on.", operation)
    if not rest["accepts"]:
        raise GraphQLError("@rest: `accepts` is empty.", operation)


def check_location(
    location: str, path: PathTemplate, shown: Shown, operation: OperationDefinitionNode
) -> None:
    """Raises GraphQLError for a name in braces that nothing fills."""
    for name in in_braces(location):
        member = name.removeprefix(DATA)
        if name not in path.names and not _shows(visible(shown.shape), member.split(".")):
            message = f"@rest: the location's {{{name}}} is no parameter and no shown member."
            raise GraphQLError(message, operation)


def _shows(shape: Any, names: Sequence[str]) -> bool:
    if not names:
        return not isinstance(shape, Record)
    if not isinstance(shape, Record):
        return False
    return any(
        member.name == names[0] and _shows(visible(member.shape), names[1:])
        for member in visible_members(shape)
    )
