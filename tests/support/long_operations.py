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


def fill(data_dir: Path) -> None:
    """Forty comments for each issue, half of them long."""
    with closing(sqlite3.connect(data_dir / "comments.sqlite3")) as connection:
        issues = list(connection.execute("SELECT id, project_id FROM subject WHERE type = 'issue'"))
        [author] = connection.execute("SELECT author_id FROM comment LIMIT 1").fetchone()
        long = "word " * 1_500
        rows = [
            (uuid.uuid4().hex, issue, project, author, long * (n % 2) + "word " * 5)
            for issue, project in issues
            for n in range(COMMENTS)
        ]
        connection.executemany(
            "INSERT INTO comment (id, subject_id, project_id, author_id, content, subject_type, "
            f"created_at, updated_at, version, is_edited) VALUES (?, ?, ?, ?, ?, 'issue', "
            f"'{_STAMP}', '{_STAMP}', 1, 0)",
            rows,
        )
        connection.commit()
