"""What all tables of the subgraph have in common, those of people and those of webhooks."""

from sqlmodel import SQLModel

from trellis.db.models import new_metadata


class Base(SQLModel):
    metadata = new_metadata()
