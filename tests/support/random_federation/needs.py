"""``@requires`` and ``@provides`` with nested selections, below fields of any type."""

from tests.support.chance import some
from tests.support.random_federation.whole import Field, Kind, Whole

DEPTH = 3


def add_requires(whole: Whole) -> None:
    """Let some fields be made from others of their type that other subgraphs have."""
    for kind in whole.of("entity", "interface"):
        for one in kind.fields.values():
            if _may_require(kind, one) and whole.chosen(30):
                _require(whole, kind, one, one.homes[0])


def _may_require(kind: Kind, one: Field) -> bool:
    """Whether one subgraph alone resolves the field, and is asked for it by a key."""
    if len(one.homes) != 1 or one.marks or _is_key(kind, one) or one.homes[0] not in kind.keys:
        return False
    return kind.form == "entity" or one.homes[0] in kind.stands_for


def _require(whole: Whole, kind: Kind, made: Field, home: str) -> None:
    needed = [f for f in kind.fields.values() if home not in f.homes and _is_known(whole, f, home)]
    texts = []
    for one in some(whole.chance, needed, 1, 2):
        below = nested(whole, one, home, DEPTH)
        if below is None:
            continue
        one.mark(home, "@external")
        given = f"(n: {whole.chance.number(0, 2)})" if one.arguments else ""
        texts.append(f"{one.name}{given}{below}")
    if texts:
        made.mark(home, f'@requires(fields: "{" ".join(texts)}")')


def _is_key(kind: Kind, one: Field) -> bool:
    fields = [key.partition("|")[0] for keys in kind.keys.values() for key in keys]
    return any(one.name in key.split() for key in fields)


def _is_known(whole: Whole, one: Field, home: str) -> bool:
    target = whole.kinds.get(one.target)
    return target is None or home in target.homes


def nested(whole: Whole, one: Field, home: str, depth: int) -> str | None:
    """A selection below an external field that this subgraph declares all fields of; empty for a
    leaf, None when there is nothing to select."""
    target = whole.kinds.get(one.target)
    if target is None:
        return ""
    parts = [_part(whole, f, home, depth) for f in _choice(whole, target, home, depth)]
    if target.is_abstract:
        for name in some(whole.chance, whole.members(target, home), 0, 2):
            member = whole.kinds[name]
            inside = [_part(whole, f, home, depth) for f in _choice(whole, member, home, depth)]
            if any(inside):
                parts.append(f"... on {name} {{ {' '.join(filter(None, inside))} }}")
    text = " ".join(filter(None, parts))
    return f" {{ {text} }}" if text else None


def _choice(whole: Whole, kind: Kind, home: str, depth: int) -> list[Field]:
    """Some fields to select; those of an object may not have been in this subgraph before."""
    if kind.is_abstract:
        options = list(whole.declared(kind, home)) if kind.form == "interface" else []
    else:
        options = [f for f in kind.fields.values() if _is_known(whole, f, home)]
    options = [f for f in options if not f.arguments and (depth > 0 or f.target not in whole.kinds)]
    return some(whole.chance, options, 0 if kind.is_abstract else 1, 3)


def _part(whole: Whole, one: Field, home: str, depth: int) -> str | None:
    below = nested(whole, one, home, depth - 1)
    if below is None:
        return None
    if one.homes and not one.is_in(home):
        one.mark(home, "@external")
    return one.name + below


def add_provides(whole: Whole) -> None:
    """Let some links give fields that the subgraph does not resolve otherwise."""
    for kind in whole.of("entity", "value", "root"):
        for one in kind.fields.values():
            is_free = len(one.homes) == 1 and not one.marks
            if is_free and one.target in whole.kinds and whole.chosen(15):
                _provide(whole, one, one.homes[0])


def _provide(whole: Whole, link: Field, home: str) -> None:
    text = _provided(whole, whole.kinds[link.target], home, 2)
    if text:
        link.mark(home, f'@provides(fields: "{text}")')


def _provided(whole: Whole, kind: Kind, home: str, depth: int) -> str:
    """A selection of fields that are external in the subgraph, found at its leaves."""
    if kind.is_abstract:
        names = some(whole.chance, whole.members(kind, home), 1, 2)
        inside = [(name, _provided(whole, whole.kinds[name], home, depth)) for name in names]
        return " ".join(f"... on {name} {{ {text} }}" for name, text in inside if text)
    parts: list[str] = []
    for one in some(whole.chance, list(kind.fields.values()), 1, 3):
        target = whole.kinds.get(one.target)
        if one.arguments:
            continue
        if target is None and home not in one.homes and len(one.homes) == 1:
            one.mark(home, "@external")
            one.is_shared = True
            parts.append(one.name)
        elif target is not None and home in one.homes and depth > 0:
            below = _provided(whole, target, home, depth - 1)
            parts += [f"{one.name} {{ {below} }}"] if below else []
    return " ".join(parts)
