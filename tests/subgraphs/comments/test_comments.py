"""Writing, answering, changing and deleting comments."""

from typing import Any
from uuid import uuid4

import pytest

from tests.subgraphs.comments.asking import (
    DELETE,
    ENG,
    LIST,
    ON_ENG,
    PARTS,
    UPDATE,
    create,
    events,
    refuse,
    subject,
    texts,
    user,
)
from tests.support.subgraphs import Running, caller

ALAN, GRACE = caller("alan"), caller("grace")
NOBODY = str(uuid4())


async def test_a_comment_says_what_it_is_about_and_appears_last(comments: Running):
    before = await texts(comments, ON_ENG)
    made = await create(comments, " Oiled. ")

    assert {**made, "id": ""} == {
        "id": "",
        "content": "Oiled.",
        "author": {"id": user("alan")},
        "subjectType": "PROJECT",
        "subjectId": ENG,
        "parentId": None,
        "isEdited": False,
        "version": 1,
        "mentions": [],
        "reactions": [],
    }
    assert await texts(comments, ON_ENG) == [*before, "Oiled."]
    [event] = await events(comments)
    told = event.topic, event.key, event.payload["comment_id"]
    assert told == ("comment.created", ENG, made["id"])


@pytest.mark.parametrize(
    ("kind", "name"),
    [("task", "ENG-1"), ("issue", "ENG-1"), ("milestone", "ENG/Release"), ("project", "COMP")],
)
async def test_everything_in_a_project_can_be_commented_on(comments: Running, kind: str, name: str):
    on = subject(kind, name)
    await create(comments, "first", on=on, who="grace")
    await create(comments, "second", on=on, who="grace")
    assert (await texts(comments, on, "grace"))[-2:] == ["first", "second"]
    other = {**on, "type": "FILE"}  # the id says nothing without its kind
    assert await texts(comments, other, "grace") == []
    assert (await refuse(comments, on=other, who="grace"))["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("members", "fields"),
    [
        ({"content": " "}, ["content"]),
        ({"content": "x" * 10_001, "parentId": "x"}, ["content", "parentId"]),
        ({"on": {"type": "TASK", "id": "x"}, "content": "a\x00"}, ["content", "subjectId"]),
        ({"parentId": NOBODY}, ["parentId"]),
    ],
)
async def test_what_is_wrong_with_a_comment_is_told_at_once(
    comments: Running, members: dict[str, Any], fields: list[str]
):
    told = await refuse(comments, **members)
    assert told["code"] == "BAD_USER_INPUT"
    assert sorted(problem["field"] for problem in told["fields"]) == fields
    assert await events(comments) == []


async def test_answers_form_threads(comments: Running):
    first = await create(comments, "Who has the drawings?")
    answer = await create(comments, "I have.", who="ada", parentId=first["id"])
    further = await create(comments, "Thanks.", parentId=answer["id"])
    query = """query($id: ID!) { comment(id: $id) { parent { content } replyCount
      replies(first: 1) { totalCount edges { node { content replyCount } } } } }"""

    found = (await comments.ask(query, ALAN, id=first["id"]))["comment"]
    assert found == {
        "parent": None,
        "replyCount": 1,
        "replies": {"totalCount": 1, "edges": [{"node": {"content": "I have.", "replyCount": 1}}]},
    }
    found = (await comments.ask(query, ALAN, id=further["id"]))["comment"]
    assert (found["parent"], found["replyCount"]) == ({"content": "I have."}, 0)


async def test_an_answer_belongs_to_the_subject_of_what_it_answers(comments: Running):
    on_task = await create(comments, on=subject("task", "ENG-1"))
    told = await refuse(comments, parentId=on_task["id"])
    assert [problem["field"] for problem in told["fields"]] == ["parentId"]


async def test_an_edit_is_told_and_a_lost_race_noticed(comments: Running):
    made = await create(comments, "Oild.")
    edit = {"content": "Oiled.", "version": 1}
    edited = (await comments.ask(UPDATE, ALAN, id=made["id"], i=edit))["updateComment"]["comment"]
    assert (edited["content"], edited["isEdited"], edited["version"]) == ("Oiled.", True, 2)

    told = await comments.refusal(UPDATE, ALAN, id=made["id"], i={"content": "x", "version": 1})
    assert (told["code"], told["currentVersion"]) == ("CONFLICT", 2)
    same = {"content": "Oiled."}
    again = (await comments.ask(UPDATE, ALAN, id=made["id"], i=same))["updateComment"]["comment"]
    assert again["version"] == 2
    assert [event.topic for event in await events(comments)] == [
        "comment.created",
        "comment.updated",
    ]


async def test_nobody_but_the_author_edits(comments: Running):
    made = await create(comments)
    for who, code in (("ada", "FORBIDDEN"), ("hedy", "NOT_FOUND")):
        told = await comments.refusal(UPDATE, caller(who), id=made["id"], i={"content": "x"})
        assert told["code"] == code
    assert len(await events(comments)) == 1


async def test_the_author_and_managers_delete_what_nobody_has_answered(comments: Running):
    first = await create(comments, "first")
    reply = await create(comments, "reply", who="katherine", parentId=first["id"])

    assert (await comments.refusal(DELETE, ALAN, id=first["id"]))["code"] == "CONFLICT"
    assert (await comments.refusal(DELETE, ALAN, id=reply["id"]))["code"] == "FORBIDDEN"
    assert (await comments.refusal(DELETE, caller("hedy"), id=reply["id"]))["code"] == "NOT_FOUND"
    await comments.ask(DELETE, GRACE, id=reply["id"])
    await comments.ask(DELETE, ALAN, id=first["id"])
    assert (await comments.refusal(DELETE, ALAN, id=first["id"]))["code"] == "NOT_FOUND"
    assert "first" not in await texts(comments, ON_ENG)
    assert [event.topic for event in await events(comments)][-2:] == ["comment.deleted"] * 2


async def test_a_list_is_read_page_by_page(comments: Running):
    for number in range(3):
        await create(comments, f"number {number}", on=subject("milestone", "ENG/Release"))
    given: dict[str, Any] = {"s": subject("milestone", "ENG/Release"), "first": 2}
    first = (await comments.ask(LIST, ALAN, **given))["comments"]
    assert (first["totalCount"], first["pageInfo"]) == (3, {"hasNextPage": True})
    rest = await comments.ask(LIST, ALAN, **given, after=first["edges"][-1]["cursor"])
    pages = [*first["edges"], *rest["comments"]["edges"]]
    assert [edge["node"]["content"] for edge in pages] == ["number 0", "number 1", "number 2"]


async def test_other_subgraphs_ask_for_comments_by_id(comments: Running):
    made = await create(comments)
    ids = [made["id"], NOBODY, "x"]
    asked = [{"__typename": "Comment", "id": id} for id in ids]
    found = await comments.entities(ALAN, f"... on Comment {{ {PARTS} }}", *asked)
    assert found == [made, None, None]
