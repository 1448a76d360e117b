"""How texts become words: the same for both databases, for queries and for what is shown.

Upper and lower case, accents and compatibility forms make no difference: "Café" is ``cafe``. Signs
part words, and so do the characters of scripts that are written without spaces.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple
from unicodedata import combining, normalize

MAX_WORD = 64
"""Longer words are known by their beginning."""

_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_IDEOGRAPHS}]|[^\W_{_IDEOGRAPHS}]+")
_CORRECTABLE = range(4, 25)


class Word(NamedTuple):
    """A word as it is looked for, and where it stands in the text that was written."""

    text: str
    start: int
    end: int


def words_of(text: str, *, most: int | None = None) -> list[str]:
    """The words of a text in order, the first ``most`` of them."""
    found = (match.group()[:MAX_WORD] for match in _WORD.finditer(folded(text)))
    return [word for word, _ in zip(found, range(most), strict=False)] if most else list(found)


def spaced(words: Sequence[str]) -> str:
    """The words as a text in which those that follow one another are found by a part of it."""
    return f" {' '.join(words)} " if words else ""


def placed_words_of(text: str) -> Iterator[Word]:
    """The words of a text with their places in it."""
    origin = _origins(text)
    for match in _WORD.finditer(folded(text)):
        start, end = match.span()
        if origin is not None:
            start, end = origin[start], origin[end - 1] + 1
        yield Word(match.group()[:MAX_WORD], start, end)


def folded(text: str) -> str:
    """The text without what makes no difference. Each character by itself, so that places in the
    result can be traced back."""
    return text.lower() if text.isascii() else "".join(map(_folded, text))


def _origins(text: str) -> list[int] | None:
    """Which character each one of the folded text comes from; None if there is nothing to trace."""
    if text.isascii():
        return None
    return [place for place, char in enumerate(text) for _ in _folded(char)]


@lru_cache(4_096)
def _folded(char: str) -> str:
    apart = normalize("NFKD", normalize("NFKD", char).casefold())
    return "".join(part for part in apart if not combining(part))


def spellings_of(word: str) -> frozenset[str]:
    """The word and what is left of it without one of its letters; nothing for words that are too
    short or too long to be corrected. Words with a mistake between them have one in common."""
    if len(word) not in _CORRECTABLE:
        return frozenset()
    return frozenset({word, *(word[:place] + word[place + 1 :] for place in range(len(word)))})


def is_one_mistake(word: str, other: str) -> bool:
    """Whether one letter is missing, too much or another one, or two neighbours are swapped."""
    if len(word) > len(other):
        word, other = other, word
    if len(other) - len(word) > 1 or word == other:
        return False
    same = next((place for place, char in enumerate(word) if char != other[place]), len(word))
    rest, other_rest = word[same:], other[same:]
    if len(word) < len(other):
        return rest == other_rest[1:]
    is_swapped = rest[:2] == other_rest[1::-1] and rest[2:] == other_rest[2:]
    return rest[1:] == other_rest[1:] or is_swapped
