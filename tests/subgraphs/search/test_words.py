from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trellis.subgraphs.search.words import (
    MAX_WORD,
    folded,
    is_one_mistake,
    placed_words_of,
    spellings_of,
    words_of,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Fix login bug", ["fix", "login", "bug"]),
        ("Café, CAFE\u0301 & cafe", ["cafe", "cafe", "cafe"]),
        ("Straße", ["strasse"]),
        ("ﬁle ½", ["file", "1", "2"]),
        ("ENG-12 a_b don't", ["eng", "12", "a", "b", "don", "t"]),
        ("検索 テスト", ["検", "索", "テ", "ス", "ト"]),
        ("Привет, мир", ["привет", "мир"]),
        ("한국어 검색", list(map(folded, ["한국어", "검색"]))),
        ("", []),
        ('*^"():-+', []),
        ("a\x00b \ud800", ["a", "b"]),
    ],
)
def test_words_are_letters_and_digits_without_case_and_accents(text: str, words: list[str]):
    assert words_of(text) == words


def test_long_words_are_known_by_their_beginning():
    assert words_of("x" * 100) == ["x" * MAX_WORD]


def test_no_more_words_than_wanted_are_made():
    assert words_of("a b c", most=2) == ["a", "b"]


@given(st.text())
def test_each_word_stands_where_it_is_said_to(text: str):
    placed = list(placed_words_of(text))

    assert [word.text for word in placed] == words_of(text)
    for word in placed:
        assert word.text in " ".join(words_of(text[word.start : word.end]))
    assert all(one.start <= two.start for one, two in pairwise(placed))


@given(st.text(), st.text())
def test_every_character_is_folded_by_itself(one: str, two: str):
    assert folded(one + two) == folded(one) + folded(two)
    assert folded(folded(one)) == folded(one)


def distance(word: str, other: str) -> int:
    """By the definition: insertions, deletions, replacements and swaps of neighbours."""
    rows = [
        [max(i, j) if 0 in (i, j) else 0 for j in range(len(other) + 1)]
        for i in range(len(word) + 1)
    ]
    for i, j in product(range(1, len(word) + 1), range(1, len(other) + 1)):
        rows[i][j] = min(
            rows[i - 1][j] + 1,
            rows[i][j - 1] + 1,
            rows[i - 1][j - 1] + (word[i - 1] != other[j - 1]),
        )
        if i > 1 and j > 1 and word[i - 1] == other[j - 2] and word[i - 2] == other[j - 1]:
            rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


@given(st.text("ab", max_size=7), st.text("ab", max_size=7))
def test_one_mistake_is_a_distance_of_one(word: str, other: str):
    assert is_one_mistake(word, other) == (distance(word, other) == 1)


@given(st.text("abc", min_size=4, max_size=7), st.text("abc", min_size=4, max_size=7))
def test_words_with_a_mistake_between_them_have_a_spelling_in_common(word: str, other: str):
    if is_one_mistake(word, other):
        assert spellings_of(word) & spellings_of(other)


def test_short_and_very_long_words_are_not_corrected():
    assert spellings_of("cat") == frozenset() == spellings_of("x" * 25)
    assert spellings_of("card") == {"card", "ard", "crd", "cad", "car"}
