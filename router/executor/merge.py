"""Merges subgraph responses into one tree, sharing their parts instead of copying them."""

from collections.abc import Set
from typing import Any

Tree = dict[str, Any]


def merge_into(target: Tree, source: Tree, abstract: Set[str] = frozenset()) -> None:
    """Deep-merge ``source`` into ``target``. Parts of ``source`` may become shared.

    Null never overwrites a value that another subgraph returned. ``__typename`` is not
    overwritten either, except for an ``abstract`` name: a subgraph with ``@interfaceObject``
    returns the interface, and the name of the object type replaces it.
    """
    if target.keys().isdisjoint(source):  # the usual case, without a loop in Python
        target.update(source)
        return
    for key, value in source.items():
        present = target.get(key)
        if present is None:
            target[key] = value
        elif value is None or present is value:
            continue
        elif type(present) is dict and type(value) is dict:
            merge_into(present, value, abstract)
        elif type(present) is list and type(value) is list:
            _merge_lists(present, value, abstract)
        elif key != "__typename" or present in abstract:
            target[key] = value


def _merge_lists(present: list[Any], incoming: list[Any], abstract: Set[str]) -> None:
    # Lists of different length cannot be aligned: values would be attached to the wrong objects.
    # The first list stays.
    if len(present) != len(incoming):
        return
    for index, value in enumerate(incoming):
        here = present[index]
        if here is None:
            present[index] = value
        elif type(here) is dict and type(value) is dict:
            if here is not value:
                merge_into(here, value, abstract)
        elif type(here) is list and type(value) is list:
            _merge_lists(here, value, abstract)
        elif value is not None:
            present[index] = value


def copy_tree(value: Any) -> Any:
    """A copy that shares no dict or list with the original."""
    if type(value) is dict:
        return {key: copy_tree(item) for key, item in value.items()}
    if type(value) is list:
        return [copy_tree(item) for item in value]
    return value
