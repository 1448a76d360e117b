"""Who is mentioned: @handle of people who may see what is commented on."""

from tests.subgraphs.comments.asking import UPDATE, create, events, refuse, subject, user
from tests.support.subgraphs import Running, caller
from trellis.subgraphs.comments.mentions import MAX_MENTIONS


async def test_members_and_administrators_are_mentioned_each_once(comments: Running):
    made = await create(comments, "@grace. and @ALAN: ask @grace, @ada or @nobody")
    assert made["mentions"] == [
        {"handle": name, "user": {"id": user(name)}} for name in ("grace", "alan", "ada")
    ]
    [event] = await events(comments)
    told = event.payload["state"]["mentioned_ids"]
    assert told == [user(name) for name in ("grace", "alan", "ada")]


async def test_who_may_not_see_the_subject_is_not_mentioned(comments: Running):
    # Katherine is in ENG but not in COMP, hedy in another organization; ada administers all.
    made = await create(
        comments, "@katherine @hedy @ada @barbara", who="grace", on=subject("project", "COMP")
    )
    assert [one["handle"] for one in made["mentions"]] == ["ada", "barbara"]
    personal = await create(comments, "@grace @ada @alan", on=subject("task", "alan-1"))
    assert [one["handle"] for one in personal["mentions"]] == ["alan"]


async def test_an_edit_tells_who_is_mentioned_anew(comments: Running):
    made = await create(comments, "@grace @ada")
    edit = {"content": "@ada @katherine"}
    edited = await comments.ask(UPDATE, caller("alan"), id=made["id"], i=edit)
    found = edited["updateComment"]["comment"]["mentions"]
    assert [one["handle"] for one in found] == ["ada", "katherine"]
    event = (await events(comments))[-1]
    assert event.payload["newly_mentioned_ids"] == [user("katherine")]
    assert event.payload["state"]["mentioned_ids"] == [user("ada"), user("katherine")]


async def test_more_people_than_anybody_means_are_refused(comments: Running):
    many = " ".join(f"@somebody{number}" for number in range(MAX_MENTIONS + 1))
    assert (await refuse(comments, many))["fields"][0]["code"] == "VALUE_TOO_LONG"
    assert (await create(comments, many.removesuffix(f"@somebody{MAX_MENTIONS}")))["mentions"] == []
