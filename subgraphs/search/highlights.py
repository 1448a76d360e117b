"""Why something was found: its texts with the words that were looked for marked.

What is shown is HTML: everything that people wrote is escaped, and ``<mark>`` is the only tag.
"""

from collections.abc import Iterable, Sequence
from html import escape

from trellis.subgraphs.search.wanted import Phrase, Wanted, phrases_of
from trellis.subgraphs.search.words import Word, placed_words_of

_EXCERPT = 200
_BEFORE = 60

Span = tuple[int, int]


def marked_title(text: str, wanted: Wanted) -> str | None:
    """The whole text; None if nothing in it was looked for."""
    spans = _spans(text, wanted)
    return _marked(text, spans, 0, len(text)) if spans else None


def marked_excerpt(text: str, wanted: Wanted) -> str | None:
    """Part of the text around the first thing in it that was looked for; None without one."""
    spans = _spans(text, wanted)
    if not spans:
        return None
    start, end = _window(text, spans[0][0])
    shown = _marked(text, spans, start, end)
    return f"{'…' if start else ''}{shown}{'…' if end < len(text) else ''}"


def excerpt(text: str, wanted: Wanted) -> str:
    """The same without marks and not as HTML; without a match the text's beginning."""
    spans = _spans(text, wanted)
    start, end = _window(text, spans[0][0] if spans else 0)
    return f"{'…' if start else ''}{text[start:end].strip()}{'…' if end < len(text) else ''}"


def _window(text: str, first: int) -> Span:
    """From a little before a place on; not within a word, as far as there are gaps."""
    if len(text) <= _EXCERPT:
        return 0, len(text)
    start = max(min(first - _BEFORE, len(text) - _EXCERPT), 0)
    if start:
        gap = text.find(" ", start, first)
        start = gap + 1 if gap >= 0 else start
    end = min(start + _EXCERPT, len(text))
    if end < len(text):
        gap = text.rfind(" ", first, end)
        end = gap if gap > first else end
    return start, end


def _marked(text: str, spans: Iterable[Span], start: int, end: int) -> str:
    parts, place = [], start
    for first, last in spans:
        first, last = max(first, start), min(last, end)
        if first < last:
            parts += [escape(text[place:first]), f"<mark>{escape(text[first:last])}</mark>"]
            place = last
    return "".join([*parts, escape(text[place:end])])


def _spans(text: str, wanted: Wanted) -> list[Span]:
    """Where the words of phrases stand, in order and without overlaps."""
    by_start = _by_first_word(wanted)
    words = list(placed_words_of(text))
    found: list[Span] = []
    marked = 0
    for number, word in enumerate(words):
        length = max(_lengths(words, number, by_start.get(word.text[0], ())), default=0)
        for part in words[max(number, marked) : number + length]:
            found.append((part.start, part.end))
        marked = max(marked, number + length)
    return found


def _by_first_word(wanted: Wanted) -> dict[str, list[Phrase]]:
    """The phrases by the first character of their first word."""
    phrases: dict[str, list[Phrase]] = {}
    for phrase in phrases_of(wanted):
        phrases.setdefault(phrase.words[0][0], []).append(phrase)
    return phrases


def _lengths(words: Sequence[Word], number: int, phrases: Iterable[Phrase]) -> Iterable[int]:
    for phrase in phrases:
        there = [word.text for word in words[number : number + len(phrase.words)]]
        if phrase.begins(there):
            yield len(phrase.words)
