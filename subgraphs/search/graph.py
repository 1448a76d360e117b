"""Search in the graph: the root fields, and the subgraph that the router runs."""

from typing import Annotated

import strawberry
import strawberry.federation
from strawberry.federation.schema_directives import Cost

from trellis.db.loaders import BatchLoaders
from trellis.db.subgraph import define_subgraph
from trellis.schema.dialects import dialect_tags
from trellis.schema.inputs import Id
from trellis.subgraphs.search import models, seed, upkeep
from trellis.subgraphs.search.inputs import (
    QUERY_TEXT,
    checked_beginning,
    checked_search,
    once,
)
from trellis.subgraphs.search.models import DocumentType
from trellis.subgraphs.search.searching import Search
from trellis.subgraphs.search.types import Ctx, SearchResults, SearchSuggestions

QueryText = Annotated[str, QUERY_TEXT]


@strawberry.type
class Query:
    # Whatever is shown of it, all that matches is looked at.
    @strawberry.federation.field(authenticated=True, directives=[Cost(weight=10)])
    async def search(
        self,
        info: Ctx,
        query: QueryText,
        types: list[DocumentType] | None = None,
        project_id: Id | None = None,
    ) -> SearchResults | None:
        """What the caller may see and has all these words, or words that begin with them, in its
        key, title or description. "Words in quotes" follow one another, -words must not occur.
        With projectId only what belongs to the project."""
        checked, context = checked_search(query, types, project_id), info.context
        search = Search(context.storage, context.caller, checked.wanted, checked.filters)
        return SearchResults(search=search)

    @strawberry.federation.field(authenticated=True, directives=[Cost(weight=5)])
    async def search_suggestions(
        self, query: QueryText, types: list[DocumentType] | None = None
    ) -> SearchSuggestions | None:
        """What a query may become that is being typed, by the titles that the caller sees."""
        return SearchSuggestions(beginning=checked_beginning(query), types=once(types))


make_subgraph = define_subgraph(
    "search",
    models.Base,
    Query,
    loaders=BatchLoaders,
    replicas=upkeep.REPLICAS,
    seed=seed.write_demo_data,
    tags=dialect_tags(),
)

subgraph = make_subgraph()
