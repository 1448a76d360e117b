"""What a database of an earlier release has is kept when it is brought up to date."""

from uuid import uuid4

from sqlalchemy import text

from trellis.db import migrate
from trellis.db.engine import Database
from trellis.db.settings import DataSettings
from trellis.subgraphs.search.models import Base

TITLES = {1: "eng 12 log in log", 2: "straße 検 索", 3: ""}


async def test_words_of_titles_are_taken_over_from_the_index(data_settings: DataSettings):
    database = Database("search", data_settings.url_for("search"))
    try:
        if database.is_postgres:
            async with database.write() as session:
                await session.execute(text('drop schema if exists "search" cascade'))
        await migrate.upgrade(database, Base.metadata, "0001")
        async with database.write() as session:
            for number, title in TITLES.items():
                await session.execute(
                    text(
                        "insert into document (number, id, type, key_words, title, title_length, "
                        "version, is_deleted) values (:n, :id, 'issue', '', '', 0, 1, false)"
                    ),
                    {"n": number, "id": uuid4() if database.is_postgres else uuid4().hex},
                )
                if title:
                    await session.execute(text(_indexed(database, number, title)))

        await migrate.upgrade(database, Base.metadata)

        async with database.read() as session:
            rows = await session.execute(text("select number, title_words from document"))
            kept: dict[int, str] = {row[0]: row[1] for row in rows}
            assert kept == {
                number: f" {title} " if title else "" for number, title in TITLES.items()
            }
    finally:
        await database.close()


def _indexed(database: Database, number: int, title: str) -> str:
    if not database.is_postgres:
        return f"insert into document_text (rowid, title, body) values ({number}, '{title}', '')"
    words = title.split()
    vector = " ".join(f"{word}\\:{place}" for place, word in enumerate(words, 1))
    values = f"({number}, '{vector}', '{vector}')"
    return f"insert into document_text (number, words, title) values {values}"
