"""Random worlds and callers: search is compared with its definition, written down a second time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid5

import pytest

from tests.subgraphs.search.asking import ask, suggested
from tests.subgraphs.seeing import id_of, person
from tests.support.chance import Chance, Seeded, pick
from tests.support.subgraphs import Running
from trellis.schema.identity import Identity
from trellis.subgraphs.search.documents import Found, store
from trellis.subgraphs.search.models import DocumentType, Membership, Project, ProjectMember

# What people write, and the words that it is.
PIECES: Sequence[tuple[str, tuple[str, ...]]] = (
    ("Login", ("login",)),
    ("log", ("log",)),
    ("logs,", ("logs",)),
    ("log-in", ("log", "in")),
    ("Café", ("cafe",)),
    ("CAFES", ("cafes",)),
    ("don't", ("don", "t")),
    ("検索", ("検", "索")),
    ("索引", ("索", "引")),
    ("Straße", ("strasse",)),
    ("bug", ("bug",)),
    ("&", ()),
)
NAMES = ("ann", "ben", "cyd")
SCOPES = ("read:issues", "read:projects", "read:tasks", "read:profile")
TYPES = {"ISSUE": "issues", "PROJECT": "projects", "USER": "users", "TASK": "tasks"}
HOMES = tuple(id_of("organization", name) for name in ("one", "two"))


@dataclass(frozen=True)
class Thing:
    """Something that is there, with its words as they were chosen."""

    id: UUID
    type: str
    project: UUID | None
    key: str | None
    key_words: tuple[str, ...]
    title: str
    title_words: tuple[str, ...]
    body: str
    body_words: tuple[str, ...]


@dataclass(frozen=True)
class Term:
    words: tuple[str, ...]
    is_open: bool = True

    def __str__(self) -> str:
        return "-".join(self.words) if self.is_open else f'"{" ".join(self.words)}"'

    def stands_in(self, words: tuple[str, ...], *, whole: bool = False) -> bool:
        size = len(self.words)
        parts = (words[start : start + size] for start in range(len(words) - size + 1))
        if self.is_open and not whole:
            *first, last = self.words
            return any(list(part[:-1]) == first and part[-1].startswith(last) for part in parts)
        return any(part == self.words for part in parts)


@dataclass(frozen=True)
class World:
    projects: dict[UUID, tuple[str, UUID | None, frozenset[UUID]]]
    memberships: frozenset[tuple[UUID, UUID]]
    things: tuple[Thing, ...]

    def seen_by(self, who: Identity) -> list[Thing]:
        return [thing for thing in self.things if self._sees(who, thing)]

    def _sees(self, who: Identity, thing: Thing) -> bool:
        assert who.id is not None
        if thing.type == "USER":
            if who.kind == "service" and not who.may("read:profile"):
                return False
            homes = [home for user, home in self.memberships if user == who.id]
            shared = any((thing.id, home) in self.memberships for home in homes)
            return who.is_admin or thing.id == who.id or shared
        scope = {"ISSUE": "read:issues", "PROJECT": "read:projects", "TASK": "read:tasks"}
        if not who.may(scope[thing.type]):
            return False
        if thing.project is None or thing.project not in self.projects:
            return False
        if who.is_admin:
            return True
        _, home, members = self.projects[thing.project]
        if home is not None and home != who.tenant_id:
            return False
        administers = "admin:projects" in who.scopes or (
            thing.type == "ISSUE" and "admin:issues" in who.scopes
        )
        return who.id in members or (administers and home is not None)


def random_world(chance: Chance) -> World:
    def number() -> UUID:
        return uuid5(UUID(int=chance.number(0, 2**62)), "thing")

    def text(most: int) -> tuple[str, tuple[str, ...]]:
        chosen = [pick(chance, PIECES) for _ in range(chance.number(0, most))]
        words = tuple(word for _, parts in chosen for word in parts)
        return " ".join(piece for piece, _ in chosen), words

    people = [id_of("user", name) for name in NAMES]
    projects = {
        number(): (
            f"P{place}",
            pick(chance, (*HOMES, None)),
            frozenset(user for user in people if chance.number(0, 1)),
        )
        for place in range(3)
    }
    memberships = frozenset(
        (user, home) for user in people for home in HOMES if chance.number(0, 2) == 0
    )
    things = [
        _thing(id, "PROJECT", id, key, (key.lower(),), text(2), text(3))
        for id, (key, _, _) in projects.items()
    ]
    things += [
        _thing(id, "USER", None, name, (name,), text(2), ("", ()))
        for name, id in zip(NAMES, people, strict=True)
    ]
    homes = [*projects, number()]  # the last one is not known yet
    for place in range(36):
        project = pick(chance, homes)
        if chance.number(0, 2):
            key = f"LOG-{place}"
            words = ("log", str(place))
            things.append(_thing(number(), "ISSUE", project, key, words, text(4), text(5)))
        else:
            things.append(_thing(number(), "TASK", project, None, (), text(4), text(5)))
    return World(projects, memberships, tuple(things))


def _thing(
    id: UUID,
    kind: str,
    project: UUID | None,
    key: str | None,
    key_words: tuple[str, ...],
    title: tuple[str, tuple[str, ...]],
    body: tuple[str, tuple[str, ...]],
) -> Thing:
    return Thing(id, kind, project, key, key_words, *title, *body)


async def write(search: Running, world: World) -> None:
    states = [
        Found(
            id=thing.id,
            type=DocumentType(thing.type.lower()),
            version=1,
            title=thing.title,
            body=thing.body or None,
            key=thing.key,
            project_id=thing.project,
        )
        for thing in world.things
    ]
    async with search.context().storage.begin() as uow:
        await store(uow.session, states)
        uow.session.add_all(
            Membership(user_id=user, organization_id=home) for user, home in world.memberships
        )
        uow.session.add_all(
            Project(id=id, key=key, organization_id=home, version=1)
            for id, (key, home, _) in world.projects.items()
        )
        await uow.session.flush()
        uow.session.add_all(
            ProjectMember(project_id=id, user_id=user, role="member")
            for id, (_, _, members) in world.projects.items()
            for user in members
        )


def random_caller(chance: Chance) -> Identity:
    held = [scope for scope in SCOPES if chance.number(0, 5)]
    held += [scope for scope in ("admin:projects", "admin:issues") if not chance.number(0, 3)]
    who = person(
        pick(chance, NAMES),
        pick(chance, (*HOMES, None)),
        scopes=frozenset(held),
        roles=frozenset({"admin"} if not chance.number(0, 2) else ()),
    )
    return Identity(
        id=who.id,
        username=who.username,
        roles=who.roles,
        scopes=who.scopes,
        tenant_id=who.tenant_id,
        kind="service" if not chance.number(0, 3) else "user",
    )


def random_term(chance: Chance, world: World) -> Term:
    """A word of something that is there, or the beginning of one, or words that follow it."""
    thing = pick(chance, world.things)
    text = pick(chance, ((*thing.key_words, *thing.title_words), thing.body_words)) or ("bug",)
    start = chance.number(0, len(text) - 1)
    words = text[start : start + pick(chance, (1, 1, 1, 2, 3))]
    if chance.number(0, 2) == 0:
        words = (*words[:-1], words[-1][: max(1, len(words[-1]) - 1)])
    return Term(words, is_open=chance.number(0, 2) > 0)


def score_of(thing: Thing, terms: Sequence[Term]) -> int:
    titled = (*thing.key_words, *thing.title_words)
    if tuple(word for term in terms for word in term.words) == thing.key_words:
        return 1_000
    worth = [
        900 if term.stands_in(titled, whole=True) else 700 if term.stands_in(titled) else 400
        for term in terms
    ]
    return sum(worth) // len(worth)


def matches(thing: Thing, terms: Sequence[Term], excluded: Sequence[Term]) -> bool:
    texts = (*thing.key_words, *thing.title_words), thing.body_words
    every = all(any(term.stands_in(text) for text in texts) for term in terms)
    none = any(term.stands_in(text, whole=True) for term in excluded for text in texts)
    return every and not none


@pytest.mark.parametrize("seed", range(5))
async def test_a_search_finds_counts_and_orders_as_its_definition_says(empty: Running, seed: int):
    chance = Seeded(seed)
    world = random_world(chance)
    await write(empty, world)

    found = 0
    for _ in range(25):
        who = random_caller(chance)
        terms = list(
            dict.fromkeys(random_term(chance, world) for _ in range(pick(chance, (1, 1, 2))))
        )
        excluded = [random_term(chance, world)] if not chance.number(0, 3) else []
        kinds = pick(chance, (None, None, ["ISSUE"], ["USER", "TASK"], ["PROJECT", "ISSUE"]))
        project = pick(chance, [None, None, None, *world.projects])
        hits = [
            thing
            for thing in world.seen_by(who)
            if matches(thing, terms, excluded)
            and (kinds is None or thing.type in kinds)
            and (project is None or (thing.project == project and thing.type != "PROJECT"))
        ]
        query = " ".join([*map(str, terms), *(f'-"{" ".join(one.words)}"' for one in excluded)])
        told = await ask(empty, who, query, t=kinds, p=str(project) if project else None, n=100)

        if told["correctedQuery"] is not None:
            assert hits == []  # corrections have tests of their own
            continue
        found += len(hits)
        assert _told(told) == _expected(world, hits, terms), (query, who)
    assert found > 20


def _told(told: dict[str, Any]) -> dict[str, Any]:
    nodes = [edge["node"] for edge in told["results"]["edges"]]
    return {
        "hits": [(node["id"], round(node["score"] * 1_000)) for node in nodes],
        "total": told["results"]["totalCount"],
        "by type": told["aggregations"]["byType"],
        "by project": told["aggregations"]["byProjectKey"],
    }


def _expected(world: World, hits: Sequence[Thing], terms: Sequence[Term]) -> dict[str, Any]:
    scored = [(-score_of(hit, terms), len(hit.title_words), str(hit.id)) for hit in hits]
    inside = Counter(
        world.projects[hit.project][0]
        for hit in hits
        if hit.project is not None and hit.type != "PROJECT"
    )
    return {
        "hits": [(id, -score) for score, _, id in sorted(scored)],
        "total": len(hits),
        "by type": {name: sum(hit.type == kind for hit in hits) for kind, name in TYPES.items()},
        "by project": dict(inside),
    }


@pytest.mark.parametrize("seed", range(3))
async def test_suggestions_are_what_titles_have(empty: Running, seed: int):
    chance = Seeded(100 + seed)
    world = random_world(chance)
    await write(empty, world)

    for _ in range(20):
        who = random_caller(chance)
        whole = random_term(chance, world).words if not chance.number(0, 2) else ()
        last = pick(chance, ("lo", "log", "ca", "strasse", "do", "bu", "an"))
        counted: Counter[tuple[str, str]] = Counter()
        for thing in world.seen_by(who):
            titled = (*thing.key_words, *thing.title_words)
            if not all(word in titled for word in whole):
                continue
            words = thing.title_words
            named = words if thing.type != "USER" else (*words, "", *thing.key_words)
            completed = {word for word in named if word.startswith(last)}
            followed = {
                f"{last} {after}" for word, after in pairwise(named) if word == last and after
            }
            for one in completed | followed:
                counted[" ".join((*whole, one)), thing.type] += 1
        expected = sorted(
            ((text, kind, count) for (text, kind), count in counted.items()),
            key=lambda one: (-one[2], one[0], one[1]),
        )

        assert await suggested(empty, who, " ".join((*whole, last)), n=20) == expected[:20]
