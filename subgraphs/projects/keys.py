"""Project keys: chosen by the caller or derived from the name, and unique."""

import re
from collections.abc import Callable

from sqlalchemy.exc import IntegrityError

from trellis.db.locks import hold
from trellis.db.unit_of_work import UnitOfWork
from trellis.subgraphs.projects import queries
from trellis.subgraphs.projects.errors import ProjectKeyTaken
from trellis.subgraphs.projects.models import Project

_KEY_LENGTH = 10
_KEY_TRIES = 5


def key_from(name: str) -> str:
    """A project key out of a name: initials of several words, the beginning of a single one."""
    words = re.findall(r"[A-Z0-9]+", name.upper())
    letters = "".join(word[0] for word in words) if len(words) > 1 else "".join(words)[:4]
    key = letters.lstrip("0123456789")[: _KEY_LENGTH - 3]
    return key if len(key) >= 2 else f"{key}PRJ"[:4]


async def insert_with_key(
    uow: UnitOfWork, make: Callable[[str], Project], *, name: str, key: str | None
) -> Project:
    """Insert what ``make`` gives for ``key``, or for the first free one made from the name.

    Makers of keys queue up; against a key that somebody asks for in between the unique index
    decides, and the maker tries the next. Raises ``ProjectKeyTaken``.
    """
    if key is None:
        await hold(uow.session, "project-key")
    for _ in range(_KEY_TRIES):
        project = make(key or await _free_key(uow, key_from(name)))
        try:
            async with uow.session.begin_nested():
                uow.session.add(project)
            return project
        except IntegrityError as taken:
            if key is not None:
                raise ProjectKeyTaken(key) from taken
    raise ProjectKeyTaken(key_from(name))


async def _free_key(uow: UnitOfWork, base: str) -> str:
    taken = await queries.keys_like(uow.session, base)
    if base not in taken:
        return base
    number = 2
    while f"{base}{number}" in taken:
        number += 1
    return f"{base}{number}"
