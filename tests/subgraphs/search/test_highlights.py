"""What is marked is what was looked for, and what people wrote stays text."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.subgraphs.search.asking import ADMIN, add_project, ask, issue, keep
from tests.support.subgraphs import Running
from trellis.subgraphs.search.highlights import excerpt, marked_excerpt, marked_title
from trellis.subgraphs.search.wanted import read_query
from trellis.subgraphs.search.words import words_of

_TAG = re.compile("</?mark>")


@pytest.mark.parametrize(
    ("text", "query", "html"),
    [
        ("Fix the login bug", "login", "Fix the <mark>login</mark> bug"),
        ("Logins, LOGIN", "login", "<mark>Logins</mark>, <mark>LOGIN</mark>"),
        ("Logins, LOGIN", '"login"', "Logins, <mark>LOGIN</mark>"),
        ("Café au lait", "cafe", "<mark>Café</mark> au lait"),
        ("ﬁnd", "fin", "<mark>ﬁnd</mark>"),
        ("eng 12, 12 eng 1", "ENG-12", "<mark>eng</mark> <mark>12</mark>, 12 eng 1"),
        ("検索テスト", "検索", "<mark>検</mark><mark>索</mark>テスト"),
        (
            "<b>login</b> & 'so'",
            "login",
            "&lt;b&gt;<mark>login</mark>&lt;/b&gt; &amp; &#x27;so&#x27;",
        ),
        ("<mark>a</mark>", "mark", "&lt;<mark>mark</mark>&gt;a&lt;/<mark>mark</mark>&gt;"),
        ("nothing", "login", None),
        ("excluded", "login -excluded", None),
    ],
)
def test_words_are_marked_where_they_stand(text: str, query: str, html: str | None):
    assert marked_title(text, read_query(query)) == html


_TEXTS = st.lists(
    st.sampled_from(["log", "Login", "<b>", "&amp;", "é", "ﬁ", '"', " ", "-", "検"])
).map("".join)


@given(_TEXTS, st.sampled_from(["log", "login", '"log"', "e", "fi", "検", "log-in", "amp b"]))
def test_without_its_marks_it_is_the_text(text: str, query: str):
    html = marked_title(text, read_query(query))

    if html is None:
        assert not set(words_of(text)) & set(words_of(query)) or len(words_of(query)) > 1
        return
    assert unescape(_TAG.sub("", html)) == text
    assert "<" not in _TAG.sub("", html)
    assert html.count("<mark>") == html.count("</mark>") > 0


def test_a_long_text_is_cut_around_the_first_match():
    words = " ".join(f"w{number}" for number in range(300))
    text = f"{words} needle <i> {words}"
    wanted = read_query("needle")

    html, plain = marked_excerpt(text, wanted), excerpt(text, wanted)

    assert html is not None
    assert "<mark>needle</mark> &lt;i&gt;" in html
    assert (plain[0], plain[-1]) == ("…", "…")
    assert plain == unescape(_TAG.sub("", html))
    assert len(plain) <= 202
    assert plain[1:-1] in text
    assert plain[1:].split()[0] in words.split()


def test_a_text_without_a_match_is_shown_from_its_beginning():
    text = "a " * 300

    assert excerpt(text, read_query("zebra")) == f"{text[:199].strip()}…"
    assert marked_excerpt(text, read_query("zebra")) is None
    assert excerpt("short", read_query("zebra")) == "short"


@pytest.mark.parametrize("size", [199, 200, 201, 5_000])
def test_a_text_without_gaps_is_cut_all_the_same(size: int):
    text = "x" * size + "-needle"

    shown = excerpt(text, read_query("needle"))

    assert "needle" in shown
    assert len(shown) <= 202


async def test_what_people_wrote_never_becomes_markup(empty: Running):
    project = await add_project(empty, "P")
    await keep(empty, issue(project, "<script>alert(1)</script>", "<img src=x onerror=alert(1)>"))

    found = await ask(empty, ADMIN, "alert")

    [edge] = found["results"]["edges"]
    html = " ".join(one["html"] for one in edge["node"]["highlights"])
    assert html.count("<mark>alert</mark>") == 2
    assert "<" not in _TAG.sub("", html)
