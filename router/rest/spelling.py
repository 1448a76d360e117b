"""The spellings of names and enum values that dialects use."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from graphql import GraphQLEnumType, GraphQLNamedType

_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def same(word: str) -> str:
    """The spelling of GraphQL."""
    return word


def snake_case(name: str) -> str:
    """``displayName`` and ``IN_PROGRESS`` as ``display_name`` and ``in_progress``."""
    return _WORD_STARTS.sub("_", name).lower()


def camel_case(word: str) -> str:
    """``IN_PROGRESS`` and ``in_progress`` as ``inProgress``; camel case stays as it is."""
    if not word.isupper() and "_" not in word:
        return word
    first, *rest = word.lower().split("_")
    return first + "".join(part.capitalize() for part in rest)


def title_case(word: str) -> str:
    """``IN_PROGRESS`` as ``In Progress``."""
    return " ".join(part.capitalize() for part in _WORD_STARTS.sub("_", word).split("_"))


SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "SNAKE": snake_case,
    "CAMEL": camel_case,
    "TITLE": title_case,
    "GRAPHQL": same,
}
"""The spellings by the values of ``RestSpelling``."""


def words_of(
    type_: GraphQLNamedType, spell: Callable[[str], str], written: Mapping[str, Any] | None
) -> dict[str, str] | None:
    """The clients' words for values of this type, by GraphQL's; None if they are all equal.

    ``written`` are the arguments of ``@spell``, which take precedence over the profile's ``spell``.
    """
    written = written or {}
    named = {word["from"]: word["to"] for word in written.get("values") or ()}
    if not isinstance(type_, GraphQLEnumType):
        return named or None
    if chosen := written.get("as"):
        spell = SPELLINGS[chosen]
    words = {value: named.get(value) or spell(value) for value in type_.values}
    return words if any(value != word for value, word in words.items()) else None
