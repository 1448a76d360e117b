"""What a person uses: GraphQL and REST over HTTP, GraphQL's WebSocket, and the event socket."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

_SECONDS = 60
"""For what happens within one or two of them where the machine has nothing else to do."""
_TRIES = 5
FROM_THE_BEGINNING = "0"
"""As the cursor of a subscription: nothing is missed while it begins."""


class Person:
    """Somebody at the server at ``url``, and what they are signed in with."""

    def __init__(self, url: str) -> None:
        self.url, self.token, self.id = url, "", ""
        self._http = httpx.AsyncClient(base_url=url, timeout=_SECONDS, trust_env=False)

    async def close(self) -> None:
        await self._http.aclose()

    async def ask(self, document: str, **variables: Any) -> Any:
        """The data of an operation that must go well."""
        answer = await self._post(document, variables)
        assert "errors" not in answer, answer
        return answer["data"]

    async def refusal(self, document: str, **variables: Any) -> str:
        """The code of the one error of an operation."""
        [error] = (await self._post(document, variables))["errors"]
        return error["extensions"]["code"]

    async def _post(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        body = {"query": document, "variables": variables}
        return (await self._send("POST", "/graphql", json=body)).json()

    async def rest(
        self, method: str, path: str, status: int = 200, /, *, key: str | None = None, **body: Any
    ) -> Any:
        """What the route answers, without the envelope of its dialect; ``key`` is the one of an
        idempotent request."""
        headers = {"idempotency-key": key} if key else {}
        answer = await self._send(method, path, headers, body or None)
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        return _unwrapped(answer.json()) if answer.content else None

    async def _send(
        self, method: str, path: str, headers: dict[str, str] | None = None, json: Any = None
    ) -> httpx.Response:
        """Once more after the pause that the server asks for: others sign in from this address,
        and on a busy machine limits cannot be counted in time."""
        headers = self._headers | (headers or {})
        tries = 1
        while True:
            answer = await self._http.request(method, path, headers=headers, json=json)
            is_told_to_wait = answer.status_code in (429, 503) and "retry-after" in answer.headers
            if not is_told_to_wait or tries == _TRIES:
                return answer
            tries += 1
            await asyncio.sleep(float(answer.headers["retry-after"]))

    async def events(self, path: str) -> list[Any]:
        """The data of a stream of server-sent events, up to its end."""
        found = list[Any]()
        stream = self._http.stream("GET", path, headers=self._headers)
        async with asyncio.timeout(_SECONDS), stream as answer:
            assert answer.status_code == 200, path
            async for line in answer.aiter_lines():
                if line == "event: complete":
                    break
                if line.startswith("data: "):
                    found.append(_unwrapped(json.loads(line.removeprefix("data: "))))
        return found

    @property
    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"} if self.token else {}

    @asynccontextmanager
    async def live(self) -> AsyncGenerator["Live"]:
        """A socket that speaks graphql-transport-ws."""
        address = f"{self.url.replace('http', 'ws', 1)}/graphql"
        async with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
            payload = {"authorization": f"Bearer {self.token}"}
            await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            async with _listening(Live(socket)) as live:
                yield live

    @asynccontextmanager
    async def topics(self) -> AsyncGenerator["Topics"]:
        """The event socket."""
        address = f"{self.url.replace('http', 'ws', 1)}/learn/ws"
        connecting = connect(address, additional_headers=self._headers)
        async with connecting as socket, _listening(Topics(socket)) as topics:
            yield topics


def _unwrapped(content: Any) -> Any:
    is_wrapped = isinstance(content, dict) and {"success", "data"} <= content.keys()
    return content["data"] if is_wrapped else content


class Stream:
    """What comes by one subscription, in order."""

    def __init__(self) -> None:
        self._events = asyncio.Queue[Any]()
        self.is_open = asyncio.Event()

    def put(self, event: Any) -> None:
        self.is_open.set()
        self._events.put_nowait(event)

    async def until(self, is_it: Callable[[Any], bool]) -> list[Any]:
        """All that comes, up to the first event that is so."""
        found = list[Any]()
        try:
            async with asyncio.timeout(_SECONDS):
                while not found or not is_it(found[-1]):
                    found.append(await self._events.get())
                    if isinstance(found[-1], AssertionError):
                        raise found[-1]
        except TimeoutError:
            raise AssertionError(f"it has not come, only {found}") from None
        return found


class _Socket:
    """Several subscriptions on one connection."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._streams = dict[Any, Stream]()
        self.ended = asyncio.get_running_loop().create_future()

    async def listen(self) -> None:
        """Until the server closes; ``ended`` is its code then."""
        try:
            async for text in self._socket:
                await self.take(json.loads(text))
        except ConnectionClosed:
            pass
        except AssertionError as error:
            for stream in self._streams.values():
                stream.put(error)
            raise
        self.ended.set_result(self._socket.close_code)

    async def take(self, message: dict[str, Any]) -> None:
        raise NotImplementedError

    async def close_code(self) -> int:
        """That of a connection which the server ends."""
        async with asyncio.timeout(_SECONDS):
            return await self.ended


_AnySocket = TypeVar("_AnySocket", bound=_Socket)


@asynccontextmanager
async def _listening(socket: _AnySocket) -> AsyncGenerator[_AnySocket]:
    task = asyncio.create_task(socket.listen())
    try:
        yield socket
    finally:
        task.cancel()


class Live(_Socket):
    async def subscribe(self, document: str, **variables: Any) -> Stream:
        """The stream of the only field of the subscription."""
        id = str(len(self._streams))
        self._streams[id] = stream = Stream()
        payload = {"query": document, "variables": variables}
        message = {"id": id, "type": "subscribe", "payload": payload}
        await self._socket.send(json.dumps(message))
        return stream

    async def take(self, message: dict[str, Any]) -> None:
        if message["type"] == "ping":
            await self._socket.send(json.dumps({"type": "pong"}))
        elif message["type"] == "next":
            payload = message["payload"]
            assert "errors" not in payload, payload
            [event] = payload["data"].values()
            self._streams[message["id"]].put(event)
        else:
            assert message["type"] != "error", message


class Topics(_Socket):
    async def subscribe(self, topic: str, id: str | None = None) -> Stream:
        """The stream of a topic, from its first event on."""
        name = {"topic": topic} | ({"id": id} if id else {})
        self._streams[topic, id] = stream = Stream()
        message = {"type": "subscribe", **name, "after": FROM_THE_BEGINNING}
        await self._socket.send(json.dumps(message))
        async with asyncio.timeout(_SECONDS):
            await stream.is_open.wait()
        return stream

    async def take(self, message: dict[str, Any]) -> None:
        stream = self._streams[message.get("topic"), message.get("id")]
        if message["type"] == "event":
            stream.put(message["data"])
        else:
            assert message["type"] in {"subscribed", "completed"}, message
            stream.is_open.set()
