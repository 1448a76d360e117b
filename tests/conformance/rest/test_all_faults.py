"""All that is wrong with a request is told at once, with the member's path and what was sent."""

import pytest

from tests.conformance.rest.world import World

pytestmark = pytest.mark.xdist_group("rest_world")


def test_the_language_of_preferences_is_two_letters_in_any_case(world: World):
    person = world.fresh()
    headers = {"authorization": f"Bearer {person.token}"}
    path = "/learn/api/v1/users/me"
    body = {"preferences": {"language": "EN"}}
    assert world.client.patch(path, json=body, headers=headers).status_code == 200
    shown = world.graph("{ me { preferences { language } } }", token=person.token)
    assert shown["me"]["preferences"]["language"] == "en"

    for language in ("e", "english", "1x"):
        body = {"bio": "x" * 501, "preferences": {"language": language}}
        answer = world.client.patch(path, json=body, headers=headers)
        assert answer.status_code == 422, language
        told = answer.json()["error"]["details"]
        assert [one["field"] for one in told] == ["bio", "preferences.language"], told
        assert told[1]["value"] == language


def test_the_words_of_an_issue_are_told_together(world: World):
    headers = {"authorization": f"Bearer {world.token('ada')}"}
    many = dict.fromkeys(map(str, range(51)), 1)
    wrong = {"issue_type": "Chore", "priority": "Huge", "custom_fields": many}
    issue = {"project_id": world.project, "summary": "x", **wrong}
    answer = world.client.post("/tracker/api/v1/issues", json=issue, headers=headers)
    told = answer.json()["error"]["details"]
    assert [one["field"] for one in told] == ["custom_fields", "issue_type", "priority"], told


def test_nested_members_are_spelled_as_the_dialect_does(world: World):
    headers = {"authorization": f"Bearer {world.token('ada')}"}
    workflow = {
        "name": "W",
        "project_id": world.new_project(),
        "issue_types": ["Story"],
        "states": [{"name": "A", "type": "initial"}, {"name": "B", "type": "final"}],
        "transitions": [{"name": "C", "from_state": "Nope", "to_state": "No"}],
    }
    answer = world.client.post("/tracker/api/v1/workflows", json=workflow, headers=headers)
    told = answer.json()["error"]["details"]
    for one, name in zip(told, ("from_state", "to_state"), strict=True):
        assert one["field"] == f"transitions.0.{name}"
        assert one["message"].startswith(f"transitions.0.{name} must be one of"), one
