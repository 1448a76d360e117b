"""Converts errors of the graph to errors for REST clients."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import get_named_type

from trellis.router.requirements import FREE, Requirement
from trellis.router.rest.profile import Failure, Problem, Profile, RequestInvalid, translate
from trellis.router.rest.route import WHOLE_BODY, RestRoute
from trellis.schema.errors import TrellisError
from trellis.schema.identity import Identity

DENIED = "UNAUTHORIZED_FIELD_OR_TYPE"

_INTERNAL = frozenset(
    {
        "INTERNAL",
        "DOWNSTREAM_SERVICE_ERROR",
        "SUBGRAPH_UNAVAILABLE",
        "SUBGRAPH_TIMEOUT",
        "SUBGRAPH_INVALID_RESPONSE",
    }
)
_FORBIDDEN = frozenset({DENIED, "FORBIDDEN"})
_CAMEL_CASE = re.compile(r"\b[a-z]+(?:[A-Z][a-z0-9]*)+\b")
_INVALID = "Request validation failed."
NOT_FOUND_MESSAGE = "The requested resource was not found."
_NOT_SHOWN = frozenset({"code", "fields", "field"})


def most_telling(errors: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The error to respond with: one that the caller can correct takes precedence over internal
    ones, and all others over denied fields."""
    return min(errors, key=lambda error: (_code(error) == DENIED, _code(error) in _INTERNAL))


def only_denied(errors: Sequence[Mapping[str, Any]]) -> bool:
    """Whether all errors are denied fields."""
    return all(_code(error) in _FORBIDDEN for error in errors)


class Failures:
    """Converts the errors of one route. ``access`` is the requirement on its callers."""

    def __init__(self, route: RestRoute, access: Requirement = FREE) -> None:
        self._route = route
        self._profile: Profile = route.profile
        self._spell = route.profile.member_speller(route.area)
        self._choices = access.scopes
        self._needed = _first_choice(access)
        self._parameters = {parameter.variable: parameter for parameter in route.parameters}
        parameters = route.profile.paginator.parameters if route.profile.paginator else ()
        self._page_words = {word: given.name for given in parameters for word in given.fills}
        self._words = {path.rpartition(".")[2] for path in route.arguments}
        self._ids_in_path = frozenset(
            parameter.name
            for parameter in route.parameters
            if parameter.place == "path" and get_named_type(parameter.type).name == "ID"
        )

    def of_error(self, error: Mapping[str, Any], identity: Identity) -> Failure:
        """The failure for an error in the result of the operation."""
        extensions = error.get("extensions") or {}
        message = str(error.get("message"))
        return self._failure(_code(error), message, extensions, identity)

    def of_exception(self, error: TrellisError, identity: Identity) -> Failure:
        """The failure for an exception."""
        return self._failure(error.code, error.message, error.extensions, identity)

    def of_invalid(self, invalid: RequestInvalid) -> Failure:
        """The failure for an invalid request."""
        status, code = self._status("BAD_USER_INPUT", {})
        return Failure("BAD_USER_INPUT", status, code, _INVALID, invalid.problems)

    def _failure(
        self, canonical: str, message: str, extensions: Mapping[str, Any], identity: Identity
    ) -> Failure:
        canonical = _refined(canonical, extensions, identity)
        if canonical == "BAD_USER_INPUT" and self._is_malformed_id_in_path(extensions):
            canonical, message, extensions = "NOT_FOUND", NOT_FOUND_MESSAGE, {}
        message = self._with_client_names(message)
        details = {key: value for key, value in extensions.items() if key not in _NOT_SHOWN}
        problems = tuple(self._problem(given) for given in extensions.get("fields") or ())
        if named := extensions.get("field"):
            details["field"] = self.client_name(str(named))
        if canonical in _FORBIDDEN:
            if self._needed and not any(each <= identity.scopes for each in self._choices):
                details["required_permission"] = _most_wanted(self._needed, identity)
            elif details.get("required_permission") in identity.scopes:
                del details["required_permission"]  # what the caller has is not what is missing
            details["user_permissions"] = sorted(identity.scopes)
            if "required_permission" not in details:  # then access to this object is denied
                extensions = {"reason": "RESOURCE", **extensions}
        status, code = self._status(canonical, extensions)
        return Failure(canonical, status, code, message, problems, details)

    def _is_malformed_id_in_path(self, extensions: Mapping[str, Any]) -> bool:
        """Whether the only problem is a malformed id in the path, which is 404."""
        fields = extensions.get("fields") or ()
        return bool(fields) and all(
            given.get("code") == "INVALID_FORMAT"
            and self.client_name(str(given.get("field", ""))) in self._ids_in_path
            for given in fields
        )

    def _problem(self, given: Mapping[str, Any]) -> Problem:
        field, message = str(given.get("field", "")), str(given.get("message", ""))
        name = self.client_name(field)
        last = field.rpartition(".")[2]
        if field and message.startswith(field):
            message = name + message.removeprefix(field)
        elif last and message.startswith(last):
            message = name.rpartition(".")[2] + message.removeprefix(last)
        code = str(given.get("code", "INVALID_FORMAT"))
        return Problem(name, code, self._with_client_names(message))

    def _with_client_names(self, message: str) -> str:
        """Replaces names of arguments in a sentence, except for single words in lower case."""

        def client_word(found: re.Match[str]) -> str:
            word = found[0]
            return self.client_name(word).rpartition(".")[2] if word in self._words else word

        return _CAMEL_CASE.sub(client_word, message)

    def _status(self, code: str, extensions: Mapping[str, Any]) -> tuple[int, str]:
        fields = extensions.get("fields") or ()
        problem = fields[0].get("code") if len(fields) == 1 else None
        words = (extensions.get("reason"), extensions.get("field"), problem, self._route.area)
        status, own = translate(self._profile, code, words)
        overrides = self._route.failures
        for key in (*(f"{code}:{word}" for word in words if word), code):
            if override := overrides.get(key):
                return override.status or status, override.code or own
        return status, own

    def client_name(self, field: str) -> str:
        """The client's name for an argument or input field in an error: a path such as
        ``input.name``, or only the end of one."""
        parts = field.split(".")
        arguments = self._route.arguments
        for start in (parts, ["input", *parts]):
            for length in range(len(start), 0, -1):
                if variable := arguments.get(".".join(start[:length])):
                    return self._below(variable, start[length:])
        for path, variable in arguments.items():
            if path.rpartition(".")[2] == parts[0]:
                return self._below(variable, parts[1:])
        return ".".join(self._spell(part) for part in parts)

    def _below(self, variable: str, rest: Sequence[str]) -> str:
        parameter = self._parameters.get(variable)
        if parameter is None:
            return self._page_words.get(variable) or self._spell(variable)
        start = [] if parameter.name == WHOLE_BODY else [parameter.name]
        return ".".join([*start, *(self._spell(part) for part in rest)])


def _first_choice(access: Requirement) -> list[str]:
    """The smallest set of scopes that would be sufficient."""
    choices = sorted(sorted(scopes) for scopes in access.scopes)
    return min(choices, key=len, default=[])


def _most_wanted(needed: Sequence[str], identity: Identity) -> str:
    """The one missing scope to name: clients know one permission for each operation. The scope for
    writing is preferred to that for reading the result."""
    missing = [scope for scope in needed if scope not in identity.scopes]
    return min(missing, key=lambda scope: (scope.startswith("read:"), scope))


def _code(error: Mapping[str, Any]) -> str:
    return (error.get("extensions") or {}).get("code") or "INTERNAL"


def _refined(code: str, extensions: Mapping[str, Any], identity: Identity) -> str:
    if code == DENIED and not identity.is_authenticated:
        return "UNAUTHENTICATED"
    if code == "UNAUTHENTICATED" and extensions.get("reason") == "TOKEN_EXPIRED":
        return "TOKEN_EXPIRED"
    if code == "COST_LIMIT":  # of a fixed operation: a parameter such as the page size is too large
        return "BAD_USER_INPUT"
    return code
