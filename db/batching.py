"""Batches for dataloaders whose keys ask several kinds of question."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any, TypeVar

Group = TypeVar("Group", bound=Hashable)
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


async def in_groups(
    keys: Sequence[tuple[Group, Key]],
    load: Callable[[Group, list[Key]], Awaitable[Mapping[Key, Value]]],
) -> list[Value]:
    """The values of ``(group, key)`` pairs in their order; ``load`` is called once per group."""
    groups: dict[Group, list[Key]] = defaultdict(list)
    for group, key in keys:
        groups[group].append(key)
    found: dict[Any, Value] = {}
    for group, wanted in groups.items():
        for key, value in (await load(group, wanted)).items():
            found[group, key] = value
    return [found[key] for key in keys]
