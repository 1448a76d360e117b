"""The spellings of names and words that dialects choose from."""

import re

_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def same(word: str) -> str:
    """As GraphQL has it."""
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
