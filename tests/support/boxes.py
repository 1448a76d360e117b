"""A subgraph that takes and gives files and keeps them in memory, for tests of the router."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import strawberry
from strawberry import ID, Info

from trellis.schema.content import Content, content_link
from trellis.schema.errors import NotFound
from trellis.schema.federation import TrellisSchema
from trellis.schema.request import RequestContext
from trellis.schema.subgraph import Subgraph
from trellis.schema.uploads import Upload, UploadedFile, uploaded_file

PIECE = 1_000


@dataclass
class Kept:
    filename: str
    media_type: str
    data: bytes


kept: dict[str, Kept] = {}


@dataclass
class Context:
    request: RequestContext


@strawberry.federation.type(keys=["id"])
class Box:
    id: ID
    filename: str
    media_type: str
    size: int
    sha256: str
    note: str | None = None
    labels: list[str] = strawberry.field(default_factory=list)
    link: str

    @classmethod
    def of(cls, id: str, file: UploadedFile | None = None, **more: Any) -> "Box":
        one = kept[id]
        return cls(
            id=ID(id),
            filename=one.filename,
            media_type=one.media_type,
            size=len(one.data),
            sha256=file.sha256 if file else "",
            link=content_link("http://links.test", "boxes", id),
            **more,
        )


@strawberry.input
class PlaceInput:
    shelf: int
    room_name: str | None = None


@strawberry.type
class Query:
    @strawberry.field
    def box(self, id: ID) -> Box | None:
        return Box.of(id) if id in kept else None


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def put(
        self,
        info: Info[Context, None],
        file: Upload,
        note: str | None = None,
        place: PlaceInput | None = None,
        weight: int | None = None,
    ) -> Box | None:
        given = uploaded_file(info.context.request.uploads, file, "file")
        data = b"".join([piece async for piece in given.chunks()])
        id = str(len(kept) + 1)
        kept[id] = Kept(given.filename, given.media_type, data)
        words = [f"{place.shelf}", place.room_name or ""] if place else []
        return Box.of(id, given, note=note, labels=[*words, *([f"{weight}"] if weight else [])])

    @strawberry.mutation
    async def put_all(self, info: Info[Context, None], files: list[Upload]) -> list[str]:
        uploads = info.context.request.uploads
        return [uploaded_file(uploads, one, "files").sha256 for one in files]


async def open_content(ticket: str) -> Content:
    one = kept.get(ticket)
    if one is None:
        raise NotFound("The link is not valid, or no longer.")

    async def read(start: int, end: int) -> AsyncGenerator[bytes]:
        for at in range(start, end, PIECE):
            yield one.data[at : min(at + PIECE, end)]

    return Content(one.filename, one.media_type, len(one.data), f"tag-{ticket}", read)


subgraph = Subgraph(
    name="boxes",
    schema=TrellisSchema(query=Query, mutation=Mutation),
    make_context=Context,
    open_content=open_content,
)
