"""Builds the representations of objects for ``_entities(representations:)``."""

from collections.abc import Callable
from typing import Any

from trellis.router.planner.plan import EntityTarget, Need

Tree = dict[str, Any]
Represent = Callable[[Tree], Any]

UNKNOWN: Any = object()
"""A value that was not fetched, or whose fetch failed."""


def make_represent(target: EntityTarget) -> Represent:
    """A function from an object to its representation. It returns None if the target does not
    apply to the object's type, and UNKNOWN if the type or a required value is unknown.

    Flat representations, which are the common case, get generated code, since it runs once per
    object.
    """
    if any(need.selection or need.types is not None for need in target.needs):
        return lambda entity: represent(entity, target)
    lines = ["def represent(o):", "    get = o.get", "    t = get('__typename')"]
    if target.types is not None:
        lines.append("    if t not in TYPES: return UNKNOWN if t is None else None")
    if target.typename is None:
        lines.append("    if t is None: return UNKNOWN")
    name = "t" if target.typename is None else repr(target.typename)
    members = [f"'__typename': {name}"]
    for number, need in enumerate(target.needs):
        lines.append(f"    v{number} = get({need.source!r}{'' if need.is_key else ', UNKNOWN'})")
        lines.append(f"    if v{number} is {None if need.is_key else 'UNKNOWN'}: return UNKNOWN")
        members.append(f"{need.name!r}: v{number}")
    lines.append(f"    return {{{', '.join(members)}}}")
    namespace: dict[str, Any] = {"UNKNOWN": UNKNOWN, "TYPES": target.types}
    exec(compile("\n".join(lines), "<represent>", "exec"), namespace)
    return namespace["represent"]


def represent(entity: Tree, target: EntityTarget) -> Any:
    """The representation of one object. See ``make_represent`` for None and UNKNOWN."""
    own_type = entity.get("__typename")
    if target.types is not None and own_type not in target.types:
        return UNKNOWN if own_type is None else None
    typename = target.typename or own_type
    if typename is None:
        return UNKNOWN
    members = _members(entity, target.needs, own_type)
    return UNKNOWN if members is UNKNOWN else {"__typename": typename, **members}


def _members(entity: Tree, needs: tuple[Need, ...], own_type: Any) -> Any:
    members: Tree = {}
    for need in needs:
        if need.types is not None and own_type not in need.types:
            continue
        value = entity.get(need.source, UNKNOWN)
        if need.selection and value is not UNKNOWN:
            value = _composite(value, need.selection)
        # A required field that was not fetched is unknown, not null: sending null would lead to a
        # wrong result instead of an error.
        if value is UNKNOWN or (need.is_key and value is None):
            return UNKNOWN
        # A field may be needed with one selection for all types and with another for some.
        known = members.get(need.name)
        members[need.name] = value if known is None else _joined(known, value)
    return members


def _joined(one: Any, other: Any) -> Any:
    """Merge one value that was read with two selections."""
    if type(one) is dict and type(other) is dict:
        return {**one, **{key: _joined(one.get(key, value), value) for key, value in other.items()}}
    if type(one) is list and type(other) is list and len(one) == len(other):
        return [_joined(*pair) for pair in zip(one, other, strict=True)]
    return other


def _composite(value: Any, selection: tuple[Need, ...]) -> Any:
    if type(value) is dict:
        return _members(value, selection, value.get("__typename"))
    if type(value) is list:
        items = [_composite(item, selection) for item in value]
        return UNKNOWN if any(item is UNKNOWN for item in items) else items
    return value
