"""A subgraph whose links lead to the router that runs it."""

import strawberry

from trellis.schema.federation import TrellisSchema
from trellis.schema.public_url import public_url, unfit_public_url
from trellis.schema.subgraph import Subgraph


@strawberry.type
class Query:
    @strawberry.field
    def link(self) -> str:
        return public_url()


links = Subgraph(
    name="links",
    schema=TrellisSchema(query=Query),
    make_context=lambda context: context,
    unfit_for_production=unfit_public_url,
)
