"""What an operation may cost."""

from typing import Literal

from pydantic import Field

from trellis.router.config.section import Section


class Cost(Section):
    """What one operation may cost, estimated from its lists and from `@cost` and `@listSize`."""

    mode: Literal["enforce", "measure"] = Field(
        default="enforce",
        description="enforce refuses what costs too much; measure logs it, with the actual cost",
    )
    most: int = Field(default=5_000, gt=0, description="cost of one operation; else COST_LIMIT")
    list_size: int = Field(
        default=10, gt=0, description="length of lists about which the schema says nothing"
    )
