"""Loads objects by ids sent by clients, and by the references of ``_entities``."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from strawberry.dataloader import DataLoader

from trellis.schema.inputs import as_uuid

Found = TypeVar("Found")
Reference = dict[str, Any]


async def load_one(loader: DataLoader[Any, Found | None], id: str) -> Found | None:
    """The object with the id that a client sent; None if it is not a UUID."""
    wanted = as_uuid(id)
    return await loader.load(wanted) if wanted is not None else None


async def load_by_id(
    loader: DataLoader[Any, Found | None], references: Iterable[Reference]
) -> list[Found | None]:
    """One result for each reference by its ``id``; None if it is not a UUID."""
    ids = [as_uuid(reference["id"]) for reference in references]
    found = iter(await loader.load_many([id for id in ids if id is not None]))
    return [next(found) if id is not None else None for id in ids]


async def load_by_id_or(
    key: str,
    references: Sequence[Reference],
    by_id: DataLoader[Any, Found | None],
    by_key: DataLoader[Any, Found | None],
    spelled: Callable[[str], str] = str,
) -> list[Found | None]:
    """Like ``load_by_id`` for types with a second key, whose values ``by_key`` takes as
    ``spelled`` makes them."""
    with_id = [reference for reference in references if "id" in reference]
    others = [spelled(reference[key]) for reference in references if "id" not in reference]
    of_ids = iter(await load_by_id(by_id, with_id))
    of_keys = iter(await by_key.load_many(others))
    return [next(of_ids) if "id" in reference else next(of_keys) for reference in references]
