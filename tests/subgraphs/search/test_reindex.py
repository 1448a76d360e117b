"""The index can be made anew, from documents and from events, and is then what it was."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from tests.subgraphs.search.asking import ADMIN, ask, words_kept
from tests.subgraphs.search.test_upkeep import issue, issue_deleted, project, task, user
from tests.support.subgraphs import Running, caller
from trellis.db.engine import Database
from trellis.db.models import new_metadata
from trellis.db.outbox import append, outbox_of
from trellis.db.settings import DataSettings
from trellis.schema.events.accounts import UserUpdated
from trellis.schema.events.event import Event
from trellis.subgraphs.search.commands import app
from trellis.subgraphs.search.reindex import reindex

QUERIES = ("card reader", "turing", "tuing", "eng-12", '"the card"')


async def lose_all(search: Running, *tables: str) -> None:
    async with search.context().storage.begin() as uow:
        for table in tables:
            await uow.session.execute(text(f"delete from {table}"))


async def test_words_are_made_anew_from_the_documents(search: Running):
    before = [await ask(search, caller("alan"), query) for query in QUERIES]
    kept = await words_kept(search)
    told: list[tuple[str, int, int]] = []
    await lose_all(search, "document_text", "title_word", "spelling")
    assert (await ask(search, caller("alan"), "card"))["results"]["totalCount"] == 0

    made = await reindex(search.settings, lambda *one: told.append(one))

    assert await words_kept(search) == kept
    assert [await ask(search, caller("alan"), query) for query in QUERIES] == before
    [total] = kept["text"]
    assert made.documents == total
    assert told[-1] == ("documents", total, total)


async def announce(settings: DataSettings, stream: str, events: Sequence[Event]) -> None:
    """What a subgraph that does not run here has announced."""
    database, log = Database(stream, settings.url_for(stream)), outbox_of(new_metadata())
    try:
        async with database.write() as session:
            if database.is_postgres:
                await session.execute(text(f'drop schema if exists "{stream}" cascade'))
                await session.execute(text(f'create schema "{stream}"'))
            connection = await session.connection()
            await connection.run_sync(log.create)
            await append(session, log, events, {})
    finally:
        await database.close()


async def announce_everything(settings: DataSettings) -> None:
    await announce(settings, "projects", [project()])
    await announce(
        settings, "issues", [issue("Oil a gizmo"), issue("Oil the gizmo", 2, "with care")]
    )
    await announce(settings, "tasks", [task("Gizmo of tin"), task("Errand", 2, None)])
    await announce(settings, "accounts", [user(), user(UserUpdated, 2, display_name="Ann G")])


async def test_everything_that_was_announced_is_read_again(empty: Running):
    await announce_everything(empty.settings)

    for _ in range(2):
        made = await reindex(empty.settings, lambda *_: None, from_events=True)

        assert (made.events, made.documents, made.unread) == (7, 4, 0)
    found = await ask(empty, ADMIN, "gizmo")
    assert found["aggregations"]["byType"] == {
        "issues": 1,
        "projects": 1,
        "users": 0,
        "tasks": 1,
    }
    before = await words_kept(empty)

    await lose_all(
        empty, "document_text", "title_word", "spelling", "document", "project_member", "project"
    )
    await reindex(empty.settings, lambda *_: None, from_events=True)

    assert await words_kept(empty) == before
    assert await ask(empty, ADMIN, "gizmo") == found


async def test_an_event_that_cannot_be_read_keeps_nothing_else_from_it(
    empty: Running, caplog: pytest.LogCaptureFixture
):
    await announce(empty.settings, "projects", [project()])
    await announce(empty.settings, "issues", [issue("Gizmo"), issue_deleted(2), issue("No", 3)])
    database = Database("issues", empty.settings.url_for("issues"))
    async with database.write() as session:
        await session.execute(
            text("update outbox set payload = '{}' where topic = 'issue.deleted'")
        )
    await database.close()

    made = await reindex(empty.settings, lambda *_: None, from_events=True)

    assert (made.events, made.documents, made.unread) == (4, 2, 1)
    assert "cannot be read" in caplog.text


def test_an_operator_sees_what_was_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TRELLIS_DATA_DIR", str(tmp_path / "data"))
    for name in ("TRELLIS_DATABASE_URL", "TRELLIS_REDIS_URL"):
        monkeypatch.delenv(name, raising=False)

    done = [CliRunner().invoke(app, ["reindex", *more]) for more in ([], ["--from-events"])]

    assert [result.exit_code for result in done] == [0, 0]
    assert "indexed 0 documents" in done[0].output
    assert "read 0 events" in done[1].output
    assert [file.name for file in (tmp_path / "data").glob("*.sqlite3")] == ["search.sqlite3"]
