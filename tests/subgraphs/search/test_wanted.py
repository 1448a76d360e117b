from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trellis.subgraphs.search.errors import TooManyWords
from trellis.subgraphs.search.wanted import Phrase, Term, Wanted, read_beginning, read_query


def anywhere(*words: str) -> Term:
    """What was written without quotes."""
    return Term((Phrase(words, is_open=True),))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Login BUG", Wanted((anywhere("login"), anywhere("bug")))),
        ("login login", Wanted((anywhere("login"),))),
        ("ENG-12", Wanted((anywhere("eng", "12"),))),
        ('"card reader" x', Wanted((Term((Phrase(("card", "reader")),)), anywhere("x")))),
        ('"not closed', Wanted((Term((Phrase(("not", "closed")),)),))),
        ("bug -login", Wanted((anywhere("bug"),), (Phrase(("login",)),))),
        ('bug -"log in"', Wanted((anywhere("bug"),), (Phrase(("log", "in")),))),
        ("-login", Wanted((), (Phrase(("login",)),))),
        ("--- \"\" '' * - ^ :", Wanted(())),
        ("a AND b NOT c", Wanted(tuple(map(anywhere, ("a", "and", "b", "not", "c"))))),
        ("title:x NEAR(y)", Wanted((anywhere("title", "x"), anywhere("near", "y")))),
    ],
)
def test_words_phrases_and_exclusions_are_read(text: str, wanted: Wanted):
    assert read_query(text) == wanted


@given(st.text(max_size=200))
def test_any_text_is_a_query_or_has_too_many_words(text: str):
    for read in (read_query, read_beginning):
        with suppress(TooManyWords):
            read(text)


def test_more_than_twelve_different_words_are_refused():
    words = [f"w{number}" for number in range(13)]

    assert len(read_query(" ".join(words[:12])).terms) == 12
    for text in (" ".join(words), " -".join(words)):
        with pytest.raises(TooManyWords, match="12 words"):
            read_query(text)
