"""Derives the schema of the results of a function from sample calls.

The envelopes of profiles are written in code. A separate description could become wrong, so the
functions are called with a ``Slot`` instead of data, and the schema is derived from the result.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trellis.router.rest.openapi.json_schema import NULL, JsonSchema, an_object, array, either

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Slot:
    """A placeholder in a sample for values of ``schema``."""

    schema: JsonSchema


class Word(str):
    """A string in a sample whose schema is a constant."""

    __slots__ = ()


def schema_of(samples: Sequence[Any]) -> JsonSchema:
    """A schema for all samples: members of every sample are required, equal booleans are constants,
    strings and numbers represent all values of their type."""
    return either([_schema(sample) for sample in samples])


def _schema(sample: Any) -> JsonSchema:
    match sample:
        case Slot():
            return sample.schema
        case None:
            return NULL
        case bool():
            return {"type": "boolean", "const": sample}
        case int():
            return {"type": "integer"}
        case float():
            return {"type": "number"}
        case Word():
            return {"type": "string", "const": str(sample)}
        case str():
            is_moment = _MOMENT.fullmatch(sample) is not None
            return {"type": "string", "format": "date-time"} if is_moment else {"type": "string"}
        case Mapping():
            return an_object({name: _schema(value) for name, value in sample.items()}, sample)
        case list() | tuple():
            return array(either([_schema(item) for item in sample]) if sample else {})
    raise TypeError(f"{type(sample).__name__} is no value of JSON")
