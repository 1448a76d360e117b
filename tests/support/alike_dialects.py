"""Statements compiled once per test process instead of once per test.

Most tests have a database, and so an engine, of their own. Compiling to SQL what the test before
has compiled already takes a sixth of the time of a test, since SQLAlchemy keeps compiled statements
per engine and per dialect *object*. The dialects here are equal if they are for equal servers, and
their engines have one cache together.
"""

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.util import LRUCache

# What the sixteen subgraphs say to both databases is about half of that.
_STATEMENTS: LRUCache[Any, Any] = LRUCache(10_000)


class _Alike:
    """What a compiled statement depends on is the server: its version, and the default schema."""

    server_version_info: Any
    default_schema_name: Any

    def _server(self) -> tuple[Any, ...]:
        return type(self), self.server_version_info, self.default_schema_name

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, _Alike) and self._server() == other._server())

    def __hash__(self) -> int:
        # Not of the server: that is only known when the first connection is open.
        return hash(type(self))

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=_STATEMENTS)


class AlikePostgres(_Alike, PGDialect_asyncpg):
    supports_statement_cache = True


class AlikeSQLite(_Alike, SQLiteDialect_aiosqlite):
    supports_statement_cache = True


def compile_statements_once() -> None:
    """From now on, engines of this process share what they have compiled."""
    registry.register("postgresql.asyncpg", __name__, AlikePostgres.__name__)
    registry.register("sqlite.aiosqlite", __name__, AlikeSQLite.__name__)
