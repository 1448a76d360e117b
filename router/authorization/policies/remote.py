"""The policies of a subgraph in another process: asked there, with one call for many objects."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import orjson

from trellis.router.authorization.policies.registry import PolicySpec
from trellis.router.authorization.policies.wire import (
    PolicyQuestion,
    policies_from_json,
    question_to_json,
)
from trellis.router.transports.internal import InternalAnswer
from trellis.schema.errors import Unavailable
from trellis.schema.policy import GuardedObject
from trellis.schema.request import RequestContext

_PATH = "/internal/policies"
_QUESTION_BYTES = 1_000_000
"""More objects than fit are asked about in several questions: bodies are limited there."""


class Asks(Protocol):
    """The part of ``InternalClient`` that is needed here."""

    async def get(self, path: str) -> InternalAnswer: ...

    async def post(self, path: str, payload: Any) -> InternalAnswer: ...

    async def aclose(self) -> None: ...


class RemotePolicies:
    """A ``PolicySource`` (registry.py) in another process. Whatever fails is raised, and then
    denies."""

    def __init__(self, name: str, client: Asks) -> None:
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
        return await self._ask(PolicyQuestion(policy, context.identity, self._version))

    async def judge(
        self, policy: str, context: RequestContext, objects: Sequence[GuardedObject]
    ) -> Any:
        """Raises SubgraphError or Unavailable."""
        version = self._version
        questions = [
            PolicyQuestion(policy, context.identity, version, part) for part in _parts(objects)
        ]
        if len(questions) == 1:
            return await self._ask(questions[0])
        answers = await asyncio.gather(*(self._ask(question) for question in questions))
        for question, answer in zip(questions, answers, strict=True):
            # Answers put together must not make up for one another's missing verdicts.
            if not isinstance(answer, list) or len(answer) != len(question.objects or ()):
                raise Unavailable("The subgraph did not answer about each object.")
        return [verdict for answer in answers for verdict in answer]

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _ask(self, question: PolicyQuestion) -> Any:
        answer = await self._client.post(_PATH, question_to_json(question))
        if answer.status == 404:
            self.is_outdated = True
        if not isinstance(answer.value, dict):
            raise Unavailable("The subgraph gave no answer about the policy.")
        return answer.value.get("answer")


def _parts(objects: Sequence[GuardedObject]) -> Iterator[Sequence[GuardedObject]]:
    """The objects in order, in parts of about ``_QUESTION_BYTES`` at most."""
    start, size = 0, 0
    for end, found in enumerate(objects):
        length = len(orjson.dumps(found)) + 1
        if size + length > _QUESTION_BYTES and end > start:
            yield objects[start:end]
            start, size = end, 0
        size += length
    yield objects[start:]
