"""One tenant of the test world: its ids, its words and the people who ask for it.

Everything follows from the word, so that a tenant is the same whether or not there are others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from uuid import NAMESPACE_URL, UUID, uuid5

from tests.subgraphs.tenants.domains import MEANINGS
from trellis.schema.identity import Identity
from trellis.schema.paging import encode_cursor
from trellis.schema.roles import scopes_of

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)

PEOPLE: Mapping[str, tuple[str, ...]] = {
    "boss": ("user", "project_admin", "instructor"),
    "lead": ("user",),
    "member": ("user",),
    "viewer": ("user",),
    "former": ("user",),
}
"""Who is in each tenant, with their roles. The boss administers the organization, the lead owns
its projects, the viewer is in none of them, the former one's account is closed."""


@dataclass(frozen=True)
class Tenant:
    """``word`` is in every text of it; ``place`` shifts its times, so that the rows of several
    tenants alternate in every order."""

    word: str
    place: int

    def id(self, kind: str, name: object = 0) -> UUID:
        return uuid5(NAMESPACE_URL, f"{self.word}/{kind}/{name}")

    def text(self, what: str) -> str:
        return f"{what} of {self.word}"

    def at(self, minute: int) -> datetime:
        return _EPOCH + timedelta(minutes=minute, seconds=self.place)

    @property
    def key(self) -> str:
        """What the keys of its projects begin with."""
        return self.word[:5].upper()

    def project_key(self, number: int) -> str:
        return f"{self.key}{number}"

    def username(self, person: str) -> str:
        return f"{person}.{self.word}"

    def email(self, person: str) -> str:
        return f"{person}@{self.word}.example"

    @property
    def domain(self) -> str:
        return f"{self.word}.example"

    def token(self, purpose: str) -> str:
        """The secret in a letter."""
        return f"{self.word}-{purpose}-token"

    def cursor(self, kind: str, number: int) -> str:
        """Where the row ``number`` of a kind stands in a list by time and id."""
        return encode_cursor([self.at(number).isoformat(), str(self.id(kind, number))])

    def caller(self, person: str) -> Identity:
        """A person as a token would show them."""
        return Identity(
            id=self.id("user", person),
            username=self.username(person),
            email=self.email(person),
            roles=frozenset(PEOPLE[person]),
            scopes=scopes_of(PEOPLE[person]),
            tenant_id=self.id("organization"),
            team_id=None,
            session_id=self.id("session", person),
            tier="pro",
        )

    @cached_property
    def ids(self) -> Mapping[str, tuple[UUID, ...]]:
        """Every id, by kind. The first is what others would try."""
        found: dict[str, tuple[UUID, ...]] = {}
        for meanings in MEANINGS.values():
            for kind, count in meanings.counts.items():
                found[kind] = tuple(self.id(kind, number) for number in range(count))
            for kind in meanings.of_people:
                found[kind] = tuple(self.id(kind, person) for person in PEOPLE)
        return found

    @cached_property
    def marks(self) -> tuple[str, ...]:
        """What only this tenant's data contains, in lower case."""
        every = (str(id) for ids in self.ids.values() for id in ids)
        return (self.word, self.key.lower(), *every)


HERE = Tenant("amberwick", 0)
THERE = Tenant("borogove", 30)
