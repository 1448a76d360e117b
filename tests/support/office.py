"""Two Strawberry subgraphs whose projects, vaults and notes are guarded by policies, and a diary of
what the policies were asked and which subgraph resolved what."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Self
from uuid import UUID

import strawberry
from strawberry.federation.schema_directives import Authenticated, RequiresScopes

from trellis.router.loading.composed import compose_members
from trellis.router.loading.members import Member
from trellis.schema.federation import TrellisSchema
from trellis.schema.identity import Identity
from trellis.schema.policy import CallerPolicy, ObjectPolicy, Policy
from trellis.schema.subgraph import Subgraph

ADA = Identity(id=UUID(int=1), username="ada")
BOB = Identity(id=UUID(int=2), username="bob")
AUDITOR = Identity(id=UUID(int=3), username="eve", roles=frozenset({"auditor"}))
PRO = Identity(id=UUID(int=4), username="pia", tier="pro")

OWNER = [["owner:project"]]
AUDIT_OR_PRO = [["auditor", "owner:project"], ["tier:pro"]]


@dataclass
class Diary:
    """What was asked, in order: of policies (name, caller, objects), and of resolvers."""

    policies: list[tuple[str, str | None, Any]] = field(default_factory=list)
    resolved: list[str] = field(default_factory=list)

    def clear(self) -> None:
        self.policies.clear()
        self.resolved.clear()

    def calls(self, policy: str) -> list[Any]:
        return [asked for name, _, asked in self.policies if name == policy]


diary = Diary()


# -- policies --------------------------------------------------------------------------------


async def is_auditor(caller: Identity) -> bool:
    diary.policies.append(("auditor", caller.username, None))
    return "auditor" in caller.roles


async def is_pro(caller: Identity) -> bool:
    diary.policies.append(("tier:pro", caller.username, None))
    return caller.tier == "pro"


OWNERS = {"1": "ada", "2": "bob", "3": "ada"}


async def owns_project(caller: Identity, objects: Sequence[Mapping[str, Any]]) -> Sequence[bool]:
    diary.policies.append(("owner:project", caller.username, list(objects)))
    owners = [one.get("ownerName") or OWNERS.get(one.get("id", "")) for one in objects]
    return [owner is not None and owner == caller.username for owner in owners]


async def keeps_vault(caller: Identity, objects: Sequence[Mapping[str, Any]]) -> Sequence[bool]:
    diary.policies.append(("keeper:vault", caller.username, list(objects)))
    return [one["keeper"]["name"] == caller.username for one in objects]


POLICIES: dict[str, Policy] = {
    "auditor": CallerPolicy(is_auditor),
    "tier:pro": CallerPolicy(is_pro),
    "owner:project": ObjectPolicy(
        owns_project, needs={"Project": "ownerName", "Note": "ownerName"}
    ),
    "keeper:vault": ObjectPolicy(keeps_vault, needs="keeper { name }"),
}


# -- the subgraph of projects ----------------------------------------------------------------


@strawberry.type
class Keeper:
    name: str
    phone: str = "555"


@strawberry.federation.type(policy=[["keeper:vault"]])
class Vault:
    number: int
    keeper: Keeper

    @strawberry.field
    def code(self) -> str:
        diary.resolved.append("Vault.code")
        return f"code {self.number}"


@strawberry.interface
class Thing:
    id: strawberry.ID
    name: str


@strawberry.type
class Memo(Thing):
    text: str = "remember"


@strawberry.type
class Note(Thing):
    owner_name: str

    @strawberry.federation.field(policy=OWNER)
    def secret(self) -> str:
        return f"secret of {self.name}"


@strawberry.federation.type(keys=["id"])
class Project(Thing):
    owner_name: str

    @strawberry.federation.field(policy=OWNER)
    def budget(self) -> int | None:
        diary.resolved.append("Project.budget")
        return 100 * int(self.id)

    @strawberry.federation.field(policy=OWNER)
    def strict(self) -> int:
        return int(self.id)

    @strawberry.federation.field(policy=AUDIT_OR_PRO)
    def mixed(self) -> str | None:
        return f"mixed {self.id}"

    @strawberry.federation.field(policy=[["owner:project", "nobody:knows"], ["auditor"]])
    def odd(self) -> str | None:
        return f"odd {self.id}"

    @strawberry.field
    def vault(self) -> Vault | None:
        return vault(int(self.id))

    @strawberry.field
    def vaults(self) -> list[Vault | None]:
        return [vault(1), vault(2)]

    @strawberry.field
    def only_vault(self) -> Vault:
        return vault(int(self.id))

    @strawberry.field
    def friend(self) -> "Project | None":
        return project(str(3 - int(self.id))) if self.id in ("1", "2") else None

    @strawberry.federation.field(policy=OWNER)
    def broken(self) -> int | None:
        raise ValueError(f"the balance of {self.id} is overdrawn")

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Self | None:
        return cls(id=id, name=f"Project {id}", owner_name=OWNERS[id]) if id in OWNERS else None


def project(id: str) -> Project | None:
    return Project.resolve_reference(strawberry.ID(id))


def vault(number: int) -> Vault:
    return Vault(number=number, keeper=Keeper(name={1: "ada", 2: "bob"}.get(number, "nobody")))


Hit = Annotated[Project | Note | Memo, strawberry.union("Hit")]


def things() -> list[Any]:
    notes = [Note(id=strawberry.ID(f"n-{who}"), name=f"of {who}", owner_name=who) for who in OWNED]
    return [project("1"), *notes, Memo(id=strawberry.ID("m"), name="memo"), project("2")]


OWNED = ("ada", "bob")


@strawberry.input
class Search:
    project_id: strawberry.ID = strawberry.ID("2")
    word: str = ""


@strawberry.type(name="Query")
class OfficeQuery:
    @strawberry.field
    def project(self, id: strawberry.ID) -> Project | None:
        diary.resolved.append("Query.project")
        return project(id)

    @strawberry.field
    def projects(self) -> list[Project]:
        return [found for id in OWNERS if (found := project(id)) is not None]

    @strawberry.field
    def maybe_projects(self) -> list[Project | None]:
        return [*map(project, OWNERS), None]

    @strawberry.field
    def rows(self) -> list[list[Project]]:
        one, two, three = (Project.resolve_reference(strawberry.ID(id)) for id in OWNERS)
        assert one and two and three
        return [[one, two], [], [three]]

    @strawberry.field
    def things(self) -> list[Thing]:
        return things()

    @strawberry.field
    def hits(self) -> list[Hit]:
        return things()

    @strawberry.federation.field(policy=OWNER)
    def report(self, id: strawberry.ID = strawberry.ID("1")) -> str | None:
        diary.resolved.append(f"Query.report {id}")
        return f"report {id}"

    @strawberry.federation.field(policy=[["owner:project", "auditor"], ["tier:pro"]])
    def audit(self, id: strawberry.ID) -> str | None:
        return f"audit {id}"

    @strawberry.federation.field(policy=[["auditor"]])
    def ledger(self) -> str | None:
        diary.resolved.append("Query.ledger")
        return "ledger"

    @strawberry.federation.field(
        policy=[["auditor"]], directives=[RequiresScopes(scopes=[["read:books"]])]
    )
    def books(self) -> str | None:
        return "books"

    @strawberry.federation.field(policy=[["nobody:knows"]])
    def lost(self) -> str | None:
        return "lost"

    @strawberry.federation.field(policy=[["tier:pro"]], directives=[Authenticated()])
    def premium(self) -> str | None:
        return "premium"


@strawberry.type(name="Mutation")
class OfficeMutation:
    @strawberry.federation.mutation(policy=OWNER)
    def rename(self, id: strawberry.ID, name: str = "new") -> Project | None:
        diary.resolved.append(f"Mutation.rename {id}")
        return project(id)

    @strawberry.mutation
    def touch(self, id: strawberry.ID) -> Project | None:
        diary.resolved.append(f"Mutation.touch {id}")
        return project(id)


@strawberry.type(name="Subscription")
class OfficeSubscription:
    @strawberry.subscription
    async def changed(self) -> AsyncGenerator[Project, None]:
        for id in OWNERS:
            found = project(id)
            assert found is not None
            yield found


# -- the subgraph of invoices ----------------------------------------------------------------


@strawberry.type
class Invoice:
    number: int


@strawberry.federation.type(keys=["id"], name="Project")
class BilledProject:
    id: strawberry.ID

    @strawberry.federation.field(policy=OWNER)
    def invoices(self) -> list[Invoice] | None:
        diary.resolved.append(f"invoices {self.id}")
        return [Invoice(number=int(self.id))]

    @strawberry.field
    def cost(self) -> int:
        return 7 * int(self.id)

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Self:
        return cls(id=id)


@strawberry.type(name="Query")
class BillingQuery:
    @strawberry.field
    def billing(self) -> str:
        return "open"

    @strawberry.field
    def billed(self) -> list[BilledProject]:
        return [BilledProject(id=strawberry.ID("2")), BilledProject(id=strawberry.ID("1"))]


PEOPLE = {"ada": ADA, "bob@example.com": BOB, "eve": AUDITOR}


async def find_person(name: str) -> Identity | None:
    return PEOPLE.get(name)


office = Subgraph(
    name="office",
    schema=TrellisSchema(
        query=OfficeQuery,
        mutation=OfficeMutation,
        subscription=OfficeSubscription,
        types=[Project, Note, Memo],
    ),
    make_context=lambda context: context,
    policies=POLICIES,
    find_caller=find_person,
)
billing = Subgraph(
    name="billing",
    schema=TrellisSchema(query=BillingQuery, types=[BilledProject]),
    make_context=lambda context: context,
)


def composed_office() -> str:
    """The supergraph of both."""
    members = [Member(one.name, one.schema.as_str(), f"http://{one.name}") for one in MEMBERS]
    return compose_members(members).supergraph_sdl


MEMBERS = (office, billing)
