"""Who sees which comments, on every way to one: a table of callers over one planted world."""

from collections.abc import Set
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete

from tests.subgraphs import seeing
from tests.subgraphs.comments.asking import CREATE, DELETE, REACT, TAKE_BACK, UPDATE
from tests.subgraphs.seeing import (
    ADMIN,
    BOSS,
    INSIDER,
    OURS,
    SEES,
    THEIRS,
    id_of,
    person,
    representation,
)
from tests.support.kept import kept
from tests.support.subgraphs import Running
from trellis.db.models import utc_now
from trellis.schema.identity import ANONYMOUS
from trellis.subgraphs.comments.models import (
    Comment,
    CommentMention,
    FileShare,
    Person,
    Project,
    ProjectMember,
    Reaction,
    Subject,
    SubjectType,
)

# GONE was deleted, and the news of its members and subjects has not been worked through.
PROJECTS: dict[str, tuple[UUID | None, tuple[str, ...]]] = {
    **seeing.PROJECTS,
    "GONE": (OURS, ("insider", "boss")),
}
KINDS = tuple(SubjectType)
OWNERS = ("admin", "boss", "insider", "foreigner")

EVERY_WAY = f"""query($reps: [_Any!]!) {{
  {
    " ".join(
        f'{kind}{key}: comments(subject: {{type: {kind.upper()}, id: "{id_of(kind, key)}"}}) '
        "{ ...Texts }"
        for kind in KINDS
        for key in PROJECTS
    )
}
  {
    " ".join(
        f'c{key}: comment(id: "{id_of("comment on task", key)}") {{ content }}' for key in PROJECTS
    )
}
  _entities(representations: $reps) {{
    ... on Comment {{ content }}
    ... on Project {{ comments {{ ...Texts }} commentCount recentComments {{ content }}
      commentStatistics {{ total onTasks }} }}
    ... on Task {{ comments {{ ...Texts }} commentCount }}
    ... on Issue {{ comments {{ ...Texts }} commentCount }}
    ... on File {{ comments {{ ...Texts }} commentCount }}
    ... on Milestone {{ comments {{ ...Texts }} commentCount }}
  }}
}}
fragment Texts on CommentConnection {{ totalCount edges {{ node {{ content }} }} }}"""
REPRESENTATIONS = [
    *(representation("Comment", id=id_of("comment on task", key)) for key in PROJECTS),
    *(representation(k.capitalize(), id=id_of(k, key)) for k in KINDS for key in PROJECTS),
]


async def plant(comments: Running) -> None:
    """The world of ``PROJECTS`` in place of the demo's: in each a comment on a subject of each
    kind; and one on a personal task and one on a personal file of each of ``OWNERS``."""
    async with comments.context().storage.begin() as uow:
        for table in (CommentMention, Reaction, Comment, Subject, ProjectMember, Project, Person):
            await uow.session.execute(delete(table))
        for key, (organization, members) in PROJECTS.items():
            copy = Project(
                id=id_of("project", key),
                key=key,
                organization_id=organization,
                version=1,
                is_deleted=key == "GONE",
            )
            uow.session.add(copy)
            await uow.session.flush()
            for name in members:
                seat = {"user_id": id_of("user", name), "role": "member"}
                uow.session.add(ProjectMember(project_id=copy.id, **seat))
            for kind in KINDS:
                await _plant_comment(uow, kind, id_of(kind, key), key, project_id=copy.id)
        for name in OWNERS:
            owner = id_of("user", name)
            home = THEIRS if name == "foreigner" else OURS
            uow.session.add(Person(id=owner, handle=name, organization_id=home))
            for kind in (SubjectType.TASK, SubjectType.FILE):
                await _plant_comment(uow, kind, id_of(f"own {kind}", name), name, owner_id=owner)


async def _plant_comment(uow: Any, kind: SubjectType, id: UUID, text: str, **belongs: Any) -> None:
    uow.session.add(Subject(id=id, type=kind, **belongs))
    await uow.session.flush()
    comment = Comment(
        id=id_of(f"comment on {kind}" if "project_id" in belongs else f"on own {kind}", text),
        subject_id=id,
        subject_type=kind,
        project_id=belongs.get("project_id"),
        author_id=id_of("user", "author"),
        content=text,
    )
    uow.session.add(comment)


def texts_in(connection: dict[str, Any]) -> Set[str]:
    texts = [edge["node"]["content"] for edge in connection["edges"]]
    assert connection["totalCount"] == len(texts) == len(set(texts))
    return set(texts)


async def test_everybody_sees_the_same_comments_on_every_way(comments: Running):
    await plant(comments)
    for who, keys in SEES:
        data = await comments.ask(EVERY_WAY, who, reps=REPRESENTATIONS)
        entities = iter(data.pop("_entities"))
        for kind in KINDS:
            for key in PROJECTS:
                assert texts_in(data.pop(f"{kind}{key}")) == keys & {key}, (who, kind)
        seen = [{"content": key} if key in keys else None for key in PROJECTS]
        assert list(data.values()) == [next(entities) for _ in PROJECTS] == seen, who
        for kind in KINDS:
            for key in PROJECTS:
                found = next(entities)
                assert texts_in(found.pop("comments")) == keys & {key}, (who, kind)
                assert found.pop("commentCount") == (1 if key in keys else None), (who, kind)
                if kind is SubjectType.PROJECT:
                    told = [one["content"] for one in found["recentComments"]]
                    assert told == ([key] * len(KINDS) if key in keys else []), who
                    counts = {"total": len(KINDS), "onTasks": 1} if key in keys else None
                    assert found["commentStatistics"] == counts, who


async def test_who_administers_issues_sees_comments_on_issues_only(comments: Running):
    await plant(comments)
    keeper = person("keeper", OURS, scopes=frozenset({"admin:issues"}))
    data = await comments.ask(EVERY_WAY, keeper, reps=REPRESENTATIONS)
    seen = {name for name, found in data.items() if name[0] != "_" and found and found.get("edges")}
    assert seen == {"issueOURS", "issueEMPTY"}


@pytest.mark.parametrize("kind", ["task", "file"])
async def test_what_is_on_personal_things_is_seen_by_their_owner_alone(
    comments: Running, kind: str
):
    """Not even by whoever administers the organization, or all of them."""
    await plant(comments)
    ids = [(name, id_of(f"own {kind}", name)) for name in OWNERS]
    query = f"""{{ {
        " ".join(
            f'{name}: comments(subject: {{type: {kind.upper()}, id: "{id}"}}) '
            "{ totalCount edges { node { content } } }"
            for name, id in ids
        )
    } }}"""
    for who, _ in SEES:
        data = await comments.ask(query, who)
        for name, _ in ids:
            own = {name} if who.id == id_of("user", name) else set()
            assert texts_in(data[name]) == own, (who, name)


async def test_a_shared_file_is_commented_on_by_those_it_is_shared_with(comments: Running):
    """Until the share ends, and within the organization of whoever has uploaded it."""
    await plant(comments)
    file, later = id_of("own file", "boss"), utc_now() + timedelta(hours=1)
    shares = {"insider": later, "bystander": None, "late": utc_now(), "foreigner": None}
    async with comments.context().storage.begin() as uow:
        for name, end in shares.items():
            share = {"user_id": id_of("user", name), "expires_at": end}
            uow.session.add(FileShare(file_id=file, **share))
    sees = {
        "insider": (OURS, True),
        "bystander": (OURS, True),
        "late": (OURS, False),
        "foreigner": (THEIRS, False),
        "loner": (None, False),
    }
    given = {"subjectType": "FILE", "subjectId": str(file), "content": "Good."}
    for name, (tenant, is_seen) in sees.items():
        answer = await comments.answer(CREATE, person(name, tenant), i=given)
        assert (not answer.errors) == is_seen, name


async def test_whatever_somebody_does_not_see_is_not_found_by_any_change(comments: Running):
    await plant(comments)
    before = await kept(comments)
    tried = 0
    for who, keys in SEES:
        if who not in (ADMIN, BOSS, INSIDER, ANONYMOUS):
            continue
        code = "NOT_FOUND" if who.is_authenticated else "UNAUTHENTICATED"
        hidden = [("comment on task", "task", key) for key in PROJECTS if key not in keys]
        hidden += [("comment on issue", "issue", key) for key in PROJECTS if key not in keys]
        others = [name for name in OWNERS if who.id != id_of("user", name)]
        hidden += [("on own task", "own task", name) for name in others]
        for kind, subject, name in hidden:
            for operation, variables in changes(id_of(kind, name), subject, name):
                refusal = await comments.refusal(operation, who, **variables)
                assert refusal["code"] == code, (who, name, operation)
                tried += 1
    assert tried == 5 * (2 * (1 + 3 + 4 + 6) + 3 + 3 + 3 + 4)
    assert await kept(comments) == before


def changes(id: UUID, kind: str, name: str) -> list[tuple[str, dict[str, Any]]]:
    """Every change of a comment, and another comment on its subject."""
    on = {"subjectType": kind.removeprefix("own ").upper(), "subjectId": str(id_of(kind, name))}
    return [
        (CREATE, {"i": {**on, "content": "x"}}),
        (UPDATE, {"id": str(id), "i": {"content": "x"}}),
        (DELETE, {"id": str(id)}),
        (REACT, {"id": str(id), "t": "HEART"}),
        (TAKE_BACK, {"id": str(id), "t": "HEART"}),
    ]


@pytest.mark.parametrize("key", ["GONE", "THEIRS"])
async def test_nobody_listens_to_what_they_do_not_see(comments: Running, key: str):
    await plant(comments)
    stream: Any = await comments.subgraph.schema.subscribe(
        "subscription($s: CommentSubjectInput!) { commentAdded(subject: $s) { content } }",
        variable_values={"s": {"type": "TASK", "id": str(id_of("task", key))}},
        context_value=comments.context(BOSS),
    )
    first = await anext(stream)
    assert [error.extensions["code"] for error in first.errors] == ["NOT_FOUND"]
