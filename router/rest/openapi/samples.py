"""The schema of what a function writes, read off what it writes for sample values.

Profiles write their envelopes in code. Describing them a second time would drift; so they are
called with a ``Slot`` in place of the data, and the schema is that of the result.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trellis.router.rest.openapi.json_schema import NULL, JsonSchema, an_object, array, either

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Slot:
    """Stands in a sample for any value of ``schema``."""

    schema: JsonSchema


class Word(str):
    """A text in a sample that is one of a fixed set: its schema is a constant."""

    __slots__ = ()


def schema_of(samples: Sequence[Any]) -> JsonSchema:
    """What takes all the samples: members that every sample has are required, booleans that are
    the same everywhere are constants, texts and numbers stand for all of their kind."""
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
