"""Shared by all tables: constraint names, JSON, enums, row versions, the event tables."""

from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    Uuid,
)
from sqlalchemy import Enum as SAEnum
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import declared_attr
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import Field, SQLModel

# Constraints need names: without them SQLite migrations cannot drop them again.
_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class JsonB(TypeDecorator[Any]):
    """JSON text on SQLite, JSONB on PostgreSQL. Changes in place are not detected: reassign."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(JSONB() if dialect.name == "postgresql" else JSON())

    def __repr__(self) -> str:  # what alembic writes into a migration
        return "JsonB()"


class Instant(TypeDecorator[datetime]):
    """An aware UTC time for columns outside of SQLModel; naive values are rejected."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without time zone cannot be stored")
        since = value - _EPOCH
        return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        seconds, micro = divmod(value, 1_000_000)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micro)

    def __repr__(self) -> str:
        return "Instant()"


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


MAX_MONEY = Decimal("9999999999.99")
"""The greatest amount of a column of ``Money``."""


class Money(TypeDecorator[Decimal]):
    """An exact amount with two decimals and ten digits before them: NUMERIC(12, 2) on PostgreSQL,
    hundredths on SQLite, which has no exact decimals. A finer amount is rejected, not rounded."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        is_exact = dialect.name == "postgresql"
        return dialect.type_descriptor(Numeric(12, 2) if is_exact else BigInteger())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        hundredths = value * 100
        if hundredths != int(hundredths) or abs(value) > MAX_MONEY:
            raise ValueError(f"{value} cannot be stored as an amount with two decimals")
        return value if dialect.name == "postgresql" else int(hundredths)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        return value if dialect.name == "postgresql" else Decimal(value).scaleb(-2)

    def __repr__(self) -> str:
        return "Money()"


def utc_now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(UTC)


def enum_column(kind: type[Enum]) -> SAEnum:
    """A column type that stores the values (not names) of ``kind`` as text, easy to extend."""
    return SAEnum(
        kind,
        native_enum=False,
        create_constraint=False,
        values_callable=lambda members: [member.value for member in members],
        length=32,
    )


class Versioned(SQLModel):
    """Optimistic locking: an update based on an outdated row is refused as a conflict."""

    version: int = Field(default=1, nullable=False)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.__table__.c.version}  # type: ignore[attr-defined]


class Timestamped(SQLModel):
    """When a row was created and last changed."""

    created_at: datetime = Field(default_factory=utc_now, nullable=False)
    updated_at: datetime = Field(
        default_factory=utc_now, nullable=False, sa_column_kwargs={"onupdate": utc_now}
    )


def new_metadata() -> MetaData:
    """One subgraph's MetaData, with its outbox, inbox and consumer positions already in it."""
    metadata = MetaData(naming_convention=_NAMES)
    _declare_outbox(metadata)
    Table(
        "inbox",
        metadata,
        Column("consumer", String(64), primary_key=True),
        Column("event_id", Uuid(), primary_key=True),
        Column("handled_at", Instant(), nullable=False, index=True),
        Column("error", Text(), nullable=True),
    )
    Table(
        "consumer_position",
        metadata,
        Column("consumer", String(64), primary_key=True),
        Column("stream", String(64), primary_key=True),
        Column("cursor", String(64), nullable=False),
    )
    return metadata


def _declare_outbox(metadata: MetaData) -> None:
    outbox = Table(
        "outbox",
        metadata,
        # SQLite only counts an INTEGER up, and only with AUTOINCREMENT never reuses a number.
        Column(
            "id",
            BigInteger().with_variant(Integer(), "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        Column("event_id", Uuid(), nullable=False, unique=True),
        Column("topic", String(128), nullable=False),
        Column("key", String(128), nullable=False),
        Column("payload", JsonB(), nullable=False),
        Column("headers", JsonB(), nullable=False),
        Column("occurred_at", Instant(), nullable=False),
        Column("attempts", Integer(), nullable=False, default=0),
        Column("available_at", Instant(), nullable=False),
        Column("lease_until", Instant(), nullable=True),
        Column("done_at", Instant(), nullable=True),
        Column("is_dead", Boolean(), nullable=False, default=False),
        Column("error", Text(), nullable=True),
        sqlite_autoincrement=True,
    )
    pending = outbox.c.done_at.is_(None)
    Index(
        "ix_outbox_pending",
        outbox.c.id,
        sqlite_where=pending,
        postgresql_where=pending,
    )
