"""Names are labels: nothing of them leads anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trellis.schema.inputs import is_storable
from trellis.subgraphs.files.filenames import label_of, safe_name

CASES = [
    ("plan.png", "plan.png", "plan.png"),
    ("../../etc/passwd", "passwd", "passwd"),
    ("C:\\Users\\ada\\plan.png", "plan.png", "plan.png"),
    ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie: x=1.txt", "aSet-Cookie_ x=1.txt"),
    ("what?.txt", "what?.txt", "what_.txt"),
    ("..", "..", "file"),
    ("", "file", "file"),
    ("   ", "file", "file"),
    ("r\u202etxt.exe", "rtxt.exe", "rtxt.exe"),
    ("größe.txt", "größe.txt", "größe.txt"),
    ("x" * 300 + ".tar", "x" * 251 + ".tar", "x" * 251 + ".tar"),
]


@pytest.mark.parametrize(("given", "label", "name"), CASES)
def test_names(given: str, label: str, name: str):
    assert label_of(given) == label
    assert safe_name(label_of(given)) == name


@given(st.text(max_size=600))
def test_whatever_comes_a_name_can_be_kept_and_is_one_name(text: str):
    for name in (label_of(text), safe_name(label_of(text))):
        assert 0 < len(name) <= 255
        assert is_storable(name)
        assert "/" not in name
        assert "\\" not in name
        assert not any(ord(c) < 32 for c in name)
    assert safe_name(label_of(text)) not in (".", "..")
