"""Whatever a client sends is one of three messages, or ends its socket."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trellis.router.delivery.socket import Close
from trellis.router.topics.messages import ClientMessage, Name, about, read_message

NAMES = ("type", "topic", "id", "after", "more")
VALUES = st.one_of(
    st.sampled_from(("subscribe", "unsubscribe", "ping", "", "room")),
    st.none(),
    st.booleans(),
    st.integers(),
    st.lists(st.text(), max_size=2),
    st.dictionaries(st.text(), st.text(), max_size=2),
)


def is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def wanted(message: dict[str, Any]) -> ClientMessage | None:
    """By the words of the documentation; None for what it does not know."""
    type, texts = message.get("type"), ("topic", "id", "after")
    known = {
        "subscribe": {"type", *texts},
        "unsubscribe": {"type", "topic", "id"},
        "ping": {"type"},
    }
    if not isinstance(type, str) or not set(message) <= known.get(type, set()):
        return None
    if type == "ping":
        return ClientMessage("ping")
    given = {name: message[name] for name in texts if message.get(name) is not None}
    if "topic" not in given or not all(is_text(value) for value in given.values()):
        return None
    return ClientMessage(type, Name(given["topic"], given.get("id")), given.get("after"))


@given(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5))
@example({"type": "subscribe", "topic": "room", "id": "a", "after": "7"})
@example({"type": "subscribe", "topic": "room", "id": None})
@example({"type": "unsubscribe", "topic": "room", "after": "7"})
@example({"type": "ping"})
def test_a_message_is_read_as_documented_or_refused(message: dict[str, Any]):
    expected = wanted(message)
    if expected is None:
        with pytest.raises(Close) as refused:
            read_message(message)
        assert refused.value.code == 4400
        assert len(refused.value.reason.encode()) <= 123
    else:
        assert read_message(message) == expected


def test_a_member_with_a_long_name_fits_into_a_close_frame():
    with pytest.raises(Close) as refused:
        read_message({"type": "ping", "\u00fc" * 5_000: 1})
    assert len(refused.value.reason.encode()) <= 123


def test_only_names_that_there_are_are_written():
    assert (
        about("subscribed", Name("room", "a")) == b'{"type":"subscribed","topic":"room","id":"a"}'
    )
    assert about("subscribed", Name("room")) == b'{"type":"subscribed","topic":"room"}'
