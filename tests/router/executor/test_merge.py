"""Answers of several subgraphs become one tree."""

from typing import Any

from trellis.router.executor.merge import copy_tree, merge_into


def test_objects_merge_deep_and_new_members_are_added() -> None:
    target: dict[str, Any] = {"a": {"x": 1}, "b": 2}

    merge_into(target, {"a": {"y": 2}, "c": 3})

    assert target == {"a": {"x": 1, "y": 2}, "b": 2, "c": 3}


def test_null_never_overwrites_a_value_and_a_value_fills_a_null() -> None:
    target: dict[str, Any] = {"a": {"x": 1}, "b": None, "c": [None, 1]}

    merge_into(target, {"a": None, "b": {"y": 1}, "c": [5, None]})

    assert target == {"a": {"x": 1}, "b": {"y": 1}, "c": [5, 1]}


def test_lists_merge_item_by_item() -> None:
    target: dict[str, Any] = {"a": [{"x": 1}, None, [{"x": 3}]]}

    merge_into(target, {"a": [{"y": 1}, {"y": 2}, [{"y": 3}]]})

    assert target == {"a": [{"x": 1, "y": 1}, {"y": 2}, [{"x": 3, "y": 3}]]}


def test_within_lists_too_a_null_never_overwrites_and_another_kind_of_value_does() -> None:
    target: dict[str, Any] = {"a": [{"x": 1}, [{"x": 2}], 3, {"x": 4}, 5]}

    merge_into(target, {"a": [None, None, None, 6, {"y": 7}]})

    assert target == {"a": [{"x": 1}, [{"x": 2}], 3, 6, {"y": 7}]}


def test_lists_of_different_length_never_shift_values() -> None:
    target: dict[str, Any] = {"a": [{"x": 1}, {"x": 2}]}

    merge_into(target, {"a": [{"y": 2}]})

    assert target == {"a": [{"x": 1}, {"x": 2}]}


def test_a_runtime_type_stays_unless_it_was_an_abstract_name() -> None:
    book: dict[str, Any] = {"__typename": "Book"}
    media: dict[str, Any] = {"__typename": "Media"}

    merge_into(book, {"__typename": "Media"}, {"Media"})
    merge_into(media, {"__typename": "Book"}, {"Media"})

    assert book == media == {"__typename": "Book"}


def test_a_copied_tree_shares_nothing() -> None:
    original = {"a": [{"b": 1}]}

    copy = copy_tree(original)
    copy["a"][0]["b"] = 2

    assert original == {"a": [{"b": 1}]}
