"""What arguments of the search subgraph refer to, and how its objects are reached."""

from tests.subgraphs.tenants.meaning import FREE, Meanings

MEANINGS = Meanings(
    counts={},
    by_name={"types": FREE},
    by_coordinate={"Query.search.query": "word", "Query.searchSuggestions.query": "word"},
    entrances={
        "SearchResults": 'search(query: "of")',
        "SearchSuggestions": 'searchSuggestions(query: "of")',
    },
    # That somebody of this id is to be found no more.
    keeps_deleted=frozenset({"document"}),
)
