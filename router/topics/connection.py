"""One event socket: its subscriptions, and the messages about them.

subscribe ──> subscription ── event* ──> completed | error (final) | unsubscribed
close codes: 4400 a message that the protocol does not know, 4403 rights ended, 1009 a message that
is too large, 1013 a client that is too slow or too often refused, 1011 our fault
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from starlette.types import Receive, Scope, Send

from trellis.router.answer import Answer
from trellis.router.delivery.rights import Rights
from trellis.router.delivery.socket import Close, SocketConnection
from trellis.router.operation.request import ALL_KINDS, GraphQLRequest
from trellis.router.rest.call import Call
from trellis.router.rest.profile import Failure, RequestInvalid
from trellis.router.topics import messages
from trellis.router.topics.messages import ClientMessage, Name, read_message
from trellis.router.topics.reader import TopicReader, TopicReaders
from trellis.router.web.errors import as_trellis_error
from trellis.router.web.services import Services
from trellis.schema.errors import BadRequest, NotFound, RateLimited, TrellisError
from trellis.schema.request import RequestContext

_MESSAGE_CHARACTERS = 8_192
"""Of a client's message. A cursor has a hundred; what is longer only costs time to parse."""

_OPENING_SECONDS = 0.25
"""How long a refusal is waited for before a subscription is acknowledged. Most are known within
milliseconds; and the source is open by then, so that a client which acts when it is acknowledged
has the event of it."""

_INVALID = BadRequest("The message does not fit its topic.")


class TooManySubscriptions(RateLimited):
    def __init__(self, limit: int) -> None:
        message = "Too many subscriptions on this connection; end one first."
        super().__init__(message, limit=limit)


@dataclass(slots=True, eq=False)
class _Subscription:
    name: Name
    reader: TopicReader
    call: Call
    task: asyncio.Task[None] | None = None
    is_acknowledged: bool = False
    held: Failure | None = None
    """The error of the first event: of a source that could not begin, if nothing follows it."""


class EventConnection(SocketConnection):
    """A socket whose caller is known."""

    def __init__(
        self,
        services: Services,
        scope: Scope,
        receive: Receive,
        send: Send,
        rights: Rights,
        readers: Callable[[], TopicReaders],
    ) -> None:
        """``readers`` are those of the current supergraph."""
        super().__init__(services, scope, receive, send, rights)
        self._readers = readers
        self._subscriptions: dict[Name, _Subscription] = {}

    async def run(self) -> None:
        self._watch_rights()
        await super().run()

    def _forget_operations(self) -> None:
        self._subscriptions.clear()

    def _parse(self, event: Any) -> dict[str, Any]:
        if len(event.get("text") or "") > _MESSAGE_CHARACTERS:
            raise Close(1009, f"A message has at most {_MESSAGE_CHARACTERS} characters")
        return super()._parse(event)

    async def _handle(self, message: dict[str, Any]) -> None:
        given = read_message(message)
        match given.type:
            case "subscribe":
                await self._subscribe(given)
            case "unsubscribe":
                self._stop(given.name)
                await self._put(messages.about("unsubscribed", given.name))
            case _:
                await self._put(messages.pong())

    async def _subscribe(self, given: ClientMessage) -> None:
        """Subscribing to what is subscribed to already changes nothing: clients that come back say
        again all that they want."""
        known = self._subscriptions.get(given.name)
        if known is not None:
            if known.is_acknowledged:
                await self._put(messages.about("subscribed", given.name))
            return
        readers = self._readers()
        reader = readers.find(given.name.topic)
        if reader is None:
            await self._refuse(given.name, NotFound("There is no such topic."), readers.any())
            return
        try:
            if len(self._subscriptions) >= self._limits.operations:
                raise TooManySubscriptions(self._limits.operations)
            variables = reader.variables(given.name, given.after)
        except (TrellisError, RequestInvalid) as error:
            await self._refuse(given.name, error, reader)
            return
        subscription = _Subscription(given.name, reader, self._call())
        self._subscriptions[given.name] = subscription
        subscription.task = self._start(self._run(subscription, variables))

    def _stop(self, name: Name) -> None:
        subscription = self._subscriptions.pop(name, None)
        if subscription is not None and subscription.task is not None:
            subscription.task.cancel()

    # -- one subscription ---------------------------------------------------------------------

    async def _run(self, subscription: _Subscription, variables: dict[str, Any]) -> None:
        request = GraphQLRequest(subscription.reader.route.document, variables, kinds=ALL_KINDS)
        opening = self._start(self._acknowledge_later(subscription))
        try:
            answers = self._services.graph.stream(request, self._context(subscription.reader))
            async with aclosing(answers):
                async for answer in answers:
                    await self._check_rights()
                    if not await self._deliver(subscription, answer):
                        return
            await self._complete(subscription)
        except Close as close:
            self._end_with(close)
        except Exception as error:  # the boundary of a subscription: the others go on
            known = as_trellis_error(error)
            failure = subscription.reader.answers.failure_of(subscription.call, known)
            await self._finish(subscription, self._error(subscription, failure, is_final=True))
        finally:
            opening.cancel()

    async def _deliver(self, subscription: _Subscription, answer: Answer) -> bool:
        """Queue what an answer says; whether the subscription goes on."""
        call = subscription.call
        call.rate, call.identity = answer.rate, self._rights.identity
        found = subscription.reader.answers.event_data(call, answer)
        if not answer.executed:
            assert isinstance(found, Failure), "an operation is refused with errors"
            await self._finish(subscription, self._error(subscription, found, is_final=True))
            return False
        if (
            isinstance(found, Failure)
            and not subscription.is_acknowledged
            and not subscription.held
        ):
            subscription.held = found
            return True
        await self._acknowledge(subscription)
        if isinstance(found, Failure):
            await self._put(self._error(subscription, found, is_final=False))
        elif found is not None:
            await self._put(messages.event(subscription.name, found))
        return True

    async def _acknowledge_later(self, subscription: _Subscription) -> None:
        await asyncio.sleep(_OPENING_SECONDS)
        try:
            await self._acknowledge(subscription)
        except Close as close:
            self._end_with(close)

    async def _acknowledge(self, subscription: _Subscription) -> None:
        is_running = self._subscriptions.get(subscription.name) is subscription
        if is_running and not subscription.is_acknowledged:
            subscription.is_acknowledged = True
            await self._put(messages.about("subscribed", subscription.name))
            if subscription.held is not None:
                await self._put(self._error(subscription, subscription.held, is_final=False))

    async def _complete(self, subscription: _Subscription) -> None:
        if subscription.held is not None and not subscription.is_acknowledged:
            message = self._error(subscription, subscription.held, is_final=True)
        else:
            await self._acknowledge(subscription)
            message = messages.about("completed", subscription.name)
        await self._finish(subscription, message)

    async def _finish(self, subscription: _Subscription, message: bytes) -> None:
        if self._subscriptions.get(subscription.name) is not subscription:
            return  # the client has ended it, and may have begun another one
        # Free before the client learns of the end: it may subscribe again at once.
        del self._subscriptions[subscription.name]
        await self._put(message)

    def _error(self, subscription: _Subscription, failure: Failure, *, is_final: bool) -> bytes:
        body = subscription.reader.answers.failure_body(subscription.call, failure)
        return messages.error(subscription.name, failure, body, is_final=is_final)

    # -- refusals -----------------------------------------------------------------------------

    async def _refuse(
        self, name: Name, error: TrellisError | RequestInvalid, reader: TopicReader | None
    ) -> None:
        """Answer a subscribe that is no operation. It counts as one: a client that goes on beyond
        its limit is let go."""
        if reader is None:
            raise Close(4400, "Invalid message: there are no topics")
        given = _INVALID if isinstance(error, RequestInvalid) else error
        counted = await self._counted(given, reader.route.profile.limits_name)
        if counted is not given:
            raise Close(1013, f"Too often refused: {counted.message}")
        call = self._call()
        failure = reader.answers.failure_of(call, error)
        body = reader.answers.failure_body(call, failure)
        await self._put(messages.error(name, failure, body, is_final=True))

    def _call(self) -> Call:
        return Call(self._scope, dict(self._scope["headers"]), "", identity=self._rights.identity)

    def _context(self, reader: TopicReader) -> RequestContext:
        rights = self._rights
        return self._services.make_context(
            self._scope,
            rights.identity,
            rights.credentials.authorization,
            profile=reader.route.profile.limits_name,
            route=reader.route.id,
        )
