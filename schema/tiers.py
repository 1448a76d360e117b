"""What people and organizations can subscribe to; tokens and events name it."""

from enum import StrEnum


class Tier(StrEnum):
    """What an organization or a user pays for, the least first."""

    FREE = "free"
    BASIC = "basic"
    PRO = "pro"
    ENTERPRISE = "enterprise"

    @classmethod
    def of(cls, name: str | None) -> "Tier":
        """The tier with this name; the least one if there is none."""
        return next((tier for tier in cls if tier == name), cls.FREE)
