"""Settings of demand control."""

from typing import Annotated, Literal

from pydantic import Field

from trellis.router.config.section import Section


class Cost(Section):
    """Limits the cost of an operation, estimated from lists, `@cost` and `@listSize`."""

    mode: Literal["enforce", "measure"] = Field(
        default="enforce",
        description="enforce refuses operations that cost too much; measure only logs them, with "
        "their actual cost",
    )
    most: int = Field(
        default=5_000, gt=0, description="maximum cost of one operation; above it COST_LIMIT"
    )
    running: int = Field(
        default=10_000,
        gt=0,
        description="cost of all operations above 500 that run at a time on one worker; others "
        "wait for them",
    )
    waiting: int = Field(
        default=100_000,
        gt=0,
        description="cost of all operations that wait; one caller has at most half of it, else "
        "429; above it 503",
    )
    list_size: int = Field(
        default=10, gt=0, description="assumed length of lists without `@listSize`"
    )
    subgraphs: dict[str, Annotated[int, Field(gt=0)]] = Field(
        default_factory=dict,
        description="cost of the part of one operation that a subgraph has, by its name; else "
        "COST_LIMIT",
    )
