"""What alembic runs for every subgraph: the connection and the metadata come from
trellis.db.migrate."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext


def _render_item(kind: str, item: object, autogen: AutogenContext) -> str | Literal[False]:
    """Write SQLModel's and our own column types with the import they need."""
    module = type(item).__module__
    if kind == "type" and module.startswith(("sqlmodel.", "trellis.db.")):
        autogen.imports.add(f"import {module}")
        return f"{module}.{item!r}"
    return False


attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    target_metadata=attributes["metadata"],
    render_as_batch=attributes["connection"].dialect.name == "sqlite",
    compare_type=True,
    compare_server_default=True,
    render_item=_render_item,
    include_name=attributes["include_name"],
)
context.run_migrations()
