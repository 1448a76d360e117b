"""The one world behind a set of subgraphs, for tests without fixtures: the same question has one
right answer whether the API schema is executed as one service (``Universe.monolith``) or the
subgraphs are asked through a router (``Universe.transports``).

A mock subgraph refuses an ``@external`` field that is neither a key nor provided, a ``@requires``
field without the right values in the representation, an entity without a resolvable key, and a
field on the wrong side of an override label (``labels`` are the active ones).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import execute_sync, parse

from tests.support.mock_subgraph import MockSubgraph, MockTransport
from tests.support.subgraph_facts import SubgraphFacts
from tests.support.world import ROOTS, Thing, World

__all__ = ["ROOTS", "MockSubgraph", "MockTransport", "Thing", "Universe"]


class Universe(World):
    """The one world: ask it whole (``monolith``) or in parts (``transports``)."""

    def __init__(
        self,
        api_sdl: str,
        subgraphs: Sequence[tuple[str, str]],
        labels: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(api_sdl, subgraphs, labels)
        self.requests: list[tuple[str, str]] = []

    def monolith(self, operation: str, variables: Mapping[str, Any] | None = None) -> Any:
        """The right answer's ``data``; an operation with errors fails the test."""

        def resolve(source: Any, info: Any, **args: Any) -> Any:
            root = info.parent_type.name
            thing = source if isinstance(source, Thing) else Thing(root, 0, root)
            return self.value(thing, info.field_name, info.return_type, args)

        result = execute_sync(
            self.api,
            parse(operation),
            variable_values=dict(variables or {}),
            field_resolver=resolve,
            type_resolver=lambda value, info, abstract: value.typename,
        )
        assert not result.errors, result.errors
        return result.data

    def transports(self) -> dict[str, MockTransport]:
        """One function per subgraph; every request is kept in ``requests``."""
        return {name: self._transport(part) for name, part in self.parts.items()}

    def _transport(self, part: SubgraphFacts) -> MockTransport:
        mock = MockSubgraph(self, part)

        async def send(query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
            self.requests.append((part.name, query))
            return mock.execute(query, variables)

        return send
