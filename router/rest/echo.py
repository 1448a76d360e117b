"""The values of what is wrong with a request, as a dialect says them again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from trellis.router.rest.input_values import value_at
from trellis.router.rest.profile import Problem
from trellis.router.rest.request_reader import read_texts

_SECRET = ("password", "token", "secret", "code", "card")
"""What is called so, or contains it, is never said again, in no place."""

_MOST_CHARACTERS = 100


def with_values(
    problems: Sequence[Problem], path: Mapping[str, str], query: bytes, body: Any
) -> tuple[Problem, ...]:
    """The problems with the single values that they are about, cut short. Objects and lists stay
    untold: there may be secrets in them."""
    texts = {name: values[0] for name, values in read_texts(query).items()} if query else {}
    return tuple(_with_value(problem, (body, texts, path)) for problem in problems)


def _with_value(problem: Problem, sources: Sequence[Any]) -> Problem:
    name = problem.field.lower()
    if not name or any(word in name for word in _SECRET):
        return problem
    for source in sources:
        value = value_at(source, problem.field)
        if isinstance(value, str):
            return replace(problem, value=value[:_MOST_CHARACTERS])
        if isinstance(value, bool | int | float):
            return replace(problem, value=value)
    return problem
