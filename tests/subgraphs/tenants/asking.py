"""Every operation that could cross from one tenant to another, read off the graph's schema."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from string import Template
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
)

from tests.subgraphs.tenants.arguments import (
    foreign_values,
    good_object,
    kind_of,
    own_value,
    places,
    required,
)
from tests.subgraphs.tenants.domains import merged
from tests.subgraphs.tenants.meaning import FREE
from tests.subgraphs.tenants.tenant import HERE

_WRAPPERS = ("Connection", "Edge", "Payload")
Fields = Collection[tuple[str, str]]
"""Type and field."""


# What takes things away comes last, so that all else finds them.
_DESTRUCTIVE = ("revokeSession", "logout", "revoke", "remove", "deactivate", "delete")

COMMON_NAMES = merged("common_names")
_ENTRANCES = merged("entrances")
_GOES_WITH = merged("goes_with")


@dataclass(frozen=True, slots=True)
class Probe:
    """One operation. ``places`` are the coordinates where it has what refers to something; of the
    other tenant when it ``is_foreign``, else of one's own."""

    label: str
    document: str
    variables: Mapping[str, Any]
    field: str
    places: tuple[str, ...] = ()
    is_foreign: bool = False


def root_probes(
    schema: GraphQLSchema, kind: str, owned: Fields | None, *, thorough: bool
) -> Iterator[Probe]:
    """Each field of a root type: as its own people ask, and with everything that is foreign in
    each place where a value can stand. ``owned``: only these fields, below it too. ``thorough``:
    also with ids of the wrong kinds, and further into what is answered."""
    root = {"query": schema.query_type, "mutation": schema.mutation_type}[kind]
    assert root is not None
    for name, field in sorted(root.fields.items(), key=lambda item: _severity(item[0])):
        if not _is_in(owned, root.name, name):
            continue
        selection = selection_of(field.type, owned, hops=2 if thorough else 1)
        for filling in _fillings(root.name, name, field, thorough=thorough):
            call = _Call(name, field, filling.given)
            document = f"{kind}{call.definitions} {{ {call.text} {selection} }}"
            yield filling.probe(document)


def nested_probes(
    schema: GraphQLSchema, owned: Fields | None, *, thorough: bool
) -> Iterator[Probe]:
    """The same for each field with arguments of the objects that its own people get hold of."""
    for owner, start in entrances().items():
        type_ = schema.type_map[owner]
        assert isinstance(type_, GraphQLObjectType)
        for name, field in type_.fields.items():
            if not field.args or not _is_in(owned, owner, name):
                continue
            selection = selection_of(field.type, owned, hops=1)
            for filling in _fillings(owner, name, field, thorough=thorough):
                call = _Call(name, field, filling.given)
                inside = below(start, f"{call.text} {selection}")
                document = f"query{call.definitions} {{ {inside} }}"
                yield filling.probe(document)


def _is_in(owned: Fields | None, type_name: str, field_name: str) -> bool:
    return owned is None or (type_name, field_name) in owned


def entrances() -> Mapping[str, str]:
    """How one of one's own objects is reached, by its type."""
    first = {kind: ids[0] for kind, ids in HERE.ids.items()}
    return {type_: Template(how).substitute(first) for type_, how in _ENTRANCES.items()}


def below(start: str, selection: str) -> str:
    """The selection on the object at the end of an entrance, with all braces closed."""
    return f"{start} {{ {selection} }}" + " }" * start.count("{")


def types_with_arguments(schema: GraphQLSchema) -> set[str]:
    """Every object type but the root ones that has a field with arguments."""
    roots = {schema.query_type, schema.mutation_type, schema.subscription_type}
    return {
        name
        for name, type_ in schema.type_map.items()
        if isinstance(type_, GraphQLObjectType)
        and type_ not in roots
        and not name.startswith("__")
        and any(field.args for field in type_.fields.values())
    }


def selection_of(type_: Any, owned: Fields | None, *, hops: int) -> str:
    """Everything that can be asked of a type: its own fields, those of the objects next to it,
    and so on ``hops`` times; of these only what is ``owned``. Connections and payloads are no
    hop."""
    named = get_named_type(type_)
    if is_leaf_type(named):
        return ""
    if isinstance(named, GraphQLUnionType):
        ids = " ".join(f"... on {one.name} {{ id }}" for one in named.types)
        return f"{{ __typename {ids} }}"
    assert isinstance(named, (GraphQLObjectType, GraphQLInterfaceType))
    texts = ["__typename"]
    for name, field in named.fields.items():
        if any(is_required_argument(argument) for argument in field.args.values()):
            continue
        if not _is_in(owned, named.name, name):
            continue
        target = get_named_type(field.type)
        if is_leaf_type(target):
            texts.append(name)
            continue
        left = hops if target.name.endswith(_WRAPPERS) else hops - 1
        if left >= 0:
            texts.append(f"{name} {selection_of(field.type, owned, hops=left)}")
    return "{ " + " ".join(texts) + " }"


class _Call:
    """A field with its arguments as variables."""

    def __init__(self, name: str, field: GraphQLField, given: Mapping[str, Any]) -> None:
        types = {argument: field.args[argument].type for argument in given}
        listed = ", ".join(f"${argument}: {type_}" for argument, type_ in types.items())
        passed = ", ".join(f"{argument}: ${argument}" for argument in types)
        self.definitions = f"({listed})" if listed else ""
        self.text = f"{name}({passed})" if passed else name


@dataclass(frozen=True, slots=True)
class _Filling:
    """The arguments of a field."""

    field: str
    label: str
    given: dict[str, Any]
    places: tuple[str, ...] = ()
    is_foreign: bool = False

    def probe(self, document: str) -> Probe:
        label = f"{self.field} {self.label}"
        return Probe(label, document, self.given, self.field, self.places, self.is_foreign)


def _fillings(owner: str, name: str, field: GraphQLField, *, thorough: bool) -> Iterator[_Filling]:
    """What is foreign first: what is their own may be used up by asking for it."""
    coordinate = f"{owner}.{name}"
    base = required(field.args, coordinate, HERE)
    own = [_Filling(coordinate, "by their own", base)]
    for path, place, type_ in places(field.args, coordinate):
        kind = kind_of(place, get_named_type(type_))
        if kind is None or kind == FREE or place in COMMON_NAMES:
            continue
        label, mine = ".".join(path), own_value(place, kind, HERE)
        is_list = is_list_type(get_nullable_type(type_))
        tried = foreign_values(kind)
        for number, value in enumerate(tried if thorough else tried[:1]):
            given = _with_company(base, field, path, place)
            _put(given, field.args, path, [mine, value] if is_list else value)
            yield _Filling(coordinate, f"{label} #{number}", given, (place,), is_foreign=True)
        given = _with_company(base, field, path, place)
        _put(given, field.args, path, [mine] if is_list else mine)
        own.append(_Filling(coordinate, f"{label} of their own", given, (place,)))
    yield from _joined(own)


def _with_company(
    base: Mapping[str, Any], field: GraphQLField, path: tuple[str, ...], place: str
) -> dict[str, Any]:
    """A copy of the arguments, with the member that the one at ``place`` goes with."""
    given = deepcopy(dict(base))
    if place in _GOES_WITH:
        name, kind = _GOES_WITH[place]
        _put(given, field.args, (*path[:-1], name), own_value(name, kind, HERE))
    return given


def _joined(fillings: Sequence[_Filling]) -> list[_Filling]:
    """The same is asked once: a second time it might be gone."""
    joined: list[_Filling] = []
    for filling in fillings:
        twin = next((one for one in joined if one.given == filling.given), None)
        if twin is None:
            joined.append(filling)
        else:
            places = twin.places + filling.places
            joined[joined.index(twin)] = replace(twin, places=places)
    return joined


def _severity(name: str) -> int:
    return next((n for n, word in enumerate(_DESTRUCTIVE, 1) if name.startswith(word)), 0)


def _put(given: dict[str, Any], arguments: Any, path: tuple[str, ...], value: Any) -> None:
    """Set the value at the path; input objects on the way that are absent get what they need."""
    from_here: Any = given
    for step in path[:-1]:
        member = arguments[step]
        named = get_named_type(member.type)
        if step not in from_here:
            from_here[step] = good_object(named, HERE)
        from_here, arguments = from_here[step], named.fields
        if isinstance(from_here, list):
            from_here = from_here[0]
    from_here[path[-1]] = value
