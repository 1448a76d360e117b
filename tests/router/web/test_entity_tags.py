"""Entity tags in conditions of requests (RFC 9110, sections 8.8.3.2 and 13.1)."""

import pytest

from trellis.router.web.entity_tags import is_current, is_known


@pytest.mark.parametrize("tag", [b'"a"', b'W/"a"'])
@pytest.mark.parametrize("given", [b'"a"', b'W/"a"', b'"x", "a"', b'"x",W/"a" ', b"*", b" * "])
def test_what_a_client_has_is_known_by_weak_comparison(given: bytes, tag: bytes):
    assert is_known(given, tag)


@pytest.mark.parametrize("given", [None, b"", b"a", b'"A"', b'"ab"', b'"*"'])
def test_other_tags_are_not_known(given: bytes | None):
    assert not is_known(given, b'"a"')


def test_a_write_needs_one_of_the_tags_by_strong_comparison():
    tags = frozenset({b'"a"', b'"b"'})
    assert is_current(b'"c", "b"', tags)
    assert not is_current(b'W/"a"', tags)
    assert not is_current(b"a", tags)
