"""Caches are bounded by weight and keep what was used last."""

import gc

import pytest

from trellis.router.cache import Cache, cache_figures


def test_the_entry_not_used_for_longest_makes_room() -> None:
    cache: Cache[str, int] = Cache(2)
    cache.put("a", 1)
    cache.put("b", 2)

    cache.get("a")
    cache.put("c", 3)

    assert [cache.get(key) for key in "abc"] == [1, None, 3]


def test_weights_are_counted_and_a_giant_is_not_kept() -> None:
    cache: Cache[str, str] = Cache(10)
    for number in range(100):
        cache.put(f"k{number}", "v", 3)
    cache.put("giant", "v", 11)

    assert (len(cache), cache.weight, cache.get("giant")) == (3, 9, None)


def test_replacing_an_entry_replaces_its_weight() -> None:
    cache: Cache[str, int] = Cache(10)
    cache.put("a", 1, 8)
    cache.put("a", 2, 3)

    assert (len(cache), cache.weight, cache.get("a")) == (1, 3, 2)


def test_a_missing_value_is_made_once_and_failures_are_not_kept() -> None:
    cache: Cache[str, int] = Cache(10)
    made: list[int] = []

    def make() -> int:
        made.append(1)
        if len(made) == 1:
            raise ValueError("the first time it fails")
        return 7

    with pytest.raises(ValueError, match="first"):
        cache.find("a", make)
    assert [cache.find("a", make) for _ in range(3)] == [7, 7, 7]
    assert len(made) == 2


def test_figures_are_added_up_by_name_and_end_with_the_cache() -> None:
    one: Cache[str, int] = Cache(10, "figures of a test")
    other: Cache[str, int] = Cache(20, "figures of a test")
    nameless: Cache[str, int] = Cache(5)
    for cache in (one, other, nameless):
        cache.put("a", 1, 3)
        cache.get("a")
    one.get("b")
    assert cache_figures()["figures of a test"] == (2, 6, 30, 2, 1, 0)
    assert "" not in cache_figures()
    del one, other, cache
    gc.collect()
    assert "figures of a test" not in cache_figures()
