"""What somebody searches for: words, "phrases" and -words that must not occur.

Every text can be read as a query. What is no word is passed over.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trellis.subgraphs.search.errors import TooManyWords
from trellis.subgraphs.search.words import words_of

MAX_TERMS = 12

_PART = re.compile(r'(?P<minus>-?)"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+)')


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that follow one another; with ``is_open`` the last one may go on."""

    words: tuple[str, ...]
    is_open: bool = False

    def begins(self, words: Sequence[str]) -> bool:
        """Whether a text that begins with these words begins with the phrase."""
        *whole, last = self.words
        if len(words) < len(self.words) or list(words[: len(whole)]) != whole:
            return False
        there = words[len(whole)]
        return there.startswith(last) if self.is_open else there == last


@dataclass(frozen=True, slots=True)
class Term:
    """What must occur: one of several phrases, if a misspelt word was corrected."""

    phrases: tuple[Phrase, ...]
    is_corrected: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """Everything in ``terms`` has to occur and nothing in ``excluded``."""

    terms: tuple[Term, ...]
    excluded: tuple[Phrase, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """All words as they were written."""
        return tuple(word for term in self.terms for word in term.phrases[0].words)


def read_query(text: str) -> Wanted:
    """Raises ``TooManyWords``, and nothing else whatever the text is."""
    terms: dict[Term, None] = {}
    excluded: dict[Phrase, None] = {}
    for part in _PART.finditer(text):
        word, phrase = part["word"], part["phrase"]
        is_excluded = part["minus"] == "-" if word is None else word.startswith("-")
        words = tuple(words_of(phrase if word is None else word))
        if not words:
            continue
        if is_excluded:
            excluded[Phrase(words)] = None
        else:
            terms[Term((Phrase(words, is_open=word is not None),))] = None
    if len(terms) + len(excluded) > MAX_TERMS:
        raise TooManyWords(MAX_TERMS)
    return Wanted(tuple(terms), tuple(excluded))


@dataclass(frozen=True, slots=True)
class Beginning:
    """What somebody has typed so far: ``whole`` words, and the one that may go on."""

    whole: tuple[str, ...]
    last: str


def read_beginning(text: str) -> Beginning | None:
    """None while there is too little to go on. Raises ``TooManyWords``."""
    words = words_of(text)
    if len(words) > MAX_TERMS:
        raise TooManyWords(MAX_TERMS)
    if not words or len(words[-1]) < _ENOUGH:
        return None
    return Beginning(tuple(words[:-1]), words[-1])


_ENOUGH = 2


def phrases_of(wanted: Wanted) -> Iterator[Phrase]:
    """All phrases that may have been found."""
    for term in wanted.terms:
        yield from term.phrases
