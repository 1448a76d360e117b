"""Leaves, links between types, the fields of interfaces, and root fields."""

from tests.support.chance import pick
from tests.support.random_federation.whole import Field, Kind, Whole

LEAVES = ("String", "Int", "Boolean", "Float", "Color", "String!", "[String!]", "Int!", "[[Int]]")


def add_leaves(whole: Whole) -> None:
    for kind in whole.free("value"):
        is_whole = whole.is_generous or whole.chosen(30)
        for index in range(whole.chance.number(1, 4)):
            _add_leaf(whole, kind, f"x{index}", kind.homes if is_whole else None)
        for home in kind.homes:
            if not any(home in f.homes for f in kind.fields.values()):
                pick(whole.chance, list(kind.fields.values())).homes.append(home)
    for kind in whole.of("entity"):
        for index in range(whole.chance.number(1, 4)):
            _add_leaf(whole, kind, f"f{index}")
    for kind in whole.of("interface"):
        for home in kind.stands_for:
            for index in range(whole.chance.number(0, 2)):
                kind.add(f"{home}_{kind.name}{index}", pick(whole.chance, LEAVES), [home])


def _add_leaf(whole: Whole, kind: Kind, name: str, homes: list[str] | None = None) -> None:
    homes = list(homes) if homes else whole.homes_among(kind.homes, most=2)
    leaf = whole.maybe_stricter(kind.add(name, pick(whole.chance, LEAVES), homes))
    if whole.chosen(12):
        leaf.arguments = "(n: Int)"


def add_interface_fields(whole: Whole) -> None:
    """One to three fields that all members of an interface have, leaves and objects, often of
    stricter types. The first is in all subgraphs of the interface, since it may not be empty."""
    for kind in whole.of("interface"):
        for parent in kind.parents:
            kind.fields.update(whole.kinds[parent].fields)
        first = not any(_is_everywhere(whole, kind, f) for f in kind.fields)
        for index in range(whole.chance.number(1 if first else 0, 3)):
            _add_common(whole, kind, f"{kind.name.lower()}{index}", is_everywhere=first)
            first = False


def _is_everywhere(whole: Whole, kind: Kind, name: str) -> bool:
    return all(name in {f.name for f in whole.declared(kind, h)} for h in kind.homes)


def _add_common(whole: Whole, kind: Kind, name: str, *, is_everywhere: bool) -> None:
    members = [whole.kinds[m] for m in kind.members]
    needed = [*kind.homes, *(h for m in members for h in m.homes)]
    output = _output(whole, needed)
    if is_everywhere and whole.agreeing(needed, output) != needed:
        output = pick(whole.chance, LEAVES)
    kind.add(name, output, [])
    for member in members:
        is_full = is_everywhere or _is_kept_whole(whole, member) or whole.chosen(40)
        homes = member.homes if is_full else whole.homes_among(member.homes, most=2)
        stricter = f"{output}!" if whole.chosen(10) and not output.endswith("!") else output
        whole.maybe_stricter(member.add(name, stricter, whole.agreeing(list(homes), output)))


def _output(whole: Whole, needed: list[str]) -> str:
    """A leaf, or an object that all the subgraphs have."""
    targets = [k.name for k in whole.targets() if set(needed) <= set(k.homes)]
    if targets and whole.chosen(60):
        return whole.wrapped(pick(whole.chance, targets))
    return pick(whole.chance, LEAVES)


def _is_kept_whole(whole: Whole, kind: Kind) -> bool:
    return whole.is_generous and kind.form == "value"


def add_links(whole: Whole) -> None:
    for kind in whole.free("entity", "value", "interface"):
        options = kind.stands_for if kind.form == "interface" else kind.homes
        for index in range(whole.chance.number(0, 2) if options else 0):
            name = f"to{index}" if kind.form != "interface" else f"by_{kind.name}{index}"
            add_link(whole, kind, name, options)


def add_link(whole: Whole, kind: Kind, name: str, options: list[str]) -> Field | None:
    is_full = _is_kept_whole(whole, kind)
    targets = [
        k
        for k in whole.targets()
        if set(k.homes).intersection(options)
        if not is_full or set(options) <= set(k.homes)
    ]
    if not targets:
        return None
    target = pick(whole.chance, targets)
    both = [h for h in options if h in target.homes]
    is_single = not is_full and whole.chosen(50)
    homes = both if is_full else whole.homes_among(both, most=1 if is_single else 3)
    agreed = whole.agreeing(list(homes), target.name)
    link = whole.maybe_stricter(kind.add(name, whole.wrapped(target.name), agreed))
    if whole.chosen(8):
        link.arguments = "(n: Int)"
    return link


def add_roots(whole: Whole) -> None:
    """Query fields, and mostly a mutation or two, and a subscription; all may lead anywhere."""
    query = whole.add(Kind("Query", "root", list(whole.subgraphs)))
    for index in range(whole.chance.number(2, 5)):
        options = whole.subgraphs if whole.chosen(30) else [pick(whole.chance, whole.subgraphs)]
        add_link(whole, query, f"q{index}", options)
    if whole.chosen(60):
        mutation = whole.add(Kind("Mutation", "root", list(whole.subgraphs)))
        for index in range(whole.chance.number(1, 3)):
            add_link(whole, mutation, f"do{index}", [pick(whole.chance, whole.subgraphs)])
    if whole.chosen(50):
        news = whole.add(Kind("Subscription", "root", list(whole.subgraphs)))
        add_link(whole, news, "news", [pick(whole.chance, whole.subgraphs)])
