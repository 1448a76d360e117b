"""Handles in texts: ``@ann`` names a person."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

_LONGEST_HANDLE = 50
# Not within a word: an address like ada@example.com mentions nobody.
_BEFORE = r"(?<![\w@.+/-])@"
_HANDLE = re.compile(_BEFORE + r"([A-Za-z0-9][A-Za-z0-9._-]*)")
# Nor within a longer handle.
_AFTER = r"(?![._-]*[A-Za-z0-9])"
_ENDS_SENTENCES = "._-"


@dataclass(frozen=True, slots=True)
class Mentioned:
    """Somebody who is mentioned, and the handle as the account has it."""

    user_id: UUID
    handle: str


class WithHandle(Protocol):
    """A person as a domain keeps them."""

    id: UUID
    handle: str


def handles_in(text: str) -> Iterator[tuple[str, ...]]:
    """For each ``@handle`` what may be meant, the longest first: the dot of ``@jane.smith.`` can
    belong to the name or end the sentence."""
    for found in _HANDLE.finditer(text):
        handle = found[1].lower()
        meant = [handle]
        while handle[-1] in _ENDS_SENTENCES:
            handle = handle[:-1]
            meant.append(handle)
        yield tuple(one for one in meant if len(one) <= _LONGEST_HANDLE)


def people_meant(
    handles: Iterable[tuple[str, ...]], people: Mapping[str, WithHandle]
) -> list[Mentioned]:
    """Who of ``people``, by their handles, is meant by what ``handles_in`` has found: each once, in
    the order of the text. The handle of nobody is a text like any other."""
    found: dict[UUID, Mentioned] = {}
    for meant in handles:
        person = next((people[handle] for handle in meant if handle in people), None)
        if person is not None:
            found.setdefault(person.id, Mentioned(person.id, person.handle))
    return list(found.values())


def without_handle(text: str, handle: str, instead: str) -> str:
    """The text with ``instead`` wherever the handle is mentioned; longer handles stay."""
    named = re.compile(_BEFORE + re.escape(handle) + _AFTER, re.IGNORECASE)
    return named.sub(instead, text)
