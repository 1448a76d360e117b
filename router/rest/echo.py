"""Adds the rejected values to validation errors, for dialects that return them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from trellis.router.rest.input_values import value_at
from trellis.router.rest.profile import Problem
from trellis.router.rest.request_reader import read_texts

_SECRET_NAMES = ("password", "token", "secret", "code", "card", "cvv")
"""Values of fields with such names are never returned."""

_MAX_CHARACTERS = 100


def with_values(
    problems: Sequence[Problem], path: Mapping[str, str], query: bytes, body: Any
) -> tuple[Problem, ...]:
    """The problems with the rejected values, truncated. Objects and lists are omitted, because they
    may contain secrets."""
    texts = {name: values[0] for name, values in read_texts(query).items()} if query else {}
    return tuple(_with_value(problem, (body, texts, path)) for problem in problems)


def _with_value(problem: Problem, sources: Sequence[Any]) -> Problem:
    name = problem.field.lower()
    if not name or any(word in name for word in _SECRET_NAMES):
        return problem
    for source in sources:
        value = value_at(source, problem.field)
        if isinstance(value, str):
            return replace(problem, value=value[:_MAX_CHARACTERS])
        if isinstance(value, bool | int | float):
            return replace(problem, value=value)
    return problem
