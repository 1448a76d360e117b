"""The policies of a subgraph in another process, evaluated there for many objects per request."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import orjson

from trellis.router.authorization.policies.registry import PolicySpec
from trellis.router.authorization.policies.wire import (
    PolicyRequest,
    policies_from_json,
    request_to_json,
)
from trellis.router.transports.internal import InternalResponse
from trellis.schema.errors import Unavailable
from trellis.schema.policy import GuardedObject
from trellis.schema.request import RequestContext

_PATH = "/internal/policies"
_REQUEST_BYTES = 1_000_000
"""Size of one request about objects; more objects are split over several requests. Half of the
default of ``limits.body_bytes``, the body limit that the subgraph applies."""


class PolicyClient(Protocol):
    """The part of ``InternalClient`` that is used here."""

    async def get(self, path: str) -> InternalResponse: ...

    async def post(self, path: str, payload: Any) -> InternalResponse: ...

    async def aclose(self) -> None: ...


class RemotePolicies:
    """A ``PolicySource`` (registry.py) in another process. Failures are raised, and then deny."""

    def __init__(self, name: str, client: PolicyClient) -> None:
        self.name = name
        self.is_outdated = False
        self._client = client
        self._version = ""

    async def declared(self) -> Mapping[str, PolicySpec]:
        """Raises SubgraphError or ValueError."""
        answer = await self._client.get(_PATH)
        if answer.status == 404:  # it has none
            self._version, found = "", {}
        else:
            self._version, found = policies_from_json(answer.value)
        self.is_outdated = False
        return found

    async def holds(self, policy: str, context: RequestContext) -> Any:
        """Raises SubgraphError or Unavailable."""
        return await self._ask(PolicyRequest(policy, context.identity, self._version))

    async def judge(
        self, policy: str, context: RequestContext, objects: Sequence[GuardedObject]
    ) -> Any:
        """Raises SubgraphError or Unavailable."""
        version = self._version
        requests = [
            PolicyRequest(policy, context.identity, version, part) for part in _parts(objects)
        ]
        if len(requests) == 1:
            return await self._ask(requests[0])
        answers = await asyncio.gather(*(self._ask(request) for request in requests))
        for request, answer in zip(requests, answers, strict=True):
            # Checked per answer: in the combined list, surplus verdicts of one answer would fill
            # in for missing ones of another.
            if not isinstance(answer, list) or len(answer) != len(request.objects or ()):
                raise Unavailable("The subgraph did not return a verdict for each object.")
        return [verdict for answer in answers for verdict in answer]

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _ask(self, request: PolicyRequest) -> Any:
        answer = await self._client.post(_PATH, request_to_json(request))
        if answer.status == 404:
            self.is_outdated = True
        if not isinstance(answer.value, dict):
            raise Unavailable("The subgraph did not return a verdict of the policy.")
        return answer.value.get("answer")


def _parts(objects: Sequence[GuardedObject]) -> Iterator[Sequence[GuardedObject]]:
    """The objects in order, in parts of at most about ``_REQUEST_BYTES``."""
    start, size = 0, 0
    for end, found in enumerate(objects):
        length = len(orjson.dumps(found)) + 1
        if size + length > _REQUEST_BYTES and end > start:
            yield objects[start:end]
            start, size = end, 0
        size += length
    yield objects[start:]
