"""The base of all events: topic, key, and conversion to and from JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, ClassVar, Self
from uuid import UUID

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event, named in the past tense; a subclass sets its topic and its aggregate's key."""

    topic: ClassVar[str]

    @property
    def key(self) -> str:
        """The id of the object that it is about: events with the same key keep their order."""
        raise NotImplementedError

    def payload(self) -> dict[str, Any]:
        """The fields as JSON values, under their Python names."""
        return {f.name: json_value(getattr(self, f.name)) for f in fields(self)}

    @classmethod
    def read(cls, payload: Mapping[str, Any]) -> Self:
        """The event with this payload; unknown members are ignored.

        Raises ``pydantic.ValidationError`` when a field is missing or of another type.
        """
        return _reader(cls).validate_python(dict(payload))


@cache
def _reader(kind: type[Event]) -> TypeAdapter[Any]:
    """Made when the first event of a kind is read: many are only ever written."""
    return TypeAdapter(kind)


def json_value(value: Any) -> Any:
    """A value of a field or a column as JSON: enums by value, times in ISO 8601, ids and decimals
    as text."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (UUID, Decimal)):
        return str(value)
    if isinstance(value, Mapping):
        return {str(json_value(k)): json_value(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [json_value(item) for item in value]
    if is_dataclass(value):
        return {f.name: json_value(getattr(value, f.name)) for f in fields(value)}
    return value
