"""A table of trellis.toml."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of trellis.toml: immutable, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
