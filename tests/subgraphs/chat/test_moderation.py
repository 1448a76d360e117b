"""Texts are checked before they are accepted: by words, or by a service that has a time limit."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import orjson
import pytest

from tests.subgraphs.chat.asking import EDIT, GENERAL_ID, events, refuse, send, texts
from tests.support.subgraphs import Running, caller
from trellis.schema.errors import Unavailable
from trellis.subgraphs.chat.models import MessageType
from trellis.subgraphs.chat.moderation import Draft, HttpModerator, WordList, moderator_of
from trellis.subgraphs.chat.settings import ChatSettings

DRAFT = Draft(content="Oiled.", type=MessageType.TEXT, channel_id=uuid4(), author_id=uuid4())
Answer = Callable[[asyncio.StreamWriter, bytes], Awaitable[None]]


@asynccontextmanager
async def service(answer: Answer) -> AsyncIterator[str]:
    """A moderation service; ``answer`` gets the body of a request."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        try:
            await answer(writer, head + await reader.readexactly(length))
            await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/check"


def saying(body: bytes, status: bytes = b"200 OK") -> Answer:
    async def answer(writer: asyncio.StreamWriter, _request: bytes) -> None:
        head = b"HTTP/1.1 %s\r\ncontent-length: %d\r\n\r\n" % (status, len(body))
        writer.write(head + body)

    return answer


async def test_blocked_words_are_refused_as_whole_words(
    chat: Running, monkeypatch: pytest.MonkeyPatch
):
    sent = await send(chat, "A mill")
    monkeypatch.setenv("TRELLIS_CHAT_BLOCKED_WORDS", "darn, c++")
    before = len(await events(chat))
    refused = await refuse(chat, "Well, DARN it")
    assert [one["code"] for one in refused["fields"]] == ["CONTENT_REFUSED"]
    edit = await chat.refusal(EDIT, caller("ada"), id=sent["id"], i={"content": "I like C++."})
    assert edit["fields"][0]["code"] == "CONTENT_REFUSED"
    assert len(await events(chat)) == before
    assert (await texts(chat))[0] == "A mill"
    await send(chat, "A darned sock")


@pytest.mark.parametrize(
    ("text", "is_refused"),
    [
        ("ba\u200bd", True),
        ("b\u00ada\u2060d", True),
        ("\uff42\uff41\uff44", True),
        ("b\u0336a\u0336d\u0336", True),
        ("_bad_ **BAD**", True),
        ("\u202ebad", True),
        ("b\u3164a\u115fd", True),
        ("b\u180ba\U000e0100d", True),
        ("b\u00e4d", False),  # another letter, another word
        ("ba\u0308d", False),
        ("badly", False),
        ("bad2", False),
    ],
)
async def test_a_word_is_refused_however_it_is_written(text: str, is_refused: bool):
    draft = Draft(content=text, type=MessageType.TEXT, channel_id=None, author_id=uuid4())
    reason = await WordList(("bad", "\u200b")).reason_to_refuse(draft)
    assert (reason is not None) is is_refused


async def test_a_capital_letter_with_a_dot_is_the_small_one():
    draft = Draft(content="\u0130LL", type=MessageType.TEXT, channel_id=None, author_id=uuid4())
    assert await WordList(("ill",)).reason_to_refuse(draft) is not None


async def test_a_service_decides_and_says_why(chat: Running, monkeypatch: pytest.MonkeyPatch):
    received: list[bytes] = []
    verdict = [b'{"accepted": true}', b'{"accepted": false, "reason": "Be kind."}']

    async def answer(writer: asyncio.StreamWriter, request: bytes) -> None:
        received.append(request)
        await saying(verdict[len(received) - 1])(writer, request)

    async with service(answer) as url:
        monkeypatch.setenv("TRELLIS_CHAT_MODERATION_URL", url)
        monkeypatch.setenv("TRELLIS_CHAT_MODERATION_TOKEN", "t0ken")
        await send(chat, "first")
        refused = await refuse(chat, "second")
    assert refused["fields"][0]["message"] == "Be kind."
    assert b"authorization: Bearer t0ken" in received[0]
    asked = orjson.loads(received[0].split(b"\r\n\r\n")[1])
    assert (asked["content"], asked["channelId"]) == ("first", GENERAL_ID)


async def test_what_nobody_may_send_is_not_shown_to_the_service(
    chat: Running, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TRELLIS_CHAT_MODERATION_URL", "http://127.0.0.1:9/")  # nobody is there
    assert (await refuse(chat, who="hedy"))["code"] == "NOT_FOUND"
    assert (await refuse(chat))["code"] == "SERVICE_UNAVAILABLE"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{}", b"200 OK"),
        (b'{"accepted": "yes"}', b"200 OK"),
        (b"[true]", b"200 OK"),
        (b"no JSON", b"200 OK"),
        (b'{"accepted": true}', b"500 Oops"),
        (b'{"accepted": true}', b"302 Found\r\nlocation: /other"),
    ],
    ids=["nothing", "text", "list", "no JSON", "failure", "redirect"],
)
async def test_an_answer_that_is_no_verdict_accepts_nothing(body: bytes, status: bytes):
    async with service(saying(body, status)) as url:
        with pytest.raises(Unavailable):
            await HttpModerator(url, token=None, seconds=2).reason_to_refuse(DRAFT)


async def test_a_service_that_does_not_decide_in_time_accepts_nothing():
    async def drip(writer: asyncio.StreamWriter, _request: bytes) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n")
        for _ in range(100):  # each byte in time, the answer not
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with service(drip) as url:
        began = asyncio.get_running_loop().time()
        with pytest.raises(Unavailable):
            await HttpModerator(url, token=None, seconds=0.2).reason_to_refuse(DRAFT)
        assert asyncio.get_running_loop().time() - began < 1.5


def test_settings_choose_the_moderator():
    assert isinstance(moderator_of(ChatSettings.from_environment({})), WordList)
    url = {"TRELLIS_CHAT_MODERATION_URL": "https://example.com/check"}
    assert isinstance(moderator_of(ChatSettings.from_environment(url)), HttpModerator)


@pytest.mark.parametrize(
    ("name", "value"),
    [("URL", "file:///etc"), ("SECONDS", "0"), ("SECONDS", "5"), ("SECONDS", "soon")],
)
def test_settings_that_make_no_sense_are_refused(name: str, value: str):
    with pytest.raises(ValueError, match=name):
        ChatSettings.from_environment({f"TRELLIS_CHAT_MODERATION_{name}": value})
