"""Whether an answer has the members and JSON types of an example, and no others."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

WILDCARD = "..."
EMPTY = "empty, so nothing could be compared"

ENVELOPES: Mapping[str, frozenset[str]] = {
    "pm": frozenset({"success", "data", "message", "pagination", "timestamp", "request_id"}),
    "tracker": frozenset({"success", "data", "pagination", "meta"}),
    "learn": frozenset({"success", "data", "meta"}),
}
"""The members that a dialect documents for every answer, whatever a single example shows."""

_PAGINATION = frozenset(
    {"page", "per_page", "total", "total_pages", "has_next", "has_prev", "next_page", "prev_page"}
)


def differences(
    example: Any,
    actual: Any,
    *,
    envelope: frozenset[str] | None = None,
    may_have_more: bool = False,
    nullable: Sequence[str] = (),
    keyed: Sequence[str] = (),
) -> list[str]:
    """What is not as the example has it, each with its path.

    ``envelope`` holds the members that may stand on top beside those of the example.
    ``may_have_more`` allows further members everywhere. ``nullable`` are the paths (lists without
    index: ``data.attachments.url``) of members that may be null although the example has a value.
    ``keyed`` are those of objects whose members have names from the data, and one type.
    """
    comparison = _Comparison(frozenset(nullable), may_have_more, frozenset(keyed))
    if envelope is None or not isinstance(example, dict) or not isinstance(actual, dict):
        comparison.value(example, actual, "")
        return comparison.found
    extra = actual.keys() - example.keys() - (envelope | example.keys())
    comparison.found += [f"{name}: not a member of this dialect's answers" for name in extra]
    missing = example.keys() - actual.keys()
    comparison.found += [f"{name}: missing" for name in missing]
    for name in example.keys() & actual.keys():
        if name == "pagination":
            comparison.pagination(example[name], actual[name])
        else:
            comparison.value(example[name], actual[name], name)
    return comparison.found


def schema_problems(schema: Mapping[str, Any], actual: Any, path: str = "") -> list[str]:
    """What an answer breaks of a JSON schema as the documents write them: type, enum, format,
    items and properties. Members that the schema does not know count, too, except ``meta``."""
    kind = schema.get("type", "object" if "properties" in schema else None)
    if kind is not None and not _fits(kind, actual):
        return [f"{path}: {_kind(actual)} where the schema has {kind}"]
    if "enum" in schema and actual not in schema["enum"]:
        return [f"{path}: {actual!r} is none of {schema['enum']}"]
    pattern = _FORMATS.get(schema.get("format", ""))
    if pattern is not None and not pattern.fullmatch(actual):
        return [f"{path}: {actual!r} is no {schema['format']}"]
    found: list[str] = []
    if "items" in schema:
        # Of items that the document names and does not define there is nothing to compare.
        is_defined = "x-undefined-in-seed" not in schema["items"]
        found += [f"{path}: {EMPTY}"] if not actual and is_defined else []
        for item in actual:
            found += schema_problems(schema["items"], item, path)
    for name, value in actual.items() if "properties" in schema else ():
        inner = schema["properties"].get(name)
        if inner is not None:
            found += schema_problems(inner, value, _below(path, name))
        elif (path, name) != ("", "meta"):
            found.append(f"{_below(path, name)}: not in the schema")
    return found


_FORMATS = {
    "uuid": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "email": re.compile(r"[^@\s]+@[^@\s]+"),
    "uri": re.compile(r"https?://\S+"),
    "date-time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"),
}


class _Comparison:
    def __init__(
        self, nullable: frozenset[str], may_have_more: bool, keyed: frozenset[str]
    ) -> None:
        self.found: list[str] = []
        self._keyed = keyed
        self._nullable = nullable
        self._may_have_more = may_have_more

    def value(self, example: Any, actual: Any, path: str) -> None:
        if example == WILDCARD or example is None:
            return
        if actual is None:
            if path not in self._nullable:
                self.found.append(f"{path}: null where the example has {_kind(example)}")
        elif _kind(example) != _kind(actual):
            self.found.append(f"{path}: {_kind(actual)} where the example has {_kind(example)}")
        elif isinstance(example, dict):
            self._object(example, actual, path)
        elif isinstance(example, list):
            self._list(example, actual, path)

    def pagination(self, example: Mapping[str, Any], actual: Any) -> None:
        if not isinstance(actual, dict) or not example.keys() <= actual.keys() <= _PAGINATION:
            self.found.append(f"pagination: {actual}")
        elif any(_kind(actual[name]) != _kind(value) for name, value in example.items()):
            self.found.append(f"pagination: other types than {example}")

    def _object(self, example: Mapping[str, Any], actual: Mapping[str, Any], path: str) -> None:
        if WILDCARD in example:
            return
        if path in self._keyed:
            self.found += [f"{path}: {EMPTY}"] if not actual else []
            one, *_ = example.values()
            for name, value in actual.items():
                self.value(one, value, _below(path, name))
            return
        missing = example.keys() - actual.keys()
        self.found += [f"{_below(path, name)}: missing" for name in sorted(missing)]
        if not self._may_have_more:
            extra = actual.keys() - example.keys()
            self.found += [f"{_below(path, name)}: not in the example" for name in sorted(extra)]
        for name in example.keys() & actual.keys():
            self.value(example[name], actual[name], _below(path, name))

    def _list(self, example: Sequence[Any], actual: Sequence[Any], path: str) -> None:
        if not example or example == [WILDCARD]:
            return
        if not actual:
            self.found.append(f"{path}: {EMPTY}")
        for item in actual:
            self.value(example[0], item, path)


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "a list" if isinstance(value, list) else "an object"


def _fits(kind: str, value: Any) -> bool:
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    wanted = {"array": "a list", "object": "an object", "null": "null"}.get(kind, f"a {kind}")
    return _kind(value) == wanted
