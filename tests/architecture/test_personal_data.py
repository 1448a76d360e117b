"""Every column that refers to a person is in the export of personal data."""

import re
from collections.abc import Iterator
from importlib import import_module

import pytest
from sqlalchemy import Uuid
from sqlmodel import SQLModel

from tests.support.product import SUBGRAPHS
from tests.support.shared import ROOT
from trellis.db.personal_data import person_columns

# Columns with ids of other things than people.
THINGS = frozenset(
    {
        "definition_id",
        "id",
        "api_key_id",
        "batch_id",
        "channel_id",
        "course_id",
        "event_id",
        "file_id",
        "issue_id",
        "lease_id",
        "message_id",
        "milestone_id",
        "notification_id",
        "order_id",
        "payment_id",
        "organization_id",
        "project_id",
        "redelivery_of",
        "reply_to_id",
        "subject_id",
        "target_id",
        "task_id",
        "team_id",
        "thumbnail_file_id",
        "thread_id",
        "transition_id",
    }
)
# Accounts knows its people by foreign keys.
OTHERS = [name for name in SUBGRAPHS if name != "accounts"]


def models(base: type[SQLModel]) -> Iterator[type[SQLModel]]:
    """The tables of a subgraph, but for its copies of what others own and export."""
    for model in base.__subclasses__():
        is_copy = any("_scope." in parent.__module__ for parent in model.__mro__)
        if hasattr(model, "__table__") and not is_copy:
            yield model
        yield from models(model)


@pytest.mark.parametrize("name", OTHERS)
def test_columns_with_ids_of_people_are_marked(name: str):
    base = import_module(f"trellis.subgraphs.{name}.models").Base
    marked = person_columns(base)
    unclear = [
        f"{model.__name__}.{column.name}"
        for model in models(base)
        for column in model.__table__.columns  # type: ignore[attr-defined]
        if isinstance(column.type, Uuid)
        and not column.foreign_keys
        and column.name not in THINGS
        and column.name not in marked.get(model, ())
    ]
    assert unclear == [], "of people: PersonId; of something else: add the name to THINGS"


def test_the_explorer_exports_from_every_subgraph_that_stores_something():
    document = (ROOT / "persisted_queries/explorer/export_my_data.graphql").read_text("utf-8")
    with_people = [
        name
        for name in OTHERS
        if person_columns(import_module(f"trellis.subgraphs.{name}.models").Base)
    ]
    asked = re.findall(r"^    (\w+)$", document, re.MULTILINE)
    assert sorted(asked) == sorted(["accounts", *with_people])
