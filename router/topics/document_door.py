"""Serves the AsyncAPI document of the event socket."""

import gzip
from collections.abc import Mapping
from functools import cached_property

from graphql import GraphQLSchema
from starlette.types import Receive, Scope, Send

from trellis.router.cache import Cache
from trellis.router.rest.openapi.permitted import permitted_route
from trellis.router.rest.topic import Topic
from trellis.router.supergraph import Supergraph
from trellis.router.topics.asyncapi import event_document
from trellis.router.web.identity import Authenticate, credentials_of
from trellis.router.web.json_text import dump_json
from trellis.router.web.page_files import (
    PageFile,
    page_file,
    refuse_other_methods,
    send_file,
)
from trellis.schema.identity import Identity

DOCUMENT_PATH = "/asyncapi.json"
_KEPT_FILES = 16
_POLICY = "default-src 'none'"


class EventDocument:
    """``GET /asyncapi.json``. With ``authenticate``, callers read what they may see of it."""

    def __init__(
        self,
        topics: Mapping[str, Topic],
        supergraph: Supergraph,
        authenticate: Authenticate | None = None,
    ) -> None:
        self._topics = topics
        self._supergraph = supergraph
        self._authenticate = authenticate
        self._files: Cache[GraphQLSchema, PageFile] = Cache(_KEPT_FILES)

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        refuse_other_methods(scope)
        if self._authenticate is None:
            file = self._whole
        else:
            file = self._visible_to(await self._authenticate(credentials_of(scope)))
        await send_file(scope, send, file, is_of_caller=self._authenticate is not None)

    @cached_property
    def _whole(self) -> PageFile:
        return _file(dump_json(event_document(self._topics)))

    def _visible_to(self, caller: Identity) -> PageFile:
        """One for all callers with the same view of the schema."""
        view = self._supergraph.schema_for(caller)

        def write() -> PageFile:
            topics = visible_topics(self._topics, self._supergraph.schema, view)
            return _file(dump_json(event_document(topics)))

        return self._files.find(view, write)


def visible_topics(
    topics: Mapping[str, Topic], schema: GraphQLSchema, view: GraphQLSchema
) -> dict[str, Topic]:
    """The topics in a caller's ``view`` of the schema, without the members that it lacks."""
    narrowed = {name: permitted_route(topic.route, schema, view) for name, topic in topics.items()}
    return {name: Topic(name, route) for name, route in narrowed.items() if route is not None}


def _file(text: bytes) -> PageFile:
    return page_file("asyncapi.json", gzip.compress(text, mtime=0), policy=_POLICY)
