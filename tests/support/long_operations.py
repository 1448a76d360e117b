"""The longest operations that are legal, on demo data with much to read."""

import sqlite3
import uuid
from contextlib import closing
from pathlib import Path

COMMENTS = 40
_STAMP = "2026-01-06 14:30:00.000000"
_ISSUE = (
    "key summary description status priority createdAt updatedAt project { key name }"
    " assignee { username displayName } reporter { username displayName }"
    " comments(first: 2) { edges { node { content author { displayName } } } }"
)
LONGEST = {
    "four aliases": "{ "
    + " ".join(
        f"a{n}: issues(first: 100, skip: {n * 100}) {{ edges {{ node {{ {_ISSUE} }} }} }}"
        for n in range(4)
    )
    + " }",
    "megabytes": "{ issues(first: 39) { edges { node { key comments(first: 40) { edges { node {"
    " content createdAt author { username displayName } } } } } } } }",
}


def fill(database: Path) -> None:
    """Forty comments for each issue, half of them long."""
    with closing(sqlite3.connect(database)) as connection:
        issues = [id for [id] in connection.execute("SELECT id FROM issue")]
        [author] = connection.execute("SELECT author_id FROM comment LIMIT 1").fetchone()
        rows = [
            (_STAMP, _STAMP, 1, uuid.uuid4().hex, issue, author, "word " * (1_500 * (n % 2) + 5))
            for issue in issues
            for n in range(COMMENTS)
        ]
        connection.executemany("INSERT INTO comment VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        connection.commit()
