"""Five projects, everybody who may ask for them, and which of them each of these sees: the one
rule of visibility that every subgraph with something in projects has to keep."""

from uuid import UUID, uuid5

from trellis.schema.identity import ANONYMOUS, Identity

_NAMESPACE = UUID(int=1)


def id_of(kind: str, name: str) -> UUID:
    """The id of a thing of this world."""
    return uuid5(_NAMESPACE, f"{kind}/{name}")


OURS, THEIRS = id_of("organization", "ours"), id_of("organization", "theirs")

PROJECTS: dict[str, tuple[UUID | None, tuple[str, ...]]] = {
    "OURS": (OURS, ("insider", "stray", "loner")),
    "EMPTY": (OURS, ()),
    "THEIRS": (THEIRS, ("foreigner", "boss", "insider")),
    "FREE": (None, ("insider", "boss", "stray", "loner")),
    "NOBODYS": (None, ()),
}
"""Of each key the organization and the members. In THEIRS, boss and insider are left over from when
they were there; in OURS, stray and loner are."""

ADMINISTERS = frozenset({"admin:projects"})


def person(
    name: str,
    tenant: UUID | None,
    *,
    scopes: frozenset[str] = frozenset(),
    roles: frozenset[str] = frozenset(),
) -> Identity:
    """Somebody as a token would show them."""
    id = id_of("user", name)
    return Identity(id=id, username=name, tenant_id=tenant, scopes=scopes, roles=roles)


ADMIN = person("admin", OURS, roles=frozenset({"admin"}))
BOSS = person("boss", OURS, scopes=ADMINISTERS)
INSIDER = person("insider", OURS)
STRAY = person("stray", None, scopes=ADMINISTERS)
BYSTANDER = person("bystander", OURS)

SEES: tuple[tuple[Identity, frozenset[str]], ...] = tuple(
    (who, frozenset(keys.split()))
    for who, keys in (
        (ADMIN, "OURS EMPTY THEIRS FREE NOBODYS"),
        (BOSS, "OURS EMPTY FREE"),
        (person("other boss", THEIRS, scopes=ADMINISTERS), "THEIRS"),
        (INSIDER, "OURS FREE"),
        (person("insider", OURS, scopes=frozenset({"admin:reports"})), "OURS FREE"),
        (person("foreigner", THEIRS), "THEIRS"),
        (BYSTANDER, ""),
        (STRAY, "FREE"),
        (person("loner", None), "FREE"),
        (ANONYMOUS, ""),
        (Identity(scopes=ADMINISTERS, tenant_id=OURS), ""),
    )
)
"""Callers of every kind, and the keys of the projects that they see."""


def representation(kind: str, **key: object) -> dict[str, str]:
    """What the router asks for an entity by."""
    return {"__typename": kind, **{name: str(value) for name, value in key.items()}}
