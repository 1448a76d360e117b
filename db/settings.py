"""Where each subgraph keeps its data and how events travel, read from the environment.

TRELLIS_DATA_DIR                 folder of the SQLite files, default ``.trellis``
TRELLIS_DATABASE_URL             one PostgreSQL database for all: a schema per subgraph;
                                 ``{name}`` in it is replaced by the subgraph's name
TRELLIS_DATABASE_URL__PROJECTS   an own database for one subgraph; wins over the line above
TRELLIS_REDIS_URL                events travel through Redis Streams instead of this process
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

_PREFIX = "TRELLIS_DATABASE_URL__"


@dataclass(frozen=True, slots=True)
class DataSettings:
    """Which database and which bus to use."""

    data_dir: Path = Path(".trellis")
    database_url: str | None = None
    database_urls: Mapping[str, str] = field(default_factory=dict)
    redis_url: str | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the variables above. An empty value counts as not set."""
        own = {
            name.removeprefix(_PREFIX).lower(): url
            for name, url in environ.items()
            if name.startswith(_PREFIX) and url
        }
        return cls(
            data_dir=Path(environ.get("TRELLIS_DATA_DIR") or ".trellis"),
            database_url=environ.get("TRELLIS_DATABASE_URL") or None,
            database_urls=own,
            redis_url=environ.get("TRELLIS_REDIS_URL") or None,
        )

    def url_for(self, subgraph: str) -> str:
        """The database URL of one subgraph in the form SQLAlchemy's async drivers want."""
        url = self.database_urls.get(subgraph) or self.database_url
        if url is None:
            return f"sqlite+aiosqlite:///{self.data_dir.absolute() / subgraph}.sqlite3"
        return _with_async_driver(url.replace("{name}", subgraph))


def _with_async_driver(url: str) -> str:
    for plain, driver in (
        ("postgresql://", "postgresql+asyncpg://"),
        ("postgres://", "postgresql+asyncpg://"),
        ("sqlite://", "sqlite+aiosqlite://"),
    ):
        if url.startswith(plain):
            return driver + url.removeprefix(plain)
    return url
