from hypothesis import given
from hypothesis import strategies as st

from trellis.router.composition.merge.alternatives import read_alternatives, write_alternatives
from trellis.router.composition.values import print_value
from trellis.router.requirements import NOTHING_NEEDED, Alternatives, without_supersets

names = st.frozensets(st.sampled_from("abcd"), max_size=3)
alternatives = st.builds(without_supersets, st.lists(names, min_size=1, max_size=4))


@given(alternatives)
def test_reading_gives_what_was_written(written: Alternatives):
    assert read_alternatives(write_alternatives(written)) == written


def test_shorter_alternatives_come_first():
    written = without_supersets([frozenset("ba"), frozenset("c"), frozenset("cd")])

    assert print_value(write_alternatives(written)) == '[["c"], ["a", "b"]]'


def test_nothing_is_required_by_an_empty_list():
    assert read_alternatives(None) == NOTHING_NEEDED
