"""Value objects, that all subgraphs share or that are split over them, and entities with keys of
leaves, of value objects and of other entities."""

from tests.support.chance import pick, some
from tests.support.random_federation.whole import Field, Kind, Whole

KEY_FORMS = ("code", "id code", "ref { no }", "ref { no at }", "ref { in { a } no }", "of { id }")


def add_values(whole: Whole) -> None:
    """Value types without fields yet; ``Ref`` and ``Spot`` are what keys are made of."""
    for index in range(whole.chance.number(0, 3)):
        homes = some(whole.chance, whole.subgraphs, min(2, len(whole.subgraphs)), 4)
        whole.add(Kind(f"V{index}", "value", homes))
    everywhere = list(whole.subgraphs)
    ref = whole.add(_inner("Ref", everywhere))
    ref.add("no", "ID!", everywhere)
    ref.add("at", "String!", everywhere)
    ref.add("in", "Spot!", everywhere)
    spot = whole.add(_inner("Spot", everywhere))
    spot.add("a", "String!", everywhere)


def _inner(name: str, homes: list[str]) -> Kind:
    return Kind(name, "value", list(homes), is_inner=True)


def add_entities(whole: Whole) -> None:
    for index in range(whole.chance.number(1, 4)):
        homes = some(whole.chance, whole.subgraphs, 1 if whole.chosen(20) else 2, 4)
        entity = whole.add(Kind(f"E{index}", "entity", homes))
        others = [k for k in whole.of("entity") if k is not entity and _shares(k, entity)]
        give_keys(whole, entity, others)
        if len(homes) > 1 and whole.chosen(30):
            _add_parts(whole, entity)


def _add_parts(whole: Whole, entity: Kind) -> None:
    """A value object of the entity of which each subgraph has a part, which is itself an object of
    parts sometimes."""
    parts = whole.add(_inner(f"{entity.name}Parts", entity.homes))
    entity.add("parts", whole.wrapped(parts.name), list(entity.homes))
    for home in entity.homes:
        parts.add(f"in_{home}", "String", [home])
    if whole.chosen(40):
        inner = whole.add(_inner(f"{entity.name}Inner", entity.homes))
        parts.add("inner", whole.wrapped(inner.name), list(entity.homes))
        for home in entity.homes:
            inner.add(f"of_{home}", "Int", [home])


def _shares(one: Kind, other: Kind) -> bool:
    return set(other.homes) <= set(one.homes)


def give_keys(whole: Whole, entity: Kind, others: list[Kind]) -> None:
    """One to three keys in each home, most often the ``id`` that leads anywhere."""
    forms = some(whole.chance, [f for f in KEY_FORMS if others or f != "of { id }"], 0, 2)
    other = pick(whole.chance, others) if others else None
    for home in entity.homes:
        chosen = ["id"] if not forms or whole.is_generous or whole.chosen(60) else []
        chosen += some(whole.chance, forms, 0 if chosen else 1, 2)
        for key in chosen:
            add_key(entity, key, home, other)
        if len(entity.homes) > 1 and whole.chosen(5):
            entity.keys[home][-1] += "|, resolvable: false"


def add_key(entity: Kind, key: str, home: str, other: Kind | None = None) -> None:
    """The key and its fields in one subgraph; ``other`` is the entity of the key ``of { id }``."""
    if key in entity.keys.setdefault(home, []):
        return
    entity.keys[home].append(key)
    outputs = {"id": "ID!", "code": "String!", "ref": "Ref!"}
    if other is not None:
        outputs["of"] = f"{other.name}!"
        add_resolved(other, "id", "ID!", home)
    for name, output in outputs.items():
        if name in key.split(" { ")[0].split():
            add_resolved(entity, name, output, home)


def add_resolved(kind: Kind, name: str, output: str, home: str) -> None:
    """Let the subgraph resolve the field too."""
    one = kind.fields.setdefault(name, Field(name, output, []))
    if home not in one.homes:
        one.homes.append(home)
