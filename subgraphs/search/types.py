"""The types of search in the graph. What was found is resolved by the subgraphs that own it."""

from enum import Enum
from typing import Annotated, Self

import strawberry
import strawberry.federation
from strawberry import ID, Info

from trellis.db.caller_context import CallerContext
from trellis.db.loaders import BatchLoaders
from trellis.schema.list_sizes import FORWARD, list_size
from trellis.schema.paging import Connection, PageRequest
from trellis.schema.scalars import JSON
from trellis.subgraphs.search import highlights, word_queries
from trellis.subgraphs.search.inputs import checked_number
from trellis.subgraphs.search.models import Document, DocumentType
from trellis.subgraphs.search.queries import BEST_SCORE, MOST_PROJECTS, Counted, Hit
from trellis.subgraphs.search.searching import Search
from trellis.subgraphs.search.wanted import Beginning, Wanted

# How long the list of results is unless its arguments say so.

_SUGGESTIONS = 10
_AS_MANY = list_size(_SUGGESTIONS, ["first"])

Ctx = Info[CallerContext[BatchLoaders], None]


@strawberry.federation.type(keys=["id"])
class Issue:
    id: ID


@strawberry.federation.type(keys=["id"])
class Project:
    id: ID


@strawberry.federation.type(keys=["id"])
class User:
    id: ID


@strawberry.federation.type(keys=["id"])
class Task:
    id: ID


@strawberry.federation.type(keys=["id"])
class Course:
    id: ID


SearchTarget = Annotated[
    Issue | Project | User | Task | Course,
    strawberry.union("SearchTarget", description="All types that can be found."),
]

_TARGETS: dict[DocumentType, type[Issue | Project | User | Task | Course]] = {
    DocumentType.ISSUE: Issue,
    DocumentType.PROJECT: Project,
    DocumentType.USER: User,
    DocumentType.TASK: Task,
    DocumentType.COURSE: Course,
}


@strawberry.enum
class SearchField(Enum):
    TITLE = "title"
    DESCRIPTION = "description"


@strawberry.type(description="Text with the search words marked.")
class SearchHighlight:
    field: SearchField
    html: str = strawberry.field(
        description="Escaped text in which `<mark>` is the only tag; of a description, an excerpt."
    )


@strawberry.type
class SearchResult:
    id: ID = strawberry.field(description="The title of the hit.")
    type: DocumentType
    key: str | None = strawberry.field(
        description="The key of an issue or project, the username of a person."
    )
    title: str
    project: Project | None = strawberry.field(description="The project of an issue or task.")
    score: float = strawberry.field(
        description="From 0 to 1: 1 for the exact key, 0.9 if all words are in the title, less for "
        "prefixes, matches in the description and corrected words."
    )
    target: SearchTarget | None = strawberry.field(
        description="The object that was found; null if it has been deleted meanwhile."
    )
    document: strawberry.Private[Document]
    wanted: strawberry.Private[Wanted]

    @strawberry.field(description="An excerpt of the description with the first search word.")
    def description(self) -> str | None:
        body = self.document.body
        return highlights.excerpt(body, self.wanted) if body else None

    @strawberry.field(directives=[list_size(len(SearchField))])
    def highlights(self) -> list[SearchHighlight]:
        title = highlights.marked_title(self.document.title, self.wanted)
        body = highlights.marked_excerpt(self.document.body or "", self.wanted)
        found = ((SearchField.TITLE, title), (SearchField.DESCRIPTION, body))
        return [SearchHighlight(field=field, html=html) for field, html in found if html]

    @classmethod
    def of(cls, hit: Hit, wanted: Wanted) -> Self:
        row = hit.document
        belongs = row.project_id if row.type is not DocumentType.PROJECT else None
        id = ID(str(row.id))
        return cls(
            id=id,
            type=row.type,
            key=row.key,
            title=row.title,
            project=Project(id=ID(str(belongs))) if belongs else None,
            score=hit.score / BEST_SCORE,
            target=_TARGETS[row.type](id=id),
            document=row,
            wanted=wanted,
        )


@strawberry.type(description="The number of hits of each type.")
class SearchTypeCounts:
    issues: int
    projects: int
    users: int
    tasks: int
    courses: int


@strawberry.type
class SearchProjectCount:
    key: str
    project: Project | None
    count: int


@strawberry.type(description="Counts of all hits that the caller may see, across pages.")
class SearchAggregations:
    by_type: SearchTypeCounts
    by_project: list[SearchProjectCount] = strawberry.field(
        directives=[list_size(MOST_PROJECTS)],
        description="Issues and tasks by project: the 100 projects with the most of them, highest "
        "count first.",
    )
    by_project_key: JSON = strawberry.field(
        description="The same as an object: project keys with counts."
    )

    @classmethod
    def of(cls, counted: Counted) -> Self:
        kinds = counted.by_type
        return cls(
            by_type=SearchTypeCounts(
                issues=kinds[DocumentType.ISSUE],
                projects=kinds[DocumentType.PROJECT],
                users=kinds[DocumentType.USER],
                tasks=kinds[DocumentType.TASK],
                courses=kinds[DocumentType.COURSE],
            ),
            by_project=[
                SearchProjectCount(key=key, project=Project(id=ID(str(id))), count=count)
                for id, key, count in counted.by_project
            ],
            by_project_key=JSON({key: count for _, key, count in counted.by_project}),
        )


@strawberry.type(description="The result of a search.")
class SearchResults:
    search: strawberry.Private[Search]

    @strawberry.federation.field(
        directives=[FORWARD],
        description="Best matches first. Use `skip` for numbered pages, otherwise `after`.",
    )
    async def results(
        self, first: int | None = None, after: str | None = None, skip: int | None = None
    ) -> Connection[SearchResult] | None:
        page = await self.search.page(PageRequest.of(first, after, skip=skip))
        wanted = await self.search.wanted()
        return Connection.of(lambda hit: SearchResult.of(hit, wanted), page)

    @strawberry.field
    async def aggregations(self) -> SearchAggregations | None:
        return SearchAggregations.of(await self.search.counted())

    @strawberry.field(
        description="The corrected words, if nothing was found for the original spelling."
    )
    async def corrected_query(self) -> str | None:
        return await self.search.correction()


@strawberry.type(description="A query that has results.")
class SearchSuggestion:
    text: str
    type: DocumentType
    count: int = strawberry.field(
        description="How many objects of that type have it in their title."
    )

    @classmethod
    def of(cls, found: word_queries.Suggestion) -> Self:
        return cls(text=found.text, type=found.type, count=found.count)


@strawberry.type
class SearchSuggestions:
    beginning: strawberry.Private[Beginning | None]
    types: strawberry.Private[tuple[DocumentType, ...] | None]

    @strawberry.federation.field(
        directives=[_AS_MANY],
        description="The query with its last word completed, or followed by the next word in "
        "titles; most frequent first.",
    )
    async def suggestions(
        self, info: Ctx, first: int = _SUGGESTIONS
    ) -> list[SearchSuggestion] | None:
        most, context = checked_number(first), info.context
        if self.beginning is None:
            return []
        async with context.storage.read() as session:
            found = await word_queries.suggestions(
                session, context.caller, self.beginning, self.types, most
            )
        return [SearchSuggestion.of(one) for one in found]
