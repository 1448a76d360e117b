"""Topics are checked when the router starts, and a mistake names its file and line."""

from pathlib import Path

import pytest

from tests.support.rooms import TOPICS, serving_rooms
from trellis.router.errors import ConfigError


async def refused(folder: Path, text: str, **others: str) -> str:
    with pytest.raises(ConfigError) as error:
        async with serving_rooms(folder, {"wrong": text, **others}):
            pass
    return str(error.value).removeprefix(f"{folder}/operations/topics/learn/")


async def test_a_topic_knows_its_id_and_whether_it_resumes(tmp_path: Path):
    async with serving_rooms(tmp_path) as door:
        known = {
            name: (topic.id and topic.id.name, topic.is_resumable)
            for name, topic in door.topics.items()
        }
    assert known == {
        "room": ("roomId", True),
        "countdown": ("start", False),
        "blocks": (None, False),
        "breaks": (None, False),
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "subscription S { blocks }",
            "wrong.graphql:1: A topic says what it is, and is no route: @topic(name: ...).",
            id="without a name",
        ),
        pytest.param(
            'subscription S @topic(name: "Two words") { blocks }',
            "wrong.graphql:1: @topic: a name has small letters, digits and `-`.",
            id="a name of two words",
        ),
        pytest.param(
            'query Q @topic(name: "q") { hello }',
            "wrong.graphql:1: @topic does not belong here.",
            id="a query",
        ),
        pytest.param(
            '# A field.\nsubscription S @topic(name: "s") { silence }',
            "wrong.graphql:2: Cannot query field 'silence' on type 'Subscription'.",
            id="a field that there is not",
        ),
        pytest.param(
            'subscription S($roomId: ID!) @topic(name: "s") { posted(roomId: $roomId) { text } }',
            "wrong.graphql:1: @topic: nothing fills $roomId; a topic has an id, and a cursor that "
            'is @from(header: "Last-Event-ID").',
            id="a variable that nothing fills",
        ),
        pytest.param(
            'subscription S @topic(name: "s", id: "room") { blocks }',
            "wrong.graphql:1: No variable takes the path parameter {room}.",
            id="an id that is no variable",
        ),
        pytest.param(
            'subscription S @topic(name: "s") @rest(method: GET, path: "/s", answers: EVENTS)'
            " { blocks }",
            "wrong.graphql:1: A topic says what it is, and is no route: @topic(name: ...).",
            id="a route",
        ),
    ],
)
async def test_a_mistake_is_found_at_the_start(tmp_path: Path, text: str, message: str):
    assert await refused(tmp_path, text) == message


async def test_a_name_stands_for_one_topic(tmp_path: Path):
    message = await refused(tmp_path, TOPICS["blocks"], blocks=TOPICS["blocks"])
    assert "the topic blocks is in" in message
