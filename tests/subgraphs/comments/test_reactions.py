"""Reactions: grouped, one of a type by each person, exact however many come at once."""

import asyncio

from sqlalchemy import func
from sqlmodel import col, select

from tests.subgraphs.comments.asking import REACT, TAKE_BACK, create, events, subject, user
from tests.support.statements import statements
from tests.support.subgraphs import Running, caller
from trellis.subgraphs.comments.models import Reaction

ALAN = caller("alan")


async def test_reactions_are_grouped_by_type(comments: Running):
    made = await create(comments)
    for who, type in (("ada", "HEART"), ("alan", "EYES"), ("grace", "HEART"), ("ada", "HEART")):
        given = await comments.ask(REACT, caller(who), id=made["id"], t=type)
    assert given["addReaction"]["comment"]["reactions"] == [
        {
            "type": "HEART",
            "count": 2,
            "hasMine": True,
            "users": [{"id": user("ada")}, {"id": user("grace")}],
        },
        {"type": "EYES", "count": 1, "hasMine": False, "users": [{"id": user("alan")}]},
    ]
    assert given["addReaction"]["comment"]["version"] == 1

    for _ in range(2):
        given = await comments.ask(TAKE_BACK, ALAN, id=made["id"], t="EYES")
    kinds = [group["type"] for group in given["removeReaction"]["comment"]["reactions"]]
    assert kinds == ["HEART"]
    assert [event.topic for event in await events(comments)][1:] == [
        *["comment.reaction_added"] * 3,
        "comment.reaction_removed",
    ]


async def test_who_does_not_see_a_comment_cannot_react(comments: Running):
    made = await create(comments)
    for operation in (REACT, TAKE_BACK):
        told = await comments.refusal(operation, caller("hedy"), id=made["id"], t="HEART")
        assert told["code"] == "NOT_FOUND"
    assert len(await events(comments)) == 1


async def test_of_fifty_equal_reactions_at_once_one_counts(comments: Running):
    made = await create(comments)

    async def react(number: int) -> None:
        who = ("ada", "grace", "katherine", "alan", "edsger")[number % 5]
        answer = await comments.answer_of_many(REACT, caller(who), id=made["id"], t="ROCKET")
        assert not answer.errors, answer.errors

    await asyncio.gather(*(react(number) for number in range(50)))
    async with comments.context().storage.read() as session:
        counted = select(func.count()).where(col(Reaction.type) == "rocket")
        assert (await session.execute(counted)).scalar_one() == 5
    told = [event.topic for event in await events(comments)]
    assert told.count("comment.reaction_added") == 5


async def test_the_statements_do_not_grow_with_the_comments(comments: Running):
    on = subject("milestone", "ENG/Release")
    query = """query($s: CommentSubjectInput!) { comments(subject: $s) { edges { node {
      reactions { count users { id } } mentions { handle } replyCount parent { content } } } } }"""
    counts = []
    for number in (1, 9):
        for _ in range(number):
            made = await create(comments, "@ada", on=on)
            await create(comments, "yes", on=on, parentId=made["id"])
            await comments.ask(REACT, ALAN, id=made["id"], t="HEART")
        with statements() as seen:
            await comments.ask(query, ALAN, s=on)
        counts.append(len(seen))
    assert counts[0] == counts[1]
