"""Converts the values that clients send to GraphQL input values, and reports all problems.

The graph would refuse invalid values too, but with the names of variables, which are unknown to
REST clients.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    get_named_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)

from trellis.router.rest.profile import Problem, Spell
from trellis.router.rest.route import Constraints, Format, Parameter, Rules
from trellis.router.rest.spelling import words_of
from trellis.schema.times import known_time_zones, read_date, read_moment

Decode = Callable[[Any, str, list[Problem]], Any]
"""(value, its name for the client, list of problems to extend) -> the value for the graph."""

_INTEGER = re.compile(r"-?[0-9]{1,10}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


class Decoders:
    """Creates the decoders of one profile and area. Each input type is read once.

    ``constraints`` are the limits of members of input objects, by coordinate."""

    def __init__(
        self,
        spell: Spell,
        spell_enum: Spell,
        *,
        refuses_unknown: bool,
        constraints: Constraints | None = None,
    ) -> None:
        self._spell = spell
        self._spell_enum = spell_enum
        self._refuses_unknown = refuses_unknown
        self._constraints = constraints or {}
        self._objects: dict[str, Decode] = {}

    def of(self, parameter: Parameter, *, is_json: bool) -> Decode:
        """The decoder for the values of a parameter: JSON, or text."""
        make = self.json if is_json else self.text
        decode = make(parameter.type, parameter.spelling, parameter.rules)
        if not parameter.member_rules:
            return decode
        return _with_members_checked(decode, parameter.member_rules)

    def json(
        self, type_: GraphQLInputType, words: Mapping[str, str] | None, rules: Rules
    ) -> Decode:
        """The decoder for values in a JSON body."""
        if rules.not_null:
            return _never_null(self.json(type_, words, replace(rules, not_null=False)), null)
        if is_non_null_type(type_):
            return _never_null(self.json(type_.of_type, words, rules))
        if is_list_type(type_):
            return _list(self.json(type_.of_type, words, rules))
        named = get_named_type(type_)
        if isinstance(named, GraphQLInputObjectType):
            return _or_null(self._object(named))
        return _or_null(self._scalar(named, words, rules, _JSON_SCALARS))

    def text(
        self, type_: GraphQLInputType, words: Mapping[str, str] | None, rules: Rules
    ) -> Decode:
        """The decoder for texts in a URL, a header or a form; lists have commas or are repeated."""
        inner = type_.of_type if is_non_null_type(type_) else type_
        if is_list_type(inner):
            return _text_list(self.text(inner.of_type, words, rules))
        return self._scalar(get_named_type(inner), words, rules, _TEXT_SCALARS)

    def _scalar(
        self,
        named: Any,
        words: Mapping[str, str] | None,
        rules: Rules,
        scalars: Mapping[str, Decode],
    ) -> Decode:
        if isinstance(named, GraphQLEnumType):
            spelt = words or words_of(named, self._spell_enum, None) or dict.fromkeys(named.values)
            taken = {word or value: value for value, word in spelt.items()}
            wanted = rules.enum or taken
            return _enum({word: value for word, value in taken.items() if word in wanted})
        decode = scalars.get(named.name, _anything)
        if words:
            decode = _spelt({word: value for value, word in words.items()}, decode)
        return _checked(decode, rules)

    def _object(self, type_: GraphQLInputObjectType) -> Decode:
        """The decoder is registered before its members are read, because types may be recursive."""
        known = self._objects.get(type_.name)
        if known is not None:
            return known
        members: dict[str, tuple[str, Decode]] = {}
        required: list[str] = []
        refuses_unknown = self._refuses_unknown

        def decode(value: Any, name: str, problems: list[Problem]) -> Any:
            if not isinstance(value, dict):
                problems.append(_format(name, "must be an object"))
                return None
            prefix = f"{name}." if name else ""
            decoded = {}
            for key, item in value.items():
                member = members.get(key)
                if member is not None:
                    decoded[member[0]] = member[1](item, prefix + key, problems)
                elif refuses_unknown:
                    problems.append(unknown(prefix + key))
            for key in required:
                if key not in value:
                    problems.append(missing(prefix + key))
            return decoded

        self._objects[type_.name] = decode
        for graphql_name, field in type_.fields.items():
            own = self._spell(graphql_name)
            rules = self._constraints.get(f"{type_.name}.{graphql_name}", Rules())
            members[own] = (graphql_name, self.json(field.type, None, rules))
            if is_required_input_field(field):
                required.append(own)
        return decode


def missing(name: str) -> Problem:
    """The problem of a required member that is absent or null."""
    return Problem(name, "REQUIRED_FIELD_MISSING", f"{name} is required.")


def null(name: str) -> Problem:
    """The problem of a member that may be absent and is null."""
    return Problem(name, "REQUIRED_FIELD_MISSING", f"{name} may be left out, but not null.")


def unknown(name: str) -> Problem:
    """The problem of an unknown member."""
    return Problem(name, "UNKNOWN_FIELD", f"{name[:100]} is not a member of this request.")


def not_a_file(name: str, *, is_file: bool = False) -> Problem:
    """The problem of a part that should be a file and is a text, or the other way round."""
    wanted = "must be a text, not a file" if is_file else "must be a file"
    return _format(name[:100], wanted)


def no_parameter(name: str) -> Problem:
    """The problem of an unknown parameter of a list. Ignoring a sort or filter would return a wrong
    result."""
    return Problem(name[:100], "UNKNOWN_FIELD", f"{name[:100]} is not a parameter of this list.")


def _format(name: str, wanted: str) -> Problem:
    return Problem(name, "INVALID_FORMAT", f"{name or 'The body'} {wanted}.")


def _never_null(decode: Decode, problem: Callable[[str], Problem] = missing) -> Decode:
    def checked(value: Any, name: str, problems: list[Problem]) -> Any:
        if value is None:
            problems.append(problem(name))
            return None
        return decode(value, name, problems)

    return checked


def _or_null(decode: Decode) -> Decode:
    def nullable(value: Any, name: str, problems: list[Problem]) -> Any:
        return None if value is None else decode(value, name, problems)

    return nullable


def _list(decode: Decode) -> Decode:
    def items(value: Any, name: str, problems: list[Problem]) -> Any:
        if value is None:
            return None
        if not isinstance(value, list):
            problems.append(_format(name, "must be a list"))
            return None
        return [decode(item, f"{name}.{index}", problems) for index, item in enumerate(value)]

    return items


def _text_list(decode: Decode) -> Decode:
    def items(value: Any, name: str, problems: list[Problem]) -> Any:
        texts = value if isinstance(value, list) else value.split(",") if value else []
        return [decode(text, name, problems) for text in texts]

    return items


def _enum(words: Mapping[str, str]) -> Decode:
    def choose(value: Any, name: str, problems: list[Problem]) -> Any:
        found = words.get(value) if isinstance(value, str) else None
        if found is None:
            message = f"{name} must be one of: {', '.join(words)}."
            problems.append(Problem(name, "INVALID_ENUM_VALUE", message))
        return found

    return choose


def _spelt(words: Mapping[str, str], decode: Decode) -> Decode:
    def translated(value: Any, name: str, problems: list[Problem]) -> Any:
        known = words.get(value) if isinstance(value, str) else None
        return decode(value if known is None else known, name, problems)

    return translated


def _anything(value: Any, _name: str, _problems: list[Problem]) -> Any:
    """Custom scalars are parsed by their subgraph."""
    return value


def _kind(test: Callable[[Any], bool], wanted: str) -> Decode:
    def decode(value: Any, name: str, problems: list[Problem]) -> Any:
        if not test(value):
            problems.append(_format(name, f"must be {wanted}"))
        return value

    return decode


def _id(value: Any, name: str, problems: list[Problem]) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    problems.append(_format(name, "must be an id"))
    return None


def _integer(value: Any, name: str, problems: list[Problem]) -> Any:
    """``3.0`` is an integer, too: so says JSON Schema, in which the parameters are described."""
    number = int(value) if isinstance(value, float) and value.is_integer() else value
    if not _is_int(number):
        problems.append(_format(name, "must be a whole number"))
    return number


def _integer_text(value: str, name: str, problems: list[Problem]) -> Any:
    if _INTEGER.fullmatch(value) and _is_int(number := int(value)):
        return number
    problems.append(_format(name, "must be a whole number"))
    return None


def _number_text(value: str, name: str, problems: list[Problem]) -> Any:
    if _NUMBER.fullmatch(value) and math.isfinite(number := float(value)):
        return number
    problems.append(_format(name, "must be a number"))
    return None


def _boolean_text(value: str, name: str, problems: list[Problem]) -> Any:
    if value not in ("true", "false"):
        problems.append(_format(name, "must be true or false"))
    return value == "true"


def _is_int(value: Any) -> bool:
    return type(value) is int and -(2**31) <= value < 2**31


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _text(value: Any, name: str, problems: list[Problem]) -> Any:
    if not isinstance(value, str):
        problems.append(_format(name, "must be a text"))
    elif "\x00" in value:  # no database of ours keeps it; lone surrogates are no JSON
        problems.append(_format(name, "contains characters that are not text"))
    return value


def _is_date(value: Any) -> bool:
    return read_date(value) is not None


def _is_moment(value: Any) -> bool:
    return read_moment(value) is not None


def _is_uri(value: Any) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and not re.search(r"\s", value)


def _is_uuid(value: Any) -> bool:
    try:
        return len(value) == 36 and bool(UUID(value))
    except ValueError:
        return False


_DATE = _kind(_is_date, "a date such as 2026-01-31")
_DATE_TIME = _kind(_is_moment, "an ISO 8601 time with offset such as 2026-01-31T12:00:00Z")
_JSON_SCALARS: Mapping[str, Decode] = {
    "Int": _integer,
    "Float": _kind(_is_number, "a number"),
    "Decimal": _kind(_is_number, "a number"),
    "String": _text,
    "Boolean": _kind(lambda value: isinstance(value, bool), "true or false"),
    "ID": _id,
    "Date": _DATE,
    "DateTime": _DATE_TIME,
}
_TEXT_SCALARS: Mapping[str, Decode] = {
    "String": _text,
    "Int": _integer_text,
    "Float": _number_text,
    "Decimal": _number_text,
    "Boolean": _boolean_text,
    "Date": _DATE,
    "DateTime": _DATE_TIME,
}
_FORMATS: Mapping[Format, tuple[Callable[[Any], bool], str]] = {
    "DATE": (_is_date, "a date such as 2026-01-31"),
    "DATE_TIME": (_is_moment, "an ISO 8601 time with offset such as 2026-01-31T12:00:00Z"),
    "EMAIL": (lambda value: bool(_EMAIL.fullmatch(value)), "an e-mail address"),
    "URI": (_is_uri, "an http or https URL"),
    "UUID": (_is_uuid, "a UUID"),
    "TIME_ZONE": (lambda value: value in known_time_zones(), "a time zone such as Europe/Paris"),
    "OBJECT": (lambda _text: False, "a JSON object"),
}


def _checked(decode: Decode, rules: Rules) -> Decode:
    """``decode``, followed by the checks of ``rules``."""
    if rules == Rules():
        return decode
    pattern = _compiled(rules.pattern) if rules.pattern else None

    def check(value: Any, name: str, problems: list[Problem]) -> Any:
        before = len(problems)
        decoded = decode(value, name, problems)
        if len(problems) == before:
            if rules.const is not None and decoded is not None and decoded != rules.const:
                message = f"{name} must be {json.dumps(rules.const)}."
                problems.append(Problem(name, "INVALID_ENUM_VALUE", message))
            elif isinstance(decoded, str):
                _check_text(decoded, name, rules, pattern, problems)
            elif rules.format == "OBJECT" and not isinstance(decoded, dict):
                problems.append(_format(name, "must be a JSON object"))
            elif isinstance(decoded, int | float):
                _check_number(decoded, name, rules, problems)
        return decoded

    return check


def _with_members_checked(decode: Decode, member_rules: Sequence[tuple[str, Rules]]) -> Decode:
    """``decode``, then the rules of members that are there and of their type."""
    checks = [(path, _checked(_anything, rules), rules.not_null) for path, rules in member_rules]

    def check(value: Any, name: str, problems: list[Problem]) -> Any:
        decoded = decode(value, name, problems)
        reported = {problem.field for problem in problems}
        for path, check_member, is_never_null in checks:
            full = f"{name}.{path}" if name else path
            member = value_at(value, path)
            if full in reported:
                continue
            if member is not None:
                check_member(member, full, problems)
            elif is_never_null and _is_null_at(value, path):
                problems.append(null(full))
        return decoded

    return check


def value_at(value: Any, path: str) -> Any:
    """The member of a JSON value at a path with dots and indexes; None if there is none."""
    for step in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _is_null_at(value: Any, path: str) -> bool:
    """Whether the member at ``path`` is there and null, which is another thing than absent."""
    parent, _, last = path.rpartition(".")
    owner = value_at(value, parent) if parent else value
    return isinstance(owner, Mapping) and last in owner and owner[last] is None


def _compiled(pattern: str) -> re.Pattern[str]:
    """As in JSON Schema, where ``$`` does not match before a trailing line break."""
    ends = pattern.endswith("$") and not pattern.endswith("\\$")
    return re.compile(pattern[:-1] + r"\Z" if ends else pattern)


def _check_text(
    text: str,
    name: str,
    rules: Rules,
    pattern: re.Pattern[str] | None,
    problems: list[Problem],
) -> None:
    if rules.min_length is not None and len(text) < rules.min_length:
        message = f"{name} must have at least {rules.min_length} characters."
        problems.append(Problem(name, "VALUE_TOO_SHORT", message))
    elif rules.max_length is not None and len(text) > rules.max_length:
        message = f"{name} may have at most {rules.max_length} characters."
        problems.append(Problem(name, "VALUE_TOO_LONG", message))
    elif rules.not_blank and not text.strip():
        problems.append(Problem(name, "REQUIRED_FIELD_MISSING", f"{name} must not be empty."))
    elif pattern is not None and not pattern.search(text):
        problems.append(_format(name, "does not have the right form"))
    elif rules.enum and text not in rules.enum:
        message = f"{name} must be one of: {', '.join(rules.enum)}."
        problems.append(Problem(name, "INVALID_ENUM_VALUE", message))
    elif rules.format is not None and not _FORMATS[rules.format][0](text):
        problems.append(_format(name, f"must be {_FORMATS[rules.format][1]}"))


def _check_number(number: float, name: str, rules: Rules, problems: list[Problem]) -> None:
    if rules.min is not None and number < rules.min:
        message = f"{name} must be at least {rules.min:g}."
    elif rules.max is not None and number > rules.max:
        message = f"{name} may be at most {rules.max:g}."
    else:
        return
    problems.append(Problem(name, "VALUE_OUT_OF_RANGE", message))
