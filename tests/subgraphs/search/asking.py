"""How search is asked in tests, and how it is told what there is."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from tests.support.subgraphs import Running
from trellis.db.bus import EventBus
from trellis.db.settings import DataSettings
from trellis.schema.identity import Identity
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.search.documents import Found, store
from trellis.subgraphs.search.graph import make_subgraph
from trellis.subgraphs.search.models import DocumentType, Membership, Project, ProjectMember

SEARCH = """query($q: String!, $t: [SearchType!], $p: ID, $n: Int, $a: String, $s: Int) {
  search(query: $q, types: $t, projectId: $p) {
    correctedQuery
    aggregations { byType { issues projects users tasks } byProject { key project { id } count }
      byProjectKey }
    results(first: $n, after: $a, skip: $s) {
      totalCount pageInfo { hasNextPage hasPreviousPage endCursor }
      edges { cursor node { id type key title description score project { id }
        target { __typename ... on Issue { id } ... on Project { id } ... on User { id }
          ... on Task { id } ... on Course { id } }
        highlights { field html } } }
    }
  }
}"""
SUGGEST = """query($q: String!, $t: [SearchType!], $n: Int! = 10) {
  searchSuggestions(query: $q, types: $t) { suggestions(first: $n) { text type count } } }"""

HOME = uuid4()
ADMIN = Identity(id=uuid4(), roles=frozenset({"admin"}))


def unseeded(settings: DataSettings | None = None, bus: EventBus | None = None) -> Subgraph:
    """The subgraph without demo data."""

    async def nothing() -> None:
        return None

    return replace(make_subgraph(settings, bus), seed=nothing)


async def ask(search: Running, who: Identity, query: str, **variables: Any) -> dict[str, Any]:
    """What ``search`` answers."""
    return (await search.ask(SEARCH, who, q=query, **variables))["search"]


async def titles(search: Running, who: Identity, query: str, **variables: Any) -> list[str]:
    """The titles of what is found, the best first."""
    found = await ask(search, who, query, **variables)
    return [edge["node"]["title"] for edge in found["results"]["edges"]]


async def suggested(search: Running, who: Identity, query: str, **variables: Any) -> list[Any]:
    """The suggestions as tuples."""
    found = await search.ask(SUGGEST, who, q=query, **variables)
    told = found["searchSuggestions"]["suggestions"]
    return [(one["text"], one["type"], one["count"]) for one in told]


async def keep(search: Running, *states: Found) -> None:
    async with search.context().storage.begin() as uow:
        await store(uow.session, states)


async def add_project(
    search: Running, key: str, *, organization: UUID | None = HOME, members: Sequence[UUID] = ()
) -> UUID:
    """The copy of a project, without the project itself as something to be found."""
    id = uuid4()
    async with search.context().storage.begin() as uow:
        uow.session.add(Project(id=id, key=key, organization_id=organization, version=1))
        await uow.session.flush()
        uow.session.add_all(
            ProjectMember(project_id=id, user_id=user, role="member") for user in members
        )
    return id


async def add_memberships(search: Running, organization: UUID, *users: UUID) -> None:
    async with search.context().storage.begin() as uow:
        uow.session.add_all(
            Membership(user_id=user, organization_id=organization) for user in users
        )


def issue(project: UUID, title: str, body: str | None = None, **more: Any) -> Found:
    given: dict[str, Any] = {"id": uuid4(), "version": 1, **more}
    return Found(type=DocumentType.ISSUE, project_id=project, title=title, body=body, **given)


async def words_kept(search: Running) -> dict[str, list[Any]]:
    """Everything by which documents are found, whatever the database."""
    statements = {
        "text": "select count(*) from document_text",
        "titles": "select word from title_word order by word, number, place",
        "spellings": "select distinct word from spelling order by word",
    }
    async with search.context().storage.read() as session:
        return {
            name: list((await session.execute(text(statement))).scalars())
            for name, statement in statements.items()
        }
