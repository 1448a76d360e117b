"""What the graph would say of a request that cannot be read as a whole: whether the caller has the
right to it, and what else is wrong.

The operation is executed as a dry run, which commits nothing, without the members at fault.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLID, GraphQLString, get_named_type, get_nullable_type, is_list_type

from trellis.router.rest.profile import Failure, Problem, RequestInvalid
from trellis.router.rest.route import WHOLE_BODY, Parameter, RestRoute

# Refusals that hold whatever is wrong with the request.
_OF_THE_CALLER = frozenset(
    {
        "UNAUTHENTICATED",
        "TOKEN_EXPIRED",
        "FORBIDDEN",
        "UNAUTHORIZED_FIELD_OR_TYPE",
        "ENTITLEMENT_REQUIRED",
        "NOT_FOUND",
        "RATE_LIMITED",
    }
)
_STAND_INS: Mapping[str | None, str] = {
    None: "x",
    "EMAIL": "someone@example.com",
    "URI": "https://example.com/",
}


@dataclass(frozen=True, slots=True)
class DryRun:
    """A request for a dry run: its ``variables``, and the ``faulty`` members that they lack.

    ``tells_faults``: what is wrong with other members does not hang on the faulty ones, as it could
    on a number, a time or a word of a list.
    """

    variables: Mapping[str, Any]
    faulty: frozenset[str]
    tells_faults: bool


def dry_run_of(route: RestRoute, invalid: RequestInvalid) -> DryRun | None:
    """The dry run for an invalid request; None where the rest of it would be another request."""
    if invalid.variables is None:
        return None
    if any(parameter.name == WHOLE_BODY for parameter in route.parameters):
        return None  # faults are in its members, and not in an argument that could be left out
    faulty = frozenset(problem.field.partition(".")[0] for problem in invalid.problems)
    variables = dict(invalid.variables)
    tells_faults = True
    for parameter in route.parameters:
        if parameter.name not in faulty:
            continue
        if parameter.place != "body":
            return None
        variables.pop(parameter.variable, None)
        if parameter.is_required:
            stand_in = _stand_in(parameter)
            if stand_in is None:
                return None
            variables[parameter.variable] = stand_in
        tells_faults = tells_faults and _is_text_or_id(parameter)
    return DryRun(variables, faulty, tells_faults)


def refuses_caller(failure: Failure) -> bool:
    """Whether the failure of a dry run is the answer, and not the faults of the request."""
    return failure.canonical in _OF_THE_CALLER


def more_problems(dry_run: DryRun, failure: Failure, body: Any) -> Sequence[Problem]:
    """What is wrong with the members that were sent, besides those at fault."""
    if failure.canonical != "BAD_USER_INPUT" or not dry_run.tells_faults:
        return ()
    sent = body if isinstance(body, dict) else {}

    def is_new(problem: Problem) -> bool:
        name = problem.field.partition(".")[0]
        return name in sent and name not in dry_run.faulty

    return tuple(problem for problem in failure.problems if is_new(problem))


def _stand_in(parameter: Parameter) -> str | None:
    """A text that is acceptable; None where that cannot be known."""
    rules = parameter.rules
    is_text = get_nullable_type(parameter.type) is GraphQLString
    if not is_text or rules.pattern or rules.enum or rules.const is not None:
        return None
    if rules.format not in _STAND_INS:
        return None
    stand_in = _STAND_INS[rules.format]
    return stand_in if rules.format else stand_in * max(1, rules.min_length or 1)


def _is_text_or_id(parameter: Parameter) -> bool:
    inner = get_nullable_type(parameter.type)
    return not is_list_type(inner) and get_named_type(inner) in (GraphQLString, GraphQLID)
