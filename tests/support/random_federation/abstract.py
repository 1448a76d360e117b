"""Interfaces, interfaces that implement others, unions, and entity interfaces that other subgraphs
have as interface objects."""

from tests.support.chance import some
from tests.support.random_federation.objects import add_key
from tests.support.random_federation.whole import Kind, Whole


def add_interfaces(whole: Whole) -> None:
    for index in range(whole.chance.number(0, 2)):
        parent = _interface(whole, f"I{index}", whole.free("entity", "value"))
        if parent is not None and whole.chosen(40):
            members = [whole.kinds[m] for m in parent.members]
            _interface(whole, f"I{index}Sub", members, parent)


def add_unions(whole: Whole) -> None:
    for index in range(whole.chance.number(0, 2)):
        members = some(whole.chance, whole.free("entity", "value"), 2, 3)
        _with_homes(whole, Kind(f"U{index}", "union", [], members=[m.name for m in members]))


def _interface(
    whole: Whole, name: str, options: list[Kind], parent: Kind | None = None
) -> Kind | None:
    members = some(whole.chance, options, 1 if parent else 2, 3)
    kind = Kind(name, "interface", [], members=[m.name for m in members])
    return _with_homes(whole, kind, parent)


def _with_homes(whole: Whole, kind: Kind, parent: Kind | None = None) -> Kind | None:
    """Add the type in subgraphs that have a member; some do not know all of them."""
    known = {h for m in kind.members for h in whole.kinds[m].homes}
    options = [s for s in whole.subgraphs if s in known]
    if len(kind.members) < (1 if parent else 2) or not options:
        return None
    kind.homes = whole.homes_among(options, most=4)
    kind.parents = [parent.name] if parent else []
    if whole.chosen(30):
        kind.hidden = {(h, m) for h in kind.homes for m in kind.members if whole.chosen(25)}
    kind.homes = [h for h in kind.homes if whole.members(kind, h)]
    return whole.add(kind) if kind.homes else None


def add_interface_objects(whole: Whole) -> None:
    """One or two interfaces with a key over the same entities, known elsewhere as objects."""
    if len(whole.subgraphs) < 2 or not whole.chosen(35):
        return
    home, *others = some(whole.chance, whole.subgraphs, 2, 3)
    if whole.chosen(50):
        home, others = others[0], [home, *others[1:]]
    names = [f"B{index}" for index in range(whole.chance.number(1, 3))]
    keys = ["id", *some(whole.chance, ["code", "ref { no }"], 0, 1)]
    for name in names:
        entity = whole.add(Kind(name, "entity", [home]))
        for key in keys:
            add_key(entity, key, home)
    for name in ["Media", "Priced"][: whole.chance.number(1, 2)]:
        members = names if name == "Media" else some(whole.chance, names, 1, len(names))
        stands_for = some(whole.chance, others, 1, len(others))
        kind = Kind(name, "interface", [home, *stands_for], members=members, stands_for=stands_for)
        whole.add(kind)
        for key in keys:
            add_key(kind, key, home)
        for other in stands_for:
            for key in some(whole.chance, keys, 1, len(keys)):
                add_key(kind, key, other)
