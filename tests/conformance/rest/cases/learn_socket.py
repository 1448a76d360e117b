"""The event socket of the learning platform."""

from collections.abc import Iterator
from typing import Any

import orjson
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.conformance.rest.cases.pm_tasks import make_task
from tests.conformance.rest.contract import Operation
from tests.conformance.rest.world import World

_SECONDS = 30


def event_socket(world: World, operation: Operation) -> Iterator[str]:
    """What is wrong with it: without a token, at both of its addresses, and on coming back."""
    for path in (operation.path, f"/{operation.profile}{operation.path}"):
        url = str(world.client.base_url.join(path)).replace("http", "ws", 1)
        for token in (None, "no-token"):
            yield from _refused(url, token)
        yield from _notified(world, url)
        yield from _messages(world, url)
        yield from _output(world, url)


def _refused(url: str, token: str | None) -> Iterator[str]:
    try:
        with _open(url, token):
            yield f"{url}: open for {token}"
    except InvalidStatus as refusal:
        response = refusal.response
        error = orjson.loads(response.body or b"{}").get("error", {})
        if (response.status_code, error.get("code")) != (401, "UNAUTHORIZED"):
            yield f"{url}: {response.status_code} {error} for {token}"


def _notified(world: World, url: str) -> Iterator[str]:
    """Alan is notified of a task, and after coming back of the next one alone."""
    token = world.token("alan")
    with _open(url, token) as socket:
        _send(socket, type="subscribe", topic="notifications")
        yield from _differences(_receive(socket), type="subscribed", topic="notifications")
        make_task(world, title="First")
        first = _receive(socket)
        yield from _differences(first, type="event", topic="notifications")
        if "First" not in first.get("data", {}).get("message", ""):
            yield f"received {first}"
    make_task(world, title="Missed")
    with _open(url, token) as socket:
        _send(socket, type="subscribe", topic="notifications", after=first["cursor"])
        received = [_receive(socket), _receive(socket)]
        _send(socket, type="subscribe", topic="notifications", after=first["cursor"])
        _send(socket, type="ping")
        received += [_receive(socket), _receive(socket)]
    kinds = [message["type"] for message in received]
    if kinds != ["subscribed", "event", "subscribed", "pong"]:
        yield f"on coming back: {received}"
    missed = [message["data"]["message"] for message in received if message["type"] == "event"]
    if len(missed) != 1 or "Missed" not in missed[0]:
        yield f"on coming back: {missed}"


_OPEN = "mutation($id: ID!) { openDirectMessage(userId: $id) { channel { id } } }"
_SEND = "mutation($i: SendMessageInput!) { sendMessage(input: $i) { message { id } } }"


def _messages(world: World, url: str) -> Iterator[str]:
    """Ada reads what Alan writes to her, also what he wrote while she was away; and she sees that
    he is there. Grace reads nothing of it."""
    token, alan = world.token("ada"), {"id": world.person_id("alan")}
    channel = world.graph(_OPEN, alan, token=token)["openDirectMessage"]["channel"]["id"]
    named = {"topic": "channel", "id": channel}

    def write(content: str) -> None:
        given = {"channelId": channel, "content": content}
        world.graph(_SEND, {"i": given}, token=world.token("alan"))

    with _open(url, token) as socket:
        _send(socket, type="subscribe", **named)
        yield from _differences(_receive(socket), type="subscribed", **named)
        write("First")
        first = _receive(socket)
        yield from _differences(first, type="event", **named)
        yield from _differences(first["data"], content="First", type="text", channelId=channel)
    write("Missed")
    with _open(url, token) as socket:
        _send(socket, type="subscribe", after=first["cursor"], **named)
        write("Now")
        received = [_receive(socket) for _ in range(3)]
    contents = [message["data"]["content"] for message in received if message["type"] == "event"]
    if contents != ["Missed", "Now"]:
        yield f"on coming back: {received}"
    with _open(url, world.token("grace")) as socket:
        _send(socket, type="subscribe", **named)
        yield from _differences(_receive(socket).get("error", {}), code="NOT_FOUND")


_RUN = "mutation($i: ExecuteCodeInput!) { executeCode(input: $i) { execution { id } } }"


def _output(world: World, url: str) -> Iterator[str]:
    """A run of code is followed to its end, and again from its first event on; nobody else's is."""
    token = world.token("ada")
    code = {"language": "JAVASCRIPT", "code": "console.log('first'); console.log('second')"}
    run = world.graph(_RUN, {"i": code}, token=token)["executeCode"]["execution"]["id"]
    named = {"topic": "execution", "id": run}
    with _open(url, token) as socket:
        _send(socket, type="subscribe", **named)
        whole = list(_until_completed(socket))
        _send(socket, type="subscribe", after=whole[0]["cursor"], **named)
        rest = list(_until_completed(socket))
    text = "".join(event["data"].get("text", "") for event in whole)
    status = whole[-1]["data"]["status"]
    if (text, status) != ("first\nsecond\n", "completed"):
        yield f"output {text!r} of a run that is {status}"
    if [_piece(event) for event in rest] != [_piece(event) for event in whole[1:]]:
        yield f"after the first event: {rest}"
    if rest[-1] != whole[-1]:
        yield f"at the end: {rest[-1]}"
    with _open(url, world.token("grace")) as socket:
        _send(socket, type="subscribe", **named)
        yield from _differences(_receive(socket).get("error", {}), code="NOT_FOUND")


def _piece(event: Any) -> tuple[str, str | None, str | None]:
    """What an event says of the output; its run is told as it is when the event is sent."""
    return event["cursor"], event["data"].get("stream"), event["data"].get("text")


def _until_completed(socket: ClientConnection) -> Iterator[Any]:
    """The events of the only subscription, until it ends by itself."""
    while (message := _receive(socket))["type"] != "completed":
        if message["type"] == "event":
            yield message


def _open(url: str, token: str | None) -> ClientConnection:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return connect(url, additional_headers=headers)


def _send(socket: ClientConnection, **message: Any) -> None:
    socket.send(orjson.dumps(message).decode())


def _receive(socket: ClientConnection) -> Any:
    return orjson.loads(socket.recv(timeout=_SECONDS))


def _differences(message: Any, **wanted: str) -> Iterator[str]:
    for name, value in wanted.items():
        if message.get(name) != value:
            yield f"{message} where {name} is {value}"
