"""What is tried with members of input objects that decide who may what."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.subgraphs.tenants.tenant import HERE

PERSONS = ("boss", "lead", "member", "viewer")
"""Everybody who is signed in and no administrator of the platform."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is tried by whom, and the code that it gets."""

    mutation: str
    input: str
    value: Mapping[str, Any]
    callers: tuple[str, ...]
    code: str = "FORBIDDEN"
    id: str | None = None


def own(kind: str, name: object = 0) -> str:
    """An id of the callers' own tenant."""
    return str(HERE.id(kind, name))
